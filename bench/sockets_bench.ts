/** P4: 50,000 sockets on several nodes: whether all is delivered, how late, and what a socket costs. */
import { defineBench } from "./bench.ts";
import type { ChatLoad, TrialFigures } from "./chat_load.ts";
import { enterNode } from "./chat_rooms.ts";
import { seedChat } from "./chat_seed.ts";
import { CLUSTER_TOOLS, startCluster } from "./cluster.ts";
import { residentMiB } from "./resident.ts";

const SOCKETS = 50_000;
const EACH = 50;
const NODES = 4;
/** Processes that load: one may have 20,000 files open. */
const LOADS = 4;
const P99_MS = 100;
/** The next lower rate that is tried, of the one that was not borne. */
const STEP = Math.SQRT1_2;
/** It gives up below this, in messages a second. */
const LEAST = 1;

const isBorne = ({ incomplete, cut, p99 }: TrialFigures) =>
  incomplete === 0 && cut === 0 && p99 !== null && p99 < P99_MS;

export const bench = defineBench({
  rule: "P4",
  title: "50,000 sockets on several nodes",
  what:
    `${
      SOCKETS.toLocaleString("en")
    } sockets, each of somebody else who is signed in, on ${NODES} ` +
    `nodes over NATS with one PostgreSQL: ${SOCKETS / EACH} rooms of ${EACH}, each on all nodes. ` +
    "The rule is read so: in each room a message of 128 bytes is written every second, which is " +
    `${SOCKETS / EACH} messages and ${SOCKETS.toLocaleString("en")} deliveries a second, through ` +
    "the whole path; delivered is what came within 2 s, and p99 is from when a message was due " +
    `until it was read, of the worst of ${LOADS} processes that load. Where that is not borne, ` +
    "less is written until all comes with such a p99; that rate is told as held. Nodes, servers " +
    "and load share the machine. Memory is by how much the resident sets of the nodes grew while " +
    "they came in, once, by socket.",
  tools: CLUSTER_TOOLS,
  rounds: 5,
  warmUps: 1,
  measures: {
    delivered: { title: "delivered", unit: "%", better: "more", targets: [{ atLeast: 100 }] },
    p99: { title: "p99", unit: "ms", better: "less", targets: [{ atMost: P99_MS }] },
    p50: { title: "p50", unit: "ms", better: "less", targets: [] },
    held: { title: "held, at most what is wanted", unit: "/s", better: "more", targets: [] },
    heldP99: { title: "p99 of these", unit: "ms", better: "less", targets: [] },
    memory: { title: "a socket", unit: "KB", better: "less", targets: [] },
    entering: { title: "came in", unit: "/s", better: "more", targets: [] },
    busy: { title: "the load was busy", unit: "%", better: "less", targets: [] },
  },
  open: async ({ short, folder, owned }) => {
    const rooms = short ? 2 * LOADS : SOCKETS / EACH;
    const members = rooms * EACH;
    const cluster = await startCluster({ folder, owned }, short ? 2 : NODES);
    const seed = owned.use(
      await seedChat(cluster.databaseUrl, { people: members, rooms, each: EACH }),
    );
    const memory = async () => {
      const each = await Promise.all(cluster.nodes.map(({ pid }) => residentMiB(pid)));
      return each.reduce((sum, one) => sum + one, 0);
    };
    const before = await memory();
    const began = performance.now();
    const enter = () => enterNode(cluster.urls, seed, members, LOADS);
    let load: ChatLoad | undefined = await enter();
    const entering = members / (performance.now() - began) * 1_000;
    const socket = (await memory() - before) * 1024 / members;
    owned.defer(async () => await load?.[Symbol.asyncDispose]());

    const trial = async (rate: number) => {
      load ??= await enter();
      const figures = await load.trial({ rate, seconds: short ? 0.5 : 4 });
      if (figures.cut > 0) { // those are gone: all come in anew
        const last = load;
        load = undefined;
        await last[Symbol.asyncDispose]();
      }
      return figures;
    };
    /** One step above what was held before: a round that was disturbed does not bind the next. */
    let from = rooms * STEP;
    const round = async () => {
      const wanted = await trial(rooms);
      let rate = rooms;
      let held = wanted;
      for (let next = from; !short && !isBorne(held); next *= STEP) {
        if (next < LEAST) throw new Error("Not even a message a second came in time");
        rate = next;
        held = await trial(rate);
      }
      from = Math.min(rate / STEP, rooms * STEP);
      const isWhole = wanted.incomplete === 0;
      return {
        delivered: isWhole ? 100 : Math.min(99.99, wanted.deliveries / wanted.wanted * 100),
        p99: wanted.p99 ?? Infinity,
        p50: wanted.p50 ?? Infinity,
        held: rate,
        heldP99: held.p99 ?? Infinity,
        memory: socket,
        entering,
        busy: wanted.busy * 100,
      };
    };
    return [{ name: "Veza", role: "ours", round }];
  },
});
