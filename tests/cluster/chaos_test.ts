/** A whole cluster under load that is disturbed again and again: nothing acked is lost (A12, A13). */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import type { ClusterBed } from "../../tasks/testbed/bed.ts";
import { ask } from "../support/client.ts";
import { waitReady } from "../support/node.ts";
import { breakServers, type Exit, freezeNode, killNodes, stopNodes } from "./blows.ts";
import { chaos, type ChaosOptions } from "./chaos.ts";
import type { Crowd } from "./crowd.ts";
import { figureLines } from "./figures.ts";
import { follow } from "./lifecycle_socket.ts";
import { chance, startSite } from "./site.ts";

/** What the issue wants of it. */
const CROWD = { clients: 200, rooms: 50, perSecond: 50 };
/** Where no call may fail, a machine that is busy with other tests is not to be the reason. */
const HALF = { clients: 100, rooms: 50, perSecond: 25 };

const say = (words: string) => console.log(`  ${words}`);

/** Disturbs it, and demands that nothing was lost, doubled or told in another order. */
async function survives(options: Omit<ChaosOptions, "say">) {
  const verdict = await chaos({ ...options, say });
  figureLines(verdict).forEach(say);
  equal(verdict.faults, []);
  return verdict;
}

Deno.test("[C4] lines cut behind every fifth message: what is sent again is stored once", async () => {
  await using site = await startSite({ nodes: 2 });
  const blows = [{ name: "nothing", strike: () => Promise.resolve() }];
  const size = { clients: 30, rooms: 6, perSecond: 30, cut: 0.2 };
  const random = chance();
  const verdict = await survives({ ...size, bed: site.bed, random, blows, everyMs: 6_000 });
  equal([...verdict.refused], [], "what is sent again is answered as at first");
  ok(verdict.figures.linesLost > 10);
});

Deno.test("up to 200 clients in 50 rooms of three nodes, 50 messages a second", async (t) => {
  await using site = await startSite({
    ...{ nodes: 3, workers: 1 }, // which is a member too, and hosts no room
    settings: { DRAIN_SECONDS: "20" },
  });
  const { bed } = site;
  /** What one step starts again outlives it. */
  const step = (name: string, fn: () => Promise<void>) =>
    t.step({ name, fn, sanitizeResources: false });

  await step("[A12] [A13] [C4] [C6] kill -9 of a node every 20 s: a gap of under 8 s", async () => {
    const random = chance();
    const blows = killNodes(bed, random, 2);
    const everyMs = 20_000;
    const { figures } = await survives({ ...CROWD, cut: 0.01, bed, random, blows, everyMs });
    ok(figures.gapP99 < 8_000, `p99 of gaps is ${figures.gapP99} ms`);
  });

  await step("[A12] [C4] a node frozen for 15 s", async () => {
    const random = chance();
    const blows = freezeNode(bed, random, 15_000);
    await survives({ ...CROWD, bed, random, blows, everyMs: 17_000 });
  });

  await step(
    "[A15] [O7] [O8] NATS wiped and killed, Redis killed, PostgreSQL restarted",
    async () => {
      await survives({ ...CROWD, bed, random: chance(), blows: breakServers(bed), everyMs: 6_000 });
    },
  );

  await step(
    "[A13] SIGTERM of each node in turn: no call fails, all are told to come again",
    () => drained(bed),
  );
});

async function drained(bed: ClusterBed): Promise<void> {
  const urls = bed.nodes.map(({ url }) => url);
  const exits: Exit[] = [];
  const failed: string[] = [];
  const token = bed.tells.admin.accessToken;
  const told = await Promise.all(bed.nodes.map((node) => follow(node, token)));
  const verdict = await survives({
    ...{ ...HALF, bed, random: chance() },
    blows: stopNodes(bed, exits),
    everyMs: 8_000,
    beside: (crowd, signal) => readRooms(urls, crowd, signal, failed),
  });
  equal([...verdict.refused], [], "no call on a line failed");
  equal(failed, [], "no request failed");
  equal(exits.map(({ code }) => code), bed.nodes.map(() => 0));
  for (const { node, tookMs } of exits) {
    say(`${node} ended after ${(tookMs / 1_000).toFixed(1)} s`);
    ok(tookMs < 20_000, `${node} took ${tookMs} ms`);
  }
  const lines = verdict.journals.flatMap(({ ended }) => ended);
  equal(lines.filter(({ wasTold }) => !wasTold), [], "somebody was not told to come again");
  ok(lines.length >= HALF.clients, `${lines.length} lines ended`);
  const moves = new Map(
    told.flatMap((one) => one.events).flatMap(({ eventId, eventType, data }) =>
      eventType === "runtime.actor.moved.v1" ? [[eventId, data.tookMs ?? Infinity]] : []
    ),
  );
  const slowest = Math.max(...moves.values());
  say(`${moves.size} moves, the slowest in ${slowest} ms`);
  ok(moves.size >= HALF.rooms, `${moves.size} moves`);
  ok(slowest < 500, `a move took ${slowest} ms`);
  for (const one of told) one.close();
}

/**
 * Asks each node for rooms again and again, as a balancer does: one that takes no connection is
 * asked again when it says that it is ready. What was not answered with 200 goes into `failed`.
 */
async function readRooms(
  urls: readonly string[],
  { rooms }: Crowd,
  signal: AbortSignal,
  failed: string[],
): Promise<void> {
  const read = async (url: string) => {
    for (let n = 0; !signal.aborted; n++) {
      const path = `/api/v1/rooms/${rooms[n % rooms.length]}`;
      const status = await ask(url, path).then((answer) => answer.status, () => null);
      if (status === null) await waitReady(url, 60_000);
      else if (status !== 200) failed.push(`${url}${path}: ${status}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await Promise.all(urls.map(read));
}
