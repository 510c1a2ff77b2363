/** What may befall a cluster: killed nodes, and servers that go away. */
import type { ClusterBed } from "../../tasks/testbed/bed.ts";
import type { Blow } from "./chaos.ts";

/** So long a killed node stays away, in ms. */
const AWAY_MS = 1_000;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** So many times a node by chance is killed, and started again. */
export function* killNodes(bed: ClusterBed, random: () => number, times: number): Iterable<Blow> {
  for (let n = 0; n < times; n++) {
    const at = Math.floor(random() * bed.nodes.length);
    const node = bed.nodes[at]!;
    yield {
      name: `node-${at + 1} killed`,
      async strike() {
        await node.kill9();
        await wait(AWAY_MS);
        await node.restart();
      },
    };
  }
}
