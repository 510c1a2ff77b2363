/** P11: what a message costs as its room grows, and as there are more rooms. */
import { type Contestant, defineBench } from "./bench.ts";
import { enterNode } from "./chat_rooms.ts";
import { seedChat } from "./chat_seed.ts";
import { CLUSTER_TOOLS, startCluster } from "./cluster.ts";
import { measuredTrial } from "./measured_trial.ts";
import { meterOf } from "./processor_time.ts";

const MEMBERS = [10, 100, 1_000, 10_000] as const;
const ROOMS = [1, 10, 100] as const;
/** Members of each where the rooms grow in number. */
const EACH = 100;
/** Messages a second in all rooms; no more deliveries than so many, that none waits for another. */
const RATE = 50;
const DELIVERIES = 50_000;
/** How far from linear, or from constant, still counts as such: as much as rounds differ. */
const TOLERATED = 1.25;

const named = new Intl.NumberFormat("en");

export const bench = defineBench({
  rule: "P11",
  title: "Growth, by members and rooms",
  what:
    `Processor time (user and system, from /proc) that a node takes for a message of 128 bytes on ` +
    "the whole path, without what it takes when nothing is written and without PostgreSQL: in one " +
    `room of 10 to 10,000, and in 1 to 100 rooms of ${EACH}, ${RATE} messages a second in all ` +
    "(fewer to 10,000, so that none waits for another). Linear: what a delivery costs to 10,000 " +
    "beside to 1,000; below that the fixed part of a message shows. Constant: what a message costs " +
    `in 100 rooms beside in a single one. Up to ${TOLERATED} counts as such.`,
  tools: CLUSTER_TOOLS,
  rounds: 5,
  warmUps: 1,
  measures: {
    message: { title: "a message", unit: "µs", better: "less", targets: [] },
    delivery: { title: "a delivery", unit: "µs", better: "less", targets: [] },
    linear: {
      title: "a delivery, to 10,000 beside to 1,000",
      unit: "×",
      better: "less",
      targets: [{ atMost: TOLERATED }],
    },
    constant: {
      title: "a message, in 100 rooms beside in one",
      unit: "×",
      better: "less",
      targets: [{ atMost: TOLERATED }],
    },
  },
  open: async ({ short, folder, owned }) => {
    // one for either half: 20,000 sockets are as many as a process may have
    const cluster = await startCluster({ folder, owned }, 2);
    const meterAt = cluster.nodes.map(({ pid }) => meterOf({ node: [pid] }));

    const contestant = async ({ rooms, each, at }: { rooms: number; each: number; at: number }) => {
      const people = rooms * each;
      const seed = owned.use(await seedChat(cluster.databaseUrl, { people, rooms, each }));
      const load = owned.use(await enterNode(cluster.urls[at]!, seed, people));
      const rate = Math.min(RATE, DELIVERIES / each);
      const meter = meterAt[at]!;
      return async () => {
        const order = { short, rate, seconds: short ? 0.5 : 4 };
        const { sent, deliveries, us } = await measuredTrial(load, meter, order);
        return { message: us.node / sent, delivery: us.node / deliveries };
      };
    };

    const shrunk = (count: number) => short ? Math.min(count, 100) : count;
    const contestants: Contestant<"message" | "delivery" | "linear" | "constant">[] = [];
    /** What a delivery was in the smaller room. */
    let before = NaN;
    for (const members of MEMBERS) {
      const measure = await contestant({ rooms: 1, each: shrunk(members), at: 0 });
      const round = async () => {
        const figures = await measure();
        const linear = figures.delivery / before;
        before = figures.delivery;
        return members === MEMBERS.at(-1) ? { ...figures, linear } : figures;
      };
      contestants.push({ name: `${named.format(members)} members`, role: "ours", round });
    }
    /** What a message was in one room. */
    let single = NaN;
    for (const [nth, count] of ROOMS.entries()) {
      const rooms = short ? nth + 1 : count;
      const measure = await contestant({ rooms, each: short ? EACH / 5 : EACH, at: 1 });
      const round = async () => {
        const figures = await measure();
        if (nth === 0) single = figures.message;
        const constant = figures.message / single;
        return count === ROOMS.at(-1) ? { ...figures, constant } : figures;
      };
      const name = count === 1 ? `one room of ${EACH}` : `${count} rooms of ${EACH}`;
      contestants.push({ name, role: "ours", round });
    }
    return contestants;
  },
});
