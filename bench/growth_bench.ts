/** P11: what a delivery costs on one node, two and four, and what as many machines could do by that. */
import { defineBench } from "./bench.ts";
import { enterNode } from "./chat_rooms.ts";
import { seedChat } from "./chat_seed.ts";
import { CLUSTER_TOOLS, startCluster } from "./cluster.ts";
import { measuredTrial } from "./measured_trial.ts";
import { meterOf } from "./processor_time.ts";

const NODES = [1, 2, 4] as const;
const ROOMS = 20;
const EACH = 50;
/** Messages a second in all rooms: few enough that none waits for another. */
const RATE = 200;

export const bench = defineBench({
  rule: "P11",
  title: "Growth, by nodes",
  what: "**Extrapolated: all runs on one machine, and what separate ones could do is reckoned.** " +
    `${ROOMS} rooms of ${EACH} on one, two or four nodes of a cluster, the members of each room on ` +
    `all of these; ${RATE} messages of 128 bytes a second go the whole path. Measured is the ` +
    "processor time (user and system, from /proc) that the nodes take together, without what they " +
    "take when nothing is written. From that: deliveries a second of N machines with one core each " +
    "= N × deliveries ÷ that time, and the growth is this divided by the same for one node. " +
    "PostgreSQL and the nats-server are on machines of their own in this reckoning; what a message " +
    "costs them is told, and one core of theirs bounds the whole at 1,000,000 µs ÷ that. The " +
    "network between machines costs nothing in it.",
  tools: CLUSTER_TOOLS,
  rounds: 5,
  warmUps: 1,
  measures: {
    deliveries: {
      title: "deliveries, a core a node (extrapolated)",
      unit: "/s",
      better: "more",
      targets: [],
    },
    growth: { title: "beside one node (extrapolated)", unit: "×", better: "more", targets: [] },
    delivery: { title: "nodes, for a delivery", unit: "µs", better: "less", targets: [] },
    message: { title: "nodes, for a message", unit: "µs", better: "less", targets: [] },
    nats: { title: "nats-server, for a message", unit: "µs", better: "less", targets: [] },
    postgres: { title: "PostgreSQL, for a message", unit: "µs", better: "less", targets: [] },
  },
  open: async ({ short, folder, owned }) => {
    const cluster = await startCluster({ folder, owned }, Math.max(...NODES));
    const { nats, postgres } = cluster.servers;
    const meter = meterOf({
      nodes: cluster.nodes.map(({ pid }) => pid),
      nats: [nats],
      postgres: [postgres],
    });
    const rooms = short ? 2 : ROOMS;
    const people = rooms * EACH;
    let ofOne = NaN;
    const contestant = async (count: number) => {
      const seed = owned.use(await seedChat(cluster.databaseUrl, { people, rooms, each: EACH }));
      const load = owned.use(await enterNode(cluster.urls.slice(0, count), seed, people));
      const round = async () => {
        const order = { short, rate: short ? 50 : RATE, seconds: short ? 0.5 : 4 };
        const { us, ...came } = await measuredTrial(load, meter, order);
        const deliveries = count * came.deliveries * 1e6 / us.nodes;
        if (count === 1) ofOne = deliveries;
        return {
          deliveries,
          growth: deliveries / ofOne,
          delivery: us.nodes / came.deliveries,
          message: us.nodes / came.sent,
          nats: us.nats / came.sent,
          postgres: us.postgres / came.sent,
        };
      };
      return { name: count === 1 ? "one node" : `${count} nodes`, role: "ours" as const, round };
    };
    const contestants = [];
    for (const count of NODES) contestants.push(await contestant(count));
    return contestants;
  },
});
