/** The words a task was told, read in one way: --help only prints, and what is wrong comes with it. */
import { parseArgs, type ParseArgsConfig } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** What the caller did wrong, in words; exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const HELP = { help: { type: "boolean", short: "h" } } as const satisfies Options;

/** Whether --help or -h is among them, whatever else is. */
export const asksForHelp = (args: readonly string[]): boolean =>
  parseArgs({ args: [...args], strict: false, options: HELP }).values.help === true;

/**
 * Options, and the words beside them.
 *
 * @throws {UsageError} naming an option that there is not, or one without its value
 */
export function parseWords<const O extends Options>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // the rest tells how to pass a word that begins with a dash, which no task takes
    throw new UsageError(error.message.split(/\. To specify|\n/)[0]);
  }
}

/** Says what was wrong, then `help`; ends with code 2. */
export function refuse(help: string, message: string): never {
  console.error(`${message}\n\n${help.trimEnd()}`);
  Deno.exit(2);
}

/**
 * Options, and the words beside them, of a task. Ends with code 0 after --help, with 2 where an
 * option is not understood.
 */
export function readWords<const O extends Options>(help: string, options: O) {
  if (asksForHelp(Deno.args)) {
    console.log(help.trimEnd());
    Deno.exit(0);
  }
  try {
    return parseWords(Deno.args, options);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    refuse(help, error.message);
  }
}

/** The options of a task that takes nothing else; as {@linkcode readWords}. */
export function readArgs<const O extends Options>(help: string, options: O) {
  const { values, positionals } = readWords(help, options);
  if (positionals.length > 0) refuse(help, `Not understood: ${positionals.join(" ")}`);
  return values;
}
