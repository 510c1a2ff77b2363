/**
 * How tasks on this machine reach a running node: a Unix socket in DATA_DIR, in a folder that only
 * its own user can enter. Whoever may read the data may run the site; nobody else gets near it.
 */
import type { Log } from "../services/log.ts";

/** The folder of the sockets; each node on the DATA_DIR has one, named by its process id. */
export const operatorFolder = (dataDir: string): string => `${dataDir}/operators`;

/** sun_path has 108 bytes, the last of them 0. */
const SOCKET_PATH_BYTES = 107;

const ignoreMissing = (error: unknown) => {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
};

/** Starts to answer; disposing of it ends that, and removes the socket. */
export async function listenForOperators(
  { dataDir, answer, log }: {
    dataDir: string;
    answer: (request: Request) => Response | Promise<Response>;
    log: Log;
  },
): Promise<AsyncDisposable> {
  const folder = operatorFolder(dataDir);
  const path = `${folder}/${Deno.pid}.sock`;
  await using owned = new AsyncDisposableStack();
  if (new TextEncoder().encode(path).length > SOCKET_PATH_BYTES) {
    log.warn("tasks cannot reach this node: the path of DATA_DIR is too long", { path });
    return owned.move();
  }
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  await Deno.chmod(folder, 0o700);
  await removeDead(folder);
  const server = Deno.serve({ path, onListen: () => {} }, answer);
  owned.defer(() => server.shutdown());
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
      // our own process id may have been another's
      if (!dead) throw error;
      await Deno.remove(path).catch(ignoreMissing);
    }
  }
}
