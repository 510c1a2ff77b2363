/** P9: what the actor runtime costs in one process: local calls, starts, idle actors. */
import { defineBench } from "./bench.ts";
import { runLoad } from "./load.ts";
import type { KernelFigures, KernelOrder } from "./loads/kernel.ts";

export const bench = defineBench({
  rule: "P9",
  title: "Actor kernel, local",
  what: "Each row in a fresh process. _Waiting_ has 500 calls in one actor's mailbox, as a busy " +
    "room has; _by key_ finds each of 1,000 actors anew; a start is the first call of a key; an " +
    "idle actor's memory is the heap that stays after collecting.",
  tools: [],
  rounds: 5,
  warmUps: 0,
  measures: {
    single: { title: "calls, one at a time", unit: "/s", better: "more", targets: [] },
    waiting: {
      title: "calls to one actor, 500 waiting",
      unit: "/s",
      better: "more",
      targets: [{ atLeast: 500_000 }],
    },
    async: { title: "the same, async handler", unit: "/s", better: "more", targets: [] },
    batched: { title: "the same, batched", unit: "/s", better: "more", targets: [] },
    byKey: {
      title: "calls to 1,000 actors by key",
      unit: "/s",
      better: "more",
      targets: [{ atLeast: 500_000 }],
    },
    start: { title: "starts", unit: "/s", better: "more", targets: [{ atLeast: 20_000 }] },
    memory: {
      title: "an idle actor",
      unit: "bytes",
      better: "less",
      targets: [{ atMost: 2_048 }],
    },
  },
  open: ({ short }) => {
    const measure = (work: KernelOrder["work"], times: number, atOnce: number) =>
      runLoad<KernelFigures>(
        "kernel",
        { work, times: short ? Math.max(atOnce, times / 500) : times, atOnce },
        ["--v8-flags=--expose-gc"],
      );
    const rate = async (work: KernelOrder["work"], times: number, atOnce: number) =>
      (await measure(work, times, atOnce)).perSecond;
    return Promise.resolve([
      {
        name: "actor",
        role: "ours",
        round: async () => {
          const started = await measure("start", 50_000, 1_000);
          if (started.bytesPerActor === null) throw new Error("V8 gave no gc(): no memory figure");
          return {
            single: await rate("one by one", 300_000, 1),
            waiting: await rate("waiting", 500_000, 500),
            async: await rate("async", 500_000, 500),
            batched: await rate("batched", 500_000, 500),
            byKey: await rate("by key", 500_000, 1_000),
            start: started.perSecond,
            memory: started.bytesPerActor,
          };
        },
      },
      {
        name: "a bare async function",
        role: "bound",
        round: async () => ({
          single: await rate("bare", 2_000_000, 1),
          waiting: await rate("bare", 5_000_000, 500),
        }),
      },
    ]);
  },
});
