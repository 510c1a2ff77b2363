/** What may befall a cluster: nodes that are killed or stopped, servers that go away. */
import type { ClusterBed } from "../../tasks/testbed/bed.ts";
import type { Blow } from "./chaos.ts";

/** So long what was killed stays away, in ms. */
const AWAY_MS = 1_000;

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** So many times a node by chance is killed, and started again. */
export function* killNodes(bed: ClusterBed, random: () => number, times: number): Generator<Blow> {
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

/** A node by chance stands still for so long, in ms; its connections stay. */
export function* freezeNode(
  bed: ClusterBed,
  random: () => number,
  forMs: number,
): Generator<Blow> {
  const at = Math.floor(random() * bed.nodes.length);
  const { pid } = bed.nodes[at]!;
  yield {
    name: `node-${at + 1} frozen`,
    async strike() {
      Deno.kill(pid, "SIGSTOP");
      await wait(forMs);
      Deno.kill(pid, "SIGCONT");
    },
  };
}

/** How a node ended that was asked to; `tookMs`: since it was. */
export interface Exit {
  readonly node: string;
  readonly code: number;
  readonly tookMs: number;
}

/** Each node in turn is stopped and started again; how it ended is put into `exits`. */
export function* stopNodes(bed: ClusterBed, exits: Exit[]): Generator<Blow> {
  for (const [at, node] of bed.nodes.entries()) {
    const name = `node-${at + 1}`;
    yield {
      name: `${name} stopped`,
      async strike() {
        const began = performance.now();
        const ended = node.ended.then((code) =>
          exits.push({ node: name, code, tookMs: performance.now() - began })
        );
        await node.restart();
        await ended;
      },
    };
  }
}

/** Each server goes away once, and comes back: NATS empty, and PostgreSQL in both its ways. */
export function* breakServers({ nats, postgres, redis }: ClusterBed): Generator<Blow> {
  yield { name: "NATS wiped", strike: () => nats.wipe() };
  yield {
    name: "Redis killed",
    async strike() {
      await redis.kill9();
      await wait(AWAY_MS);
      await redis.restart();
    },
  };
  for (const mode of ["fast", "immediate"] as const) {
    yield {
      name: `PostgreSQL restarted (${mode})`,
      async strike() {
        await postgres.end(mode);
        await wait(AWAY_MS);
        await postgres.begin();
      },
    };
  }
  yield {
    name: "NATS killed",
    async strike() {
      await nats.kill9();
      await wait(AWAY_MS);
      await nats.restart();
    },
  };
}
