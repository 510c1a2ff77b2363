/** P2: how fast a room is written in, through the whole path, beside socket.io with a table. */
import { openDatabase } from "../db/open.ts";
import { type Contestant, defineBench } from "./bench.ts";
import type { ChatLoad } from "./chat_load.ts";
import { enterNode, storingRoom } from "./chat_rooms.ts";
import { rateSearch } from "./chat_search.ts";
import { seedChat } from "./chat_seed.ts";
import { CLUSTER_TOOLS, startCluster } from "./cluster.ts";
import { answersAfter, launch } from "./launched.ts";
import { provideNodePeers } from "./peers.ts";
import { TOLD_MEASURES, toldRound } from "./told_round.ts";

const MEMBERS = 200;
const ROOMS = 50;
const P99_MS = 20;
const GATHER_MS = 4;
/** The limits of C11 are in force; those that would keep so many sockets from opening are not. */
const LIMITS = "socket=900000000/1m,api=900000000/1m,guest=900000000/1m";
const quiet = { info() {}, warn: console.warn, error: console.error };

export const bench = defineBench({
  rule: "P2",
  title: "Messages through the whole path",
  what: `${MEMBERS} members of one room, all signed in. Each message of 128 bytes is validated, ` +
    "allowed, ordered, committed to PostgreSQL and told to all; its sender is acked. They write " +
    "at a fixed rate whatever comes back; told is the highest at which all came, with a p99 under " +
    `${P99_MS} ms from when a message was due to when it was read. socket.io stores into a table ` +
    "with one index, and neither signs in, checks nor acks. Server, database and load share the " +
    `machine. Limits are off, but in the row of ${ROOMS} rooms with ${MEMBERS} members each. On two ` +
    "nodes of a cluster (NATS, Redis, a PostgreSQL that both share) every second member is on, and " +
    "writes to, the other one.",
  tools: CLUSTER_TOOLS,
  rounds: 5,
  warmUps: 0,
  measures: {
    messages: {
      title: "messages",
      unit: "/s",
      better: "more",
      targets: [
        { atLeast: 12_000 },
        { beside: "socket.io, an INSERT a message", atLeast: 15 },
      ],
    },
    ...TOLD_MEASURES,
    rooms: {
      title: `messages in ${ROOMS} rooms, within limits`,
      unit: "/s",
      better: "more",
      targets: [],
    },
    roomsP99: { title: "p99 in these", unit: "ms", better: "less", targets: [] },
    nodes: {
      title: "messages, two nodes",
      unit: "/s",
      better: "more",
      targets: [{ atLeast: 12_000 }],
    },
    nodesP99: { title: "p99 at that rate, two nodes", unit: "ms", better: "less", targets: [] },
    nodesOfOne: { title: "messages, two nodes ÷ one", unit: "×", better: "more", targets: [] },
  },
  open: async ({ short, folder, owned }) => {
    const searchOf = (from: number, open: () => Promise<ChatLoad>) =>
      owned.use(rateSearch({
        ...{ p99: P99_MS, from: short ? 50 : from, seconds: short ? 0.3 : 1, short, open },
      }));
    const contestant = (
      name: string,
      role: Contestant["role"],
      from: number,
      open: () => Promise<ChatLoad>,
    ) => {
      const search = searchOf(from, open);
      return { name, role, round: () => toldRound(search, P99_MS) };
    };

    const one = owned.use(launch(`${folder}/one`));
    const many = owned.use(launch(`${folder}/many`, { RATE_LIMITS: LIMITS }));
    await answersAfter(one, "/readyz");
    await answersAfter(many, "/readyz");
    const oneRoom = owned.use(await seedChat(`${folder}/one`, { people: MEMBERS, rooms: 1 }));
    const rooms = short ? 2 : ROOMS;
    const manyRooms = owned.use(await seedChat(`${folder}/many`, { people: MEMBERS, rooms }));
    const inMany = searchOf(500, () => enterNode(many.url, manyRooms, rooms * MEMBERS));

    const cluster = await startCluster({ folder, owned }, 2);
    const onBoth = owned.use(
      await seedChat(cluster.databaseUrl, { people: MEMBERS, rooms: 1 }),
    );
    const inBoth = searchOf(1_000, () => enterNode(cluster.urls, onBoth, MEMBERS));
    const onOne = searchOf(4_000, () => enterNode(one.url, oneRoom, MEMBERS));
    let ofOne = NaN;

    const peers = await provideNodePeers();
    const where = { databaseUrl: undefined, dataDir: `${folder}/peer`, dbPool: 1 };
    const { embedded } = owned.use(await openDatabase(where, quiet));
    if (!embedded) throw new Error("The peer's database is not our own");
    const plain = owned.use(await storingRoom(peers, embedded.address()));
    const gathered = owned.use(await storingRoom(peers, embedded.address(), GATHER_MS));
    return [
      {
        name: "Veza",
        role: "ours",
        round: async () => {
          const figures = await toldRound(onOne, P99_MS);
          ofOne = figures.messages;
          return figures;
        },
      },
      {
        name: "Veza, two nodes",
        role: "ours",
        round: async () => {
          const { rate, figures } = await inBoth.round();
          return { nodes: rate, nodesP99: figures.p99 ?? P99_MS, nodesOfOne: rate / ofOne };
        },
      },
      contestant("socket.io, an INSERT a message", "peer", 200, () => plain.enter(MEMBERS)),
      contestant("socket.io, gathered by hand", "peer", 4_000, () => gathered.enter(MEMBERS)),
      {
        name: `Veza, ${ROOMS} rooms`,
        role: "ours",
        round: async () => {
          const { rate, figures } = await inMany.round();
          return { rooms: rate, roomsP99: figures.p99 ?? P99_MS };
        },
      },
    ];
  },
});
