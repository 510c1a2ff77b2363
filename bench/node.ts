/** A node to measure: as `deno task start` runs it, without rate limits, in a folder on disk. */
import { ask, register } from "../tests/support/client.ts";
import { type RunningNode, startNode } from "../tests/support/node.ts";
import type { Stage } from "./bench.ts";

/** Starts a node that ends with the stage. */
export const nodeOf = async ({ owned, folder }: Stage): Promise<RunningNode> =>
  owned.use(await startNode({ dataDir: `${folder}/node` }));

/** A new account's token. Each upload has an account of its own: nobody has the bytes already. */
export const newToken = async (node: RunningNode): Promise<string> =>
  (await register(node.url)).accessToken;

/** Deletes a track and what was made of it; what is still being made of it stops. */
export async function deleteTrack(node: RunningNode, id: string, token: string): Promise<void> {
  const { status } = await ask(node.url, `/api/v1/tracks/${id}`, { method: "DELETE", token });
  if (status !== 204) throw new Error(`Deleting the track ${id} was answered by ${status}`);
}
