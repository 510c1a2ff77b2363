/** A whole cluster under load that is disturbed again and again: nothing acked is lost (A12, A13). */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { seededRandom } from "../../actors/runtime/testing.ts";
import { type ClusterBed, clusterBed } from "../../tasks/testbed/bed.ts";
import { temporary } from "../support/processes.ts";
import { chaos, type Verdict } from "./chaos.ts";
import { killNodes } from "./blows.ts";

const SEED = Number(Deno.env.get("CHAOS_SEED") ?? Math.floor(Math.random() * 2 ** 31));
console.log(`chaos: CHAOS_SEED=${SEED} repeats it`);
/** What the issue wants of it. */
const CROWD = { clients: 200, rooms: 50, perSecond: 50 };

/** Nodes that make no music, in a folder that goes with them. */
async function cluster(nodes: number, workers = 0, settings: Record<string, string> = {}) {
  await using owned = new AsyncDisposableStack();
  const folder = owned.use(await temporary());
  await Deno.chmod(folder.path, 0o711); // PostgreSQL is not root
  const wanted = { embedded: false, nodes, workers, limits: false };
  const bed: ClusterBed = owned.use(await clusterBed(wanted, `${folder.path}/data`, settings));
  const kept = owned.move();
  return { bed, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

const say = (words: string) => console.log(`  ${words}`);

function show({ figures, refused }: Verdict): void {
  console.log(figures, Object.fromEntries(refused));
}

Deno.test("[A12] [A13] [C4] kill -9 of a node every 20 s: nothing acked lost or doubled, one order", async () => {
  await using site = await cluster(3);
  const { bed } = site;
  const random = seededRandom(SEED);
  const blows = killNodes(bed, random, 3);
  const verdict = await chaos({ ...CROWD, bed, random, blows, everyMs: 20_000, say });
  show(verdict);
  equal(verdict.faults, []);
  ok(verdict.figures.gapP99 < 8_000, `p99 of gaps is ${verdict.figures.gapP99} ms`);
});
