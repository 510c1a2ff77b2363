/**
 * How tasks on this machine reach a running node: a Unix socket in DATA_DIR, in a folder that only
 * its own user can enter. Whoever may read the data may run the site; nobody else gets near it.
 */
import type { Log } from "../services/log.ts";

/** The folder of the sockets; each node on the DATA_DIR has one. */
export const operatorFolder = (dataDir: string): string => `${dataDir}/operators`;

/** sun_path has 108 bytes, the last of them 0. */
const SOCKET_PATH_BYTES = 107;

const ignoreMissing = (error: unknown) => {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
};

/**
 * Starts to answer; disposing of it ends that, and removes the socket. Where there cannot be one, the
 * node goes on without it and says so: it is a convenience.
 */
export async function listenForOperators(
  { dataDir, answer, log }: {
    dataDir: string;
    answer: (request: Request) => Response | Promise<Response>;
    log: Log;
  },
): Promise<AsyncDisposable> {
  const folder = operatorFolder(dataDir);
  // not by the process id: in two containers on one folder it is the same
  const path = `${folder}/${crypto.randomUUID().slice(0, 8)}.sock`;
  await using owned = new AsyncDisposableStack();
  try {
    if (new TextEncoder().encode(path).length > SOCKET_PATH_BYTES) {
      throw new Error("the path of DATA_DIR is too long");
    }
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    await Deno.chmod(folder, 0o700);
    await removeDead(folder);
    const server = Deno.serve({ path, onListen: () => {} }, answer);
    owned.defer(() => server.shutdown());
  } catch (error) {
    log.warn("tasks cannot reach this node", { path, error });
  }
  return owned.move();
}

/** Removes the sockets that killed nodes have left. */
async function removeDead(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    try {
      (await Deno.connect({ transport: "unix", path })).close();
    } catch (error) {
      const dead = error instanceof Deno.errors.ConnectionRefused ||
        error instanceof Deno.errors.NotFound;
      if (dead) await Deno.remove(path).catch(ignoreMissing); // another user's is left alone
    }
  }
}
