/** A node as a process whose start is timed, and whose log goes to a file as an operator's does. */
import { childrenOf } from "../tests/support/processes.ts";
import { cleanEnvironment, NODE_COMMAND } from "../tests/support/node.ts";
import { freePort } from "./nginx.ts";
import { residentMiB } from "./resident.ts";

export interface Launched extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  readonly pid: number;
  /** `performance.now()` when the process was asked for. */
  readonly spawnedAt: number;
}

/** Between two attempts to reach it, in ms. */
const EVERY_MS = 2;
const PATIENCE_MS = 60_000;

/** Starts a node on `dataDir`; the log goes to `<dataDir>.log`. It may not answer yet. */
export function launch(dataDir: string, env: Readonly<Record<string, string>> = {}): Launched {
  const port = freePort();
  // the shell only sends the log to a file, and becomes the node, which ends when the bench is killed
  const script = `exec setpriv --pdeathsig KILL "$@" 2>>"$0"`;
  const spawnedAt = performance.now();
  const child = new Deno.Command("sh", {
    args: ["-c", script, `${dataDir}.log`, Deno.execPath(), ...NODE_COMMAND, "main.ts"],
    clearEnv: true,
    env: {
      ...cleanEnvironment(),
      ...{ LOG_FORMAT: "json", RATE_LIMITS: "off", DRAIN_SECONDS: "0" },
      ...env,
      ...{ PORT: String(port), DATA_DIR: dataDir },
    },
    stdin: "null",
    stdout: "null",
  }).spawn();
  let stopped: Promise<unknown> | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    spawnedAt,
    [Symbol.asyncDispose]: async () => {
      if (!stopped) child.kill("SIGTERM");
      await (stopped ??= child.status);
    },
  };
}

/** Waits until `path` answers 200; the time since the node was asked for, in ms. */
export async function answersAfter(node: Launched, path: string): Promise<number> {
  while (true) {
    const elapsed = () => performance.now() - node.spawnedAt;
    const ok = await fetch(node.url + path).then(async (response) => {
      await response.body?.cancel();
      return response.status === 200;
    }, () => false); // it does not listen yet
    if (ok) return elapsed();
    if (elapsed() > PATIENCE_MS) throw new Error(`${node.url}${path} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

const kibibytes = (text: string, name: string) =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0);

/**
 * What a node and its database hold, in MiB. Of the node all that is resident: it shares its program
 * with the bench, which no other machine has beside it. Of PostgreSQL's processes each one's part of
 * what they share (PSS), for they share it with each other only.
 */
export async function memoryOf(pid: number): Promise<{ node: number; database: number }> {
  const node = await residentMiB(pid);
  let database = 0;
  for (const child of await childrenOf(pid)) {
    const text = await Deno.readTextFile(`/proc/${child.pid}/smaps_rollup`)
      .catch((error) => {
        if (error instanceof Deno.errors.NotFound) return ""; // it has ended
        throw error;
      });
    database += kibibytes(text, "Pss");
  }
  return { node, database: database / 1024 };
}
