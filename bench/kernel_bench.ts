/** What the actor runtime costs: local calls, starts, idle actors. Prints one line for each. */

import { batch, defineActor } from "../actors/runtime/actor.ts";
import { createSystem } from "../actors/runtime/system.ts";

const counter = defineActor("counter", {
  start: () => ({ count: 0 }),
  on: {
    add: (state, by: number) => state.count += by,
    addSlowly: async (state, by: number) => {
      await null;
      return state.count += by;
    },
    addAll: batch((state, all: number[]) => all.map((by) => state.count += by)),
  },
});

await using system = createSystem();
const counters = system.host(counter);

/** Runs `work` three times over `times` things, and prints the best: the machine may be shared. */
async function rate(what: string, times: number, work: (times: number) => Promise<unknown>) {
  let best = 0;
  for (let round = 0; round < 3; round++) {
    const began = performance.now();
    await work(times);
    best = Math.max(best, times / (performance.now() - began) * 1_000);
  }
  console.log(`${what.padEnd(44)} ${Math.round(best).toLocaleString("en").padStart(12)} /s`);
}

/** Makes `times` calls, `atOnce` in flight. */
async function calls(times: number, atOnce: number, call: (nth: number) => Promise<unknown>) {
  for (let done = 0; done < times; done += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, (_, nth) => call(nth)));
  }
}

const one = counters.get("one");
await rate("calls to one actor, one at a time", 300_000, (n) => calls(n, 1, () => one.add(1)));
await rate("calls to one actor, 500 waiting", 500_000, (n) => calls(n, 500, () => one.add(1)));
await rate(
  "the same, async handler",
  500_000,
  (n) => calls(n, 500, () => one.addSlowly(1)),
);
await rate("the same, batched", 500_000, (n) => calls(n, 500, () => one.addAll(1)));
await rate(
  "calls to 1,000 actors, found by key",
  500_000,
  (n) => calls(n, 1_000, (nth) => counters.get(`many-${nth}`).add(1)),
);

let born = 0;
await rate(
  "starts, each by its first call",
  50_000,
  (n) => calls(n, 1_000, () => counters.get(`born-${born++}`).add(1)),
);

// Runs with `--v8-flags=--expose-gc`; without it the figure would mean nothing.
const collect: unknown = Reflect.get(globalThis, "gc");
if (typeof collect === "function") {
  const idle = 50_000;
  collect();
  const before = Deno.memoryUsage().heapUsed;
  await calls(idle, 1_000, (nth) => counters.get(`idle-${nth}-${born++}`).add(1));
  collect();
  const bytes = (Deno.memoryUsage().heapUsed - before) / idle;
  console.log(`${"an idle actor".padEnd(44)} ${Math.round(bytes).toString().padStart(12)} bytes`);
}
