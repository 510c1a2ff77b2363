/** A private nats-server with JetStream: started on a free port, killed, wiped, and cut off. */
import { temporary, until } from "./processes.ts";

/** A server that runs. Disposing of it ends it and removes its folder. */
export interface RunningNats extends AsyncDisposable {
  /** `nats://127.0.0.1:port`, the same after a restart. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it at once, as a power cut does, and leaves its folder. */
  kill9(): Promise<void>;
  /** Starts it again on its port, with what its folder has. */
  restart(): Promise<void>;
  /** Kills it, empties its folder, and starts it again. */
  wipe(): Promise<void>;
  /** Freezes it (SIGSTOP); connections stay, and nothing moves. */
  freeze(): void;
  thaw(): void;
}

/** Starts a server in a temporary folder; resolves when it takes connections. */
export async function startNats(): Promise<RunningNats> {
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
    url: `nats://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid;
    },
    kill9: end,
    async restart() {
      await end();
      child = await begin(port, folder.path);
    },
    async wipe() {
      await end();
      await Deno.remove(`${folder.path}/jetstream`, { recursive: true });
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

/** A port of loopback that nobody listens on at the moment. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function begin(port: number, folder: string): Promise<Deno.ChildProcess> {
  const child = new Deno.Command("setpriv", {
    args: [
      ...["--pdeathsig", "KILL", "nats-server"],
      ...["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", folder],
    ],
    // Debian puts it where only root's PATH leads
    env: { PATH: `${Deno.env.get("PATH")}:/usr/sbin:/usr/local/sbin` },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let ended = false;
  void child.status.then(() => ended = true);
  await until("nats-server", async () => {
    if (ended) throw new Error("nats-server ended at once; is it installed?");
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) return false;
      throw error;
    }
  });
  return child;
}
