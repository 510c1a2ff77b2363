/** P1: how fast a room of 200 is told, by our hub alone and by its peers. */
import { type Contestant, defineBench } from "./bench.ts";
import { type BenchRoom, bunRoom, hubRoom, socketIoRoom, wsRoom } from "./chat_rooms.ts";
import { rateSearch } from "./chat_search.ts";
import { provideNodePeers } from "./peers.ts";
import { TOLD_MEASURES, toldRound } from "./told_round.ts";

const MEMBERS = 200;
const P99_MS = 10;
/** As our hub gathers under load. */
const GATHER_MS = 4;

export const bench = defineBench({
  rule: "P1",
  title: "Fan-out of one room",
  what: `${MEMBERS} members of one room; what one says, 128 bytes, all are told, without any ` +
    "storage; each server is one process. They write at a fixed rate whatever comes back; told " +
    `is the highest at which all came, with a p99 under ${P99_MS} ms from when a message was due ` +
    `to when it was read. _Gathered_ puts what came within ${GATHER_MS} ms into one frame by ` +
    "hand, as our hub does by itself. The load is one more process on the same machine; how busy " +
    "it was shows that it is not the limit.",
  tools: [],
  rounds: 5,
  warmUps: 0,
  measures: {
    messages: {
      title: "messages",
      unit: "/s",
      better: "more",
      targets: [
        { beside: "socket.io", atLeast: 15 },
        { beside: "ws", atLeast: 15 },
        { beside: "Bun's publish", atLeast: 1 },
      ],
    },
    ...TOLD_MEASURES,
  },
  open: async ({ short, owned }) => {
    const peers = await provideNodePeers();
    const contestant = async (
      name: string,
      role: Contestant["role"],
      from: number,
      started: Promise<BenchRoom>,
    ) => {
      const room = owned.use(await started);
      const search = owned.use(rateSearch({
        ...{ p99: P99_MS, from: short ? 50 : from, seconds: short ? 0.3 : 1, short },
        open: () => room.enter(MEMBERS),
      }));
      return { name, role, round: () => toldRound(search, P99_MS) };
    };
    return [
      await contestant("Veza's hub", "ours", 8_000, hubRoom()),
      await contestant("ws", "peer", 250, wsRoom(peers)),
      await contestant("ws, gathered", "peer", 8_000, wsRoom(peers, GATHER_MS)),
      await contestant("socket.io", "peer", 250, socketIoRoom(peers)),
      await contestant("socket.io, gathered", "peer", 8_000, socketIoRoom(peers, GATHER_MS)),
      await contestant("Bun's publish", "peer", 1_000, bunRoom(peers)),
      await contestant("Bun's publish, gathered", "peer", 8_000, bunRoom(peers, GATHER_MS)),
    ];
  },
});
