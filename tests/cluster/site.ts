/** A whole cluster for a test that disturbs it, in a folder that goes with it; and its chance. */
import { seededRandom } from "../../actors/runtime/testing.ts";
import { type ClusterBed, clusterBed } from "../../tasks/testbed/bed.ts";
import { temporary } from "../support/processes.ts";

/** How many there are of what, and settings of all nodes and workers. */
export interface SiteOptions {
  readonly nodes: number;
  readonly workers?: number;
  readonly settings?: Record<string, string>;
}

/** The testbed's cluster. Without workers, the nodes make the music. */
export async function startSite(
  { nodes, workers = 0, settings = {} }: SiteOptions,
): Promise<AsyncDisposable & { readonly bed: ClusterBed }> {
  await using owned = new AsyncDisposableStack();
  const folder = owned.use(await temporary());
  await Deno.chmod(folder.path, 0o711); // PostgreSQL is not root, and its data may be in there
  const wanted = { embedded: false, nodes, workers, limits: false };
  const bed = owned.use(await clusterBed(wanted, `${folder.path}/data`, settings));
  const kept = owned.move();
  return { bed, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** The chance of this run; `CHAOS_SEED` repeats another's. */
export function chance(): () => number {
  const seed = Number(Deno.env.get("CHAOS_SEED") ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`  CHAOS_SEED=${seed}`);
  return seededRandom(seed);
}
