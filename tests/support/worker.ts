/** A real worker as a process of its own, with the permissions of `deno task worker`. */
import { prepare } from "../../tasks/prepare.ts";
import { cleanEnvironment, followLines, NODE_COMMAND, ROOT } from "./node.ts";

/** A worker that runs. Disposing of it stops it. */
export interface RunningWorker extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** The exit code, once it has ended. */
  readonly ended: Promise<number>;
  /** What it said on both outputs. */
  logs(): string[];
  /** SIGTERM, then waits for the end. */
  stop(): Promise<void>;
  /** Ends it at once, as the kernel out of memory would. */
  kill9(): Promise<void>;
}

/** What a worker needs; `env` has NATS_URL and DATABASE_URL. */
export interface WorkerOptions {
  readonly name: string;
  readonly dataDir: string;
  readonly env: Record<string, string>;
  /** How long it may take to start, in ms. */
  readonly patienceMs?: number;
}

const LINES = 5_000;

/** Starts a worker, and resolves when it takes jobs. It ends when we are killed. */
export async function startWorker(
  { name, dataDir, env, patienceMs = 60_000 }: WorkerOptions,
): Promise<RunningWorker> {
  await prepare({ root: ROOT, say: () => {} });
  const child = new Deno.Command("setpriv", {
    args: ["--pdeathsig", "KILL", Deno.execPath(), ...NODE_COMMAND, "media/worker.ts"],
    cwd: ROOT,
    clearEnv: true,
    env: {
      ...cleanEnvironment(),
      NO_COLOR: "1",
      LOG_FORMAT: "json",
      ...env,
      NODE_NAME: name,
      DATA_DIR: dataDir,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const lines: string[] = [];
  const { promise: told, resolve, reject } = Promise.withResolvers<void>();
  const read = followLines(child, (line) => {
    if (lines.push(line) > LINES) lines.shift();
    if (line.includes('"this worker takes jobs"')) resolve();
  });
  const ended = child.status.then(async ({ code }) => {
    await read;
    reject(new Error(`Worker ${name} ended with ${code}:\n${lines.slice(-20).join("\n")}`));
    return code;
  });
  const late = () => reject(new Error(`Worker ${name} says nothing after ${patienceMs} ms`));
  const timer = setTimeout(late, patienceMs);
  const end = async (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it had ended already
    }
    await ended;
  };
  try {
    await told;
  } catch (error) {
    await end("SIGKILL");
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return {
    name,
    pid: child.pid,
    ended,
    logs: () => [...lines],
    stop: () => end("SIGTERM"),
    kill9: () => end("SIGKILL"),
    [Symbol.asyncDispose]: () => end("SIGTERM"),
  };
}
