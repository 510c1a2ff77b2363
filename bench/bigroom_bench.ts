/** P3: one room with 10,000 sockets: how late its messages come, and what a socket costs. */
import { type Contestant, defineBench } from "./bench.ts";
import type { ChatLoad } from "./chat_load.ts";
import { type BenchRoom, bunRoom, enterNode, wsRoom } from "./chat_rooms.ts";
import { seedChat } from "./chat_seed.ts";
import { answersAfter, launch, memoryOf } from "./launched.ts";
import { provideNodePeers } from "./peers.ts";

const RATE = 20;
const PEOPLE = 1_000;

/** A room that has nobody in it yet. */
interface Empty extends AsyncDisposable {
  readonly pid: number;
  enter(members: number): Promise<ChatLoad>;
}

export const bench = defineBench({
  rule: "P3",
  title: "One room of 10,000",
  what:
    `10,000 sockets in one room, in which ${RATE} messages of 128 bytes are written a second. ` +
    `Ours goes the whole path, with ${PEOPLE.toLocaleString("en")} people who are signed in on ` +
    "ten sockets each, and is asked for its place in the room before; the peers tell what comes. " +
    "Memory is by how much the resident set of the server grew while they came in, by socket. A " +
    "peer without a p99 did not tell all messages to all in time.",
  tools: [],
  rounds: 5,
  warmUps: 0,
  measures: {
    p99: { title: "p99", unit: "ms", better: "less", targets: [{ atMost: 150 }] },
    p50: { title: "p50", unit: "ms", better: "less", targets: [] },
    memory: { title: "a socket", unit: "KB", better: "less", targets: [{ atMost: 25 }] },
    entering: { title: "came in", unit: "/s", better: "more", targets: [] },
  },
  open: async ({ short, folder }) => {
    const members = short ? 200 : 10_000;
    const peers = await provideNodePeers();
    let nth = 0;
    const ours = async (): Promise<Empty> => {
      await using owned = new AsyncDisposableStack();
      const dataDir = `${folder}/big-${nth++}`;
      const node = owned.use(launch(dataDir));
      await answersAfter(node, "/readyz");
      const seed = owned.use(await seedChat(dataDir, { people: PEOPLE, rooms: 1 }));
      const kept = owned.move();
      return {
        pid: node.pid,
        enter: (members) => enterNode(node.url, seed, members),
        [Symbol.asyncDispose]: () => kept.disposeAsync(),
      };
    };
    const contestant = (
      name: string,
      role: Contestant["role"],
      start: () => Promise<Empty | BenchRoom>,
    ) => ({
      name,
      role,
      round: async () => {
        await using room = await start();
        const before = (await memoryOf(room.pid)).node;
        const began = performance.now();
        await using load = await room.enter(members);
        const seconds = (performance.now() - began) / 1_000;
        const grown = (await memoryOf(room.pid)).node - before;
        const figures = await load.trial({ rate: RATE, seconds: short ? 0.5 : 4 });
        const isWhole = figures.incomplete === 0;
        if (!isWhole && role === "ours") throw new Error("Not all messages came to all");
        return {
          // of what did not all come there is no p99
          ...(isWhole && { p99: figures.p99 ?? Infinity, p50: figures.p50 ?? Infinity }),
          memory: grown * 1024 / members,
          entering: members / seconds,
        };
      },
    });
    return await Promise.resolve([
      contestant("Veza", "ours", ours),
      contestant("ws", "peer", () => wsRoom(peers)),
      contestant("Bun's publish", "peer", () => bunRoom(peers)),
    ]);
  },
});
