/** A server of a test's own: started on a free port in a temporary folder, killed, frozen, restarted. */
import { freePort, untilListening } from "./listening.ts";
import { temporary } from "./processes.ts";

/** A server that runs. Disposing of it ends it and removes its folder. */
export interface PrivateServer extends AsyncDisposable {
  /** Of loopback, the same after a restart. */
  readonly port: number;
  readonly folder: string;
  readonly pid: number;
  /** Ends it at once, as a power cut does, and leaves its folder. */
  kill9(): Promise<void>;
  /** Ends it, and starts it again on its port, with what its folder has. */
  restart(): Promise<void>;
  /** Freezes it (SIGSTOP): it takes connections and says nothing. */
  freeze(): void;
  thaw(): void;
}

/** Starts `program`, which ends with this process; resolves when it takes connections. */
export async function privateServer(
  program: string,
  argsFor: (port: number, folder: string) => readonly string[],
): Promise<PrivateServer> {
  const folder = await temporary();
  const port = freePort();
  const begin = async () => {
    const child = new Deno.Command("setpriv", {
      args: ["--pdeathsig", "KILL", program, ...argsFor(port, folder.path)],
      // Debian puts some where only root's PATH leads
      env: { PATH: `${Deno.env.get("PATH")}:/usr/sbin:/usr/local/sbin` },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await untilListening(program, child, port);
    return child;
  };
  let child = await begin();
  const end = async () => {
    try {
      child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it had ended already
    }
    await child.status;
  };
  return {
    port,
    folder: folder.path,
    get pid() {
      return child.pid;
    },
    kill9: end,
    async restart() {
      await end();
      child = await begin();
    },
    freeze: () => child.kill("SIGSTOP"),
    thaw: () => child.kill("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await end();
      await folder[Symbol.asyncDispose]();
    },
  };
}
