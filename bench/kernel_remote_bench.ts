/** P9: what a call of an actor on another node costs, beside a bare NATS request. */
import { startNats } from "../tests/support/nats.ts";
import { defineBench } from "./bench.ts";
import { runLoad } from "./load.ts";
import type { RemoteFigures, RemoteOrder } from "./loads/kernel_remote.ts";

const AT_ONCE = 100;

export const bench = defineBench({
  rule: "P9",
  title: "Actor kernel, between nodes",
  what:
    "Two nodes, each a process, and a nats-server, all on this machine: one calls actors that " +
    "live on the other. A bare request is one over the same connection, with as many bytes, whose " +
    "answer is what came.",
  tools: ["nats-server"],
  rounds: 5,
  warmUps: 0,
  measures: {
    many: {
      title: `calls to 100 actors, ${AT_ONCE} in flight`,
      unit: "/s",
      better: "more",
      targets: [{ atLeast: 40_000 }],
    },
    one: {
      title: `calls to one actor, ${AT_ONCE} in flight`,
      unit: "/s",
      better: "more",
      targets: [{ atLeast: 40_000 }],
    },
    alone: { title: "calls, one at a time", unit: "/s", better: "more", targets: [] },
  },
  open: async ({ short, owned }) => {
    const { url } = owned.use(await startNats());
    const rate = async (work: RemoteOrder["work"], times: number, atOnce: number) => {
      const order = { url, work, times: short ? Math.max(atOnce, times / 100) : times, atOnce };
      return (await runLoad<RemoteFigures>("kernel_remote", order)).perSecond;
    };
    return [
      {
        name: "actor",
        role: "ours",
        round: async () => ({
          many: await rate("many actors", 200_000, AT_ONCE),
          one: await rate("one actor", 200_000, AT_ONCE),
          alone: await rate("one actor", 10_000, 1),
        }),
      },
      {
        name: "a bare NATS request",
        role: "bound",
        round: async () => ({
          many: await rate("bare", 200_000, AT_ONCE),
          alone: await rate("bare", 10_000, 1),
        }),
      },
    ];
  },
});
