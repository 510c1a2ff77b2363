/** Many actors that come and go leave nothing behind. */
import { ok, strictEqual as equal } from "node:assert/strict";
import v8 from "node:v8";
import vm from "node:vm";
import { defineActor } from "./actor.ts";
import { createSystem } from "./system.ts";
import { fakeClock } from "./testing.ts";

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
  const clock = fakeClock();
  let alive = 0;
  let most = 0;
  const system = createSystem({ clock });
  const guests = system.host(defineActor("guest", {
    start: () => {
      most = Math.max(most, ++alive);
      return { notes: new Array(50).fill(alive) };
    },
    stop: () => void alive--,
    idleAfter: 1_000,
    on: {
      visit: (state, _none: undefined, self) => {
        if (state.notes[0]! % 50 === 0) self.after(10, () => state.notes.pop());
        return state.notes.length;
      },
    },
  }));
  const wave = async (first: number) => {
    await Promise.all(
      Array.from({ length: AT_ONCE }, (_, n) => guests.get(`g-${first + n}`).visit(undefined)),
    );
    await clock.advance(2_500);
    equal(system.inspect().length, 0);
  };
  await wave(0);
  const before = heap();
  for (let first = AT_ONCE; first <= ACTORS; first += AT_ONCE) await wave(first);
  const grown = heap() - before;
  equal([alive, most, clock.pending].join(), `0,${AT_ONCE},0`);
  // a single object forgotten with each actor would be 5 MB and more
  ok(grown < 4 * 1024 ** 2, `the heap has grown by ${(grown / 1024 ** 2).toFixed(1)} MiB`);
  await system.stop();
});
