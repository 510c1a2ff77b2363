/** A private redis-server: started on a free port, killed, frozen, and started again. */
import { untilListening } from "./listening.ts";
import { temporary } from "./processes.ts";

/** A server that runs. Disposing of it ends it and removes its folder. */
export interface RunningRedis extends AsyncDisposable {
  /** `redis://127.0.0.1:port`, the same after a restart. */
  readonly url: string;
  readonly pid: number;
  /** Ends it at once, as the kernel out of memory would. */
  kill9(): Promise<void>;
  /** Ends it, and starts it again on its port; it keeps nothing. */
  restart(): Promise<void>;
  /** Freezes it (SIGSTOP): it takes connections and says nothing. */
  freeze(): void;
  thaw(): void;
}

/** Starts a server in a temporary folder; resolves when it takes connections. */
export async function startRedis(): Promise<RunningRedis> {
  const folder = await temporary();
  const port = freePort();
  let child = await begin(port, folder.path);
  const end = async () => {
    try {
      child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it had ended already
    }
    await child.status;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return child.pid;
    },
    kill9: end,
    async restart() {
      await end();
      child = await begin(port, folder.path);
    },
    freeze: () => child.kill("SIGSTOP"),
    thaw: () => child.kill("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await end();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function begin(port: number, folder: string): Promise<Deno.ChildProcess> {
  const settings = { bind: "127.0.0.1", port, dir: folder, save: "", appendonly: "no" };
  const child = new Deno.Command("setpriv", {
    args: [
      ...["--pdeathsig", "KILL", "redis-server"],
      ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await untilListening("redis-server", child, port);
  return child;
}
