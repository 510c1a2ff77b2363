/** Many actors that come and go leave nothing: no memory, timer, subscription, child or cell. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import v8 from "node:v8";
import vm from "node:vm";
import { defineActor } from "./actor.ts";
import { sleep } from "./clock.ts";
import { settled } from "./testing.ts";
import { type TestNodes, testNodes } from "./testing_nodes.ts";
import { bytesTopic } from "./topic.ts";

const ACTORS = 100_000;
const AT_ONCE = 5_000;

/** Bytes in use once the collector has run. */
function heap(): number {
  v8.setFlagsFromString("--expose-gc");
  const collect: unknown = vm.runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("This V8 has no gc() to call");
  collect();
  return Deno.memoryUsage().heapUsed;
}

Deno.test("[A6] a hundred thousand actors come and go, and leave nothing", async () => {
  await using test = testNodes(1);
  const { clock } = test;
  const [{ system, bus, happened, count }] = test.nodes as [TestNodes["nodes"][number]];
  const news = bytesTopic(bus, "news");
  const living = { actors: 0, most: 0, children: 0 };
  const guests = system.host(defineActor("guest", {
    start: (key, self) => {
      living.most = Math.max(living.most, ++living.actors);
      const nth = Number(key.slice(2));
      const heard = news.subscribe(key, () => void self.turn(() => {}));
      if (nth % 50 === 0) {
        self.own({
          name: "companion",
          async run(signal) {
            living.children++;
            await sleep(clock, 500, signal);
            living.children--;
          },
        });
      }
      return { nth, heard, notes: new Array(50).fill(nth) };
    },
    stop: ({ heard }) => {
      heard.close();
      living.actors--;
    },
    idleAfter: 1_000,
    on: {
      visit: async ({ nth, notes }, _none: undefined, self) => {
        if (nth % 50 === 1) self.after(10, () => notes.pop());
        if (nth % 50 === 2) self.after(1_000_000, () => notes.pop());
        if (nth % 50 === 3) throw new Error("on purpose");
        if (nth % 50 === 4) await sleep(clock, 600, self.signal);
        return notes.length;
      },
    },
  }));

  const seen: Record<string, number> = {};
  const wave = async (first: number) => {
    const keys = Array.from({ length: AT_ONCE }, (_, n) => `g-${first + n}`);
    const visits = keys.map((key) => guests.get(key, { deadlineMs: 500 }).visit(undefined));
    const answers = Promise.allSettled(visits);
    await settled();
    for (const key of keys) news.publish(key, new Uint8Array(1));
    await clock.advance(5_000);
    for (const { status } of await answers) seen[status] = (seen[status] ?? 0) + 1;
    for (const event of ["crashed", "passivated"] as const) {
      seen[event] = (seen[event] ?? 0) + count(event);
    }
    happened.length = 0; // the test's own memory
    // of those that have gone, and not only of what is stopped with the system
    equal([living.actors, living.children, bus.open, clock.pending, system.inspect().length], [
      ...[0, 0, 0, 0, 0],
    ]);
  };
  await wave(0);
  const before = heap();
  for (let first = AT_ONCE; first <= ACTORS; first += AT_ONCE) await wave(first);
  const grown = heap() - before;
  equal(living.most, AT_ONCE);
  const all = ACTORS + AT_ONCE;
  equal(seen, {
    fulfilled: all * 48 / 50, // the others crash, or are too slow
    rejected: all * 2 / 50,
    crashed: all / 50,
    passivated: all,
  });
  // a single object forgotten with each actor would be 5 MB and more
  ok(grown < 4 * 1024 ** 2, `the heap has grown by ${(grown / 1024 ** 2).toFixed(1)} MiB`);
  await system.stop();
});
