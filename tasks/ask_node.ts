/** Asks the node that runs on a DATA_DIR, as its administrator (O4). */
import { operatorFolder } from "../node/operator_socket.ts";

/** What a person can mend: told in words, without a stack. */
export class NoNode extends Error {
  override readonly name = "NoNode";
}

export interface Answer {
  readonly status: number;
  /** JSON, of the route or of a problem (RFC 9457). */
  readonly body: unknown;
}

/**
 * The answer of the first node on `dataDir` that lives.
 *
 * @throws {NoNode} when there is none
 */
export async function askNode(
  dataDir: string,
  path: string,
  { method = "GET" }: { method?: string } = {},
): Promise<Answer> {
  for (const socket of await sockets(dataDir)) {
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
    try {
      const response = await fetch(`http://node/api/v1${path}`, { method, client });
      return { status: response.status, body: await response.json() };
    } catch (error) {
      // left by a node that was killed; another may live
      if (!(error instanceof TypeError)) throw error;
    }
  }
  throw new NoNode(
    `No node answers in DATA_DIR ${JSON.stringify(dataDir)}. ` +
      "Start one, or set DATA_DIR to the folder of the one that runs.",
  );
}

async function sockets(dataDir: string): Promise<string[]> {
  const folder = operatorFolder(dataDir);
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => `${folder}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
