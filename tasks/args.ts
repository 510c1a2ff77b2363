/** What a task was told that takes options alone; `--help` and what it does not know end it. */
import { parseArgs, type ParseArgsConfig } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;

const HELP = { help: { type: "boolean", short: "h" } } as const satisfies Options;

/** The options. Ends with code 0 after --help, with 2 and `help` where one is not understood. */
export function readArgs<const O extends Options>(help: string, options: O) {
  const args = Deno.args;
  if (parseArgs({ args, strict: false, options: HELP }).values.help) {
    console.log(help);
    Deno.exit(0);
  }
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${help}`);
    Deno.exit(2);
  }
}
