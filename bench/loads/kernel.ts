/** Load: what the actor runtime does in a second, or the same by a bare function. */
import { batch, defineActor } from "../../actors/runtime/actor.ts";
import { createSystem } from "../../actors/runtime/system.ts";

/** What to do, how often, and how many at once. */
export interface KernelOrder {
  readonly work: "one by one" | "waiting" | "async" | "batched" | "by key" | "start" | "bare";
  readonly times: number;
  readonly atOnce: number;
}

/** What came of it. */
export interface KernelFigures {
  readonly perSecond: number;
  /** Heap that stays for each actor that was touched; null where the collector cannot be called. */
  readonly bytesPerActor: number | null;
}

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

const collect: unknown = Reflect.get(globalThis, "gc");
function heap(): number {
  if (typeof collect === "function") collect();
  return Deno.memoryUsage().heapUsed;
}

const { work, times, atOnce }: KernelOrder = JSON.parse(Deno.args[0]!);
await using system = createSystem();
const counters = system.host(counter);
const one = counters.get("one");
let born = 0;
const bare = { count: 0 };
const calls: Record<KernelOrder["work"], (nth: number) => Promise<unknown>> = {
  "one by one": () => one.add(1),
  waiting: () => one.add(1),
  async: () => one.addSlowly(1),
  batched: () => one.addAll(1),
  "by key": (nth) => counters.get(`many-${nth}`).add(1),
  start: () => counters.get(`born-${born++}`).add(1),
  // deno-lint-ignore require-await -- what a caller of an actor has instead
  bare: async () => bare.count += 1,
};

async function run(count: number): Promise<void> {
  const call = calls[work];
  for (let done = 0; done < count; done += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, (_, nth) => call(nth)));
  }
}

await run(Math.ceil(times / 10)); // warm
const before = heap();
const began = performance.now();
await run(times);
const perSecond = times / (performance.now() - began) * 1_000;
const bytesPerActor = typeof collect === "function" ? (heap() - before) / times : null;
console.log(JSON.stringify({ perSecond, bytesPerActor } satisfies KernelFigures));
