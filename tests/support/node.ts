/** A real node as a process of its own: the start task's permissions, a DATA_DIR of its own. */
import { parseConfig } from "../../config.ts";
import { describeConfig } from "../../node/settings_shown.ts";
import { prepare } from "../../tasks/prepare.ts";

/** The project's folder, without a slash at its end. */
export const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname)
  .replace(/\/$/, "");

/** How `deno task start` runs a node; `tests/flows/start_test.ts` compares it with deno.json. */
export const NODE_COMMAND = ["run", "--frozen", "--no-prompt", "--env-file", "-q", "-P=node"];

export interface NodeOptions {
  /** Settings over the tests' own (any port, no rate limits, JSON logs, no drain). */
  readonly env?: Record<string, string>;
  /** Kept when the node stops; default: a temporary one that goes with it. */
  readonly dataDir?: string;
  /** Words before the command, as `setpriv --reuid=…`. */
  readonly prefix?: readonly string[];
  /** The folder of the program; default: this one. */
  readonly root?: string;
  /** How long it may take to be ready, in ms. */
  readonly patienceMs?: number;
}

/** A node that runs. Disposing of it stops it and removes its temporary folder. */
export interface RunningNode extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
  readonly pid: number;
  readonly dataDir: string;
  /** The exit code, once this process has ended; a restart begins another. */
  readonly ended: Promise<number>;
  /** What it said on both outputs, the last 5,000 lines. */
  logs(): string[];
  /** SIGTERM, then waits for the end; the temporary folder goes too. */
  stop(): Promise<void>;
  /** Ends it at once, as the kernel out of memory would. The folder stays. */
  kill9(): Promise<void>;
  /** Starts it again on its folder and port, after a clean stop if it still runs. */
  restart(): Promise<void>;
}

const LINES = 5_000;
const PATIENCE_MS = 60_000;

/**
 * The environment without any setting of ours. What the `.env` in `root` sets is set to nothing, which
 * wins over the file: else the tests of who has tried a cluster would join it.
 */
export function cleanEnvironment(root = ROOT): Record<string, string> {
  const ours = new Set(Object.keys(describeConfig(parseConfig({}))));
  const own = Object.entries(Deno.env.toObject()).filter(([name]) => !ours.has(name));
  const inFile = readText(`${root}/.env`).matchAll(/^\s*(?:export\s+)?(\w+)\s*=/gm)
    .map(([, name = ""]) => name).filter((name) => ours.has(name));
  return Object.fromEntries([...own, ...inFile.map((name) => [name, ""] as const)]);
}

/** What a file has; nothing where there is none. */
function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return "";
  }
}

/** Calls `each` for every line of both outputs of `child`; resolves when both have ended. */
export async function followLines(
  child: Deno.ChildProcess,
  each: (line: string) => void,
): Promise<void> {
  const follow = async (stream: ReadableStream<Uint8Array>) => {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(each);
    }
    if (rest) each(rest);
  };
  await Promise.all([follow(child.stdout), follow(child.stderr)]);
}

/** The address in a log line that has one. */
export function addressIn(line: string, behindProxy = false): string | undefined {
  if (!line.startsWith("{") || !line.includes('"url"')) return undefined;
  const { url, port } = JSON.parse(line) as { url?: unknown; port?: unknown };
  if (typeof url !== "string") return undefined;
  // whoever has said what PUBLIC_URL is has no proxy there
  return behindProxy ? `http://127.0.0.1:${port}` : url.replace(/\/$/, "");
}

/**
 * Whether `setpriv` is there, to end what we start when we are killed ourselves. The signal is sent
 * when the thread that started it ends: a test file's own.
 */
const canFollow = (): boolean => {
  try {
    return new Deno.Command("setpriv", { args: ["--pdeathsig", "KILL", "true"] }).outputSync()
      .success;
  } catch {
    return false; // not Linux: then an interrupted test may leave a node behind
  }
};

/** Starts a node, and resolves when `/readyz` says 200. */
export async function startNode(options: NodeOptions = {}): Promise<RunningNode> {
  const { root = ROOT, patienceMs = PATIENCE_MS } = options;
  if (root === ROOT) await prepare({ root, say: () => {} });
  const dataDir = options.dataDir ?? await Deno.makeTempDir({ prefix: "veza-node-" });
  const follow = canFollow() ? ["setpriv", "--pdeathsig", "KILL"] : [];
  const lines: string[] = [];
  let child: Deno.ChildProcess;
  let url = "";
  let read: Promise<void> = Promise.resolve();

  async function start(port: string): Promise<void> {
    const [name = "", ...args] = [
      ...options.prefix ?? [],
      ...follow,
      Deno.execPath(),
      ...NODE_COMMAND,
      "main.ts",
    ];
    const { promise: told, resolve, reject } = Promise.withResolvers<string>();
    child = new Deno.Command(name, {
      args,
      cwd: root,
      clearEnv: true,
      env: {
        ...cleanEnvironment(),
        NO_COLOR: "1",
        LOG_FORMAT: "json",
        RATE_LIMITS: "off",
        ENCODER_PORT: "0",
        DRAIN_SECONDS: "0",
        ...options.env,
        PORT: options.env?.PORT ?? port,
        DATA_DIR: dataDir,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    read = followLines(child, (line) => {
      if (lines.push(line) > LINES) lines.shift();
      const found = addressIn(line, options.env?.PUBLIC_URL !== undefined);
      if (found) resolve(found);
    });
    const died = child.status.then(async ({ code }) => {
      await read;
      reject(new Error(`The node ended with code ${code} before it answered:\n${tail()}`));
    });
    const timer = setTimeout(
      () => reject(new Error(`No address after ${patienceMs} ms:\n${tail()}`)),
      patienceMs,
    );
    try {
      url = await told;
      await waitReady(url, patienceMs);
    } catch (error) {
      await end("SIGKILL");
      throw error;
    } finally {
      clearTimeout(timer);
    }
    died.catch(() => {}); // it has been told already; `status` is what callers look at later
  }

  const tail = () => lines.slice(-30).join("\n");

  async function end(signal: Deno.Signal): Promise<number> {
    try {
      child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it had ended already
    }
    const { code } = await child.status;
    await read;
    return code;
  }

  async function stop(): Promise<void> {
    await end("SIGTERM");
    if (!options.dataDir) {
      await Deno.remove(dataDir, { recursive: true }).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    }
  }

  try {
    await start("0");
  } catch (error) {
    if (!options.dataDir) await Deno.remove(dataDir, { recursive: true });
    throw error;
  }
  return {
    get url() {
      return url;
    },
    get pid() {
      return child.pid;
    },
    dataDir,
    get ended() {
      return child.status.then(({ code }) => code);
    },
    logs: () => [...lines],
    stop,
    kill9: async () => void await end("SIGKILL"),
    restart: async () => {
      await end("SIGTERM");
      await start(new URL(url).port);
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** Resolves when `url/readyz` answers 200. */
export async function waitReady(url: string, patienceMs: number): Promise<void> {
  const until = Date.now() + patienceMs;
  while (true) {
    const status = await fetch(`${url}/readyz`).then(async (response) => {
      await response.body?.cancel();
      return response.status;
    }, (error) => String(error));
    if (status === 200) return;
    if (Date.now() > until) throw new Error(`${url}/readyz says ${status} after ${patienceMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
