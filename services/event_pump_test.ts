import { ok } from "node:assert/strict";
import v8 from "node:v8";
import vm from "node:vm";
import { eventPump } from "./event_pump.ts";

/** A pump whose relay finds nothing, and calls `look` each time with the number of the look. */
const idlePump = (look: (count: number) => void) => {
  let looks = 0;
  return eventPump({
    source: {
      async relay() {
        await null; // the pump is there before the first look
        look(++looks);
        return [];
      },
      advance: () => Promise.resolve(false),
    },
    consumers: [],
    publish() {},
    onError(error) {
      throw error;
    },
  });
};

Deno.test("[A21] a nudge that comes while it looks has it look again at once", async () => {
  const again = Promise.withResolvers<void>();
  const begun = performance.now();
  await using pump = idlePump((count) => {
    if (count === 1) pump.nudge();
    else again.resolve();
  });
  await again.promise;
  ok(performance.now() - begun < 500, "it waited for its time");
});

Deno.test("[P12] a quiet site has its node look for days, and keeps nothing of it", async () => {
  v8.setFlagsFromString("--expose-gc");
  const collect: unknown = vm.runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("This V8 has no gc() to call");
  const heap = () => {
    collect();
    return Deno.memoryUsage().heapUsed;
  };
  const real = globalThis.setTimeout;
  const done = Promise.withResolvers<number>();
  let before = 0;
  globalThis.setTimeout = ((fire: () => void) => (queueMicrotask(fire), 0)) as typeof setTimeout;
  try {
    const pump = idlePump((count) => {
      if (count === 1_000) before = heap();
      if (count !== 51_000) return;
      done.resolve((heap() - before) / 50_000);
      void pump[Symbol.asyncDispose]();
    });
    const bytes = await done.promise;
    ok(bytes < 50, `each look keeps ${bytes} bytes`);
    await pump[Symbol.asyncDispose]();
  } finally {
    globalThis.setTimeout = real;
  }
});
