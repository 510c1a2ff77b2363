/** Runs a deno command as a person does: in a process group of its own, with its output read. */
import { addressIn, cleanEnvironment, followLines, ROOT } from "./node.ts";

export interface Running {
  readonly child: Deno.ChildProcess;
  readonly lines: string[];
  /** Where the node answers, when it does. */
  readonly url: Promise<string>;
  /** The exit code, when all output was read. */
  readonly ended: Promise<number>;
}

export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** Words before the command, as `setpriv --reuid=…`. */
  readonly prefix?: readonly string[];
  /** The deno to run; default: this one. */
  readonly deno?: string;
  /** Its standard input; it is `child.stdin` then. */
  readonly input?: boolean;
}

/** Runs `deno …words` on any free port, with JSON logs. */
export function run(words: readonly string[], options: RunOptions = {}): Running {
  const { env, cwd = ROOT, prefix = [], deno = Deno.execPath(), input = false } = options;
  const [name = "", ...args] = [...prefix, deno, ...words];
  const child = new Deno.Command(name, {
    args,
    cwd,
    clearEnv: true,
    env: { ...cleanEnvironment(), NO_COLOR: "1", LOG_FORMAT: "json", PORT: "0", ...env },
    stdin: input ? "piped" : "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  const lines: string[] = [];
  const { promise: url, resolve, reject } = Promise.withResolvers<string>();
  const read = followLines(child, (line) => {
    lines.push(line);
    const found = addressIn(line);
    if (found) resolve(found);
  });
  const ended = child.status.then(async ({ code }) => {
    await read;
    reject(new Error(`It ended with ${code}:\n${lines.join("\n")}`));
    return code;
  });
  url.catch(() => {}); // tests of failing starts never ask for it
  return { child, lines, url, ended };
}

/** Stack traces and thrown errors: nothing a person should see at the end. */
export const noise = (lines: readonly string[]): string[] =>
  lines.filter((line) => /^\s+at |Uncaught|Stack backtrace|"level":"(ERROR|FATAL)"/.test(line));
