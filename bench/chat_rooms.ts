/** Rooms that the chat benches load: ours and those of its peers, each a process of its own. */
import { type ChatLoad, openLoad, together } from "./chat_load.ts";
import type { ChatSeed } from "./chat_seed.ts";
import type { NodePeers } from "./peers.ts";
import { loadPath, type ServerProcess, startDenoServer, startServer } from "./server_process.ts";

/** Rooms tell who is there within this: of one node, and of several, which tell each other first; in ms. */
const TOLD_MS = { one: 700, several: 2_000 };
/** Bytes of a message, without what a protocol puts around it. */
export const MESSAGE_BYTES = 128;
/** The mark and the time in it, as the load writes them. */
const STAMP_BYTES = 18;
/** Members of a room that look at all that comes. */
const WATCHERS = 10;
/** As {@linkcode MESSAGE_BYTES} when its stamp is written. */
const WORDS = `STAMP${"x".repeat(MESSAGE_BYTES - STAMP_BYTES)}`;

/** What a room speaks; `bare`: a message is a frame. */
type Tongue = "hub" | "bare" | "socket.io";

export interface BenchRoom extends AsyncDisposable {
  readonly pid: number;
  /** Lets members in. */
  enter(members: number): Promise<ChatLoad>;
}

function roomOf(server: ServerProcess, tongue: Tongue): BenchRoom {
  const isSocketIo = tongue === "socket.io";
  const path = isSocketIo ? "/socket.io/?EIO=4&transport=websocket" : "/";
  const port = Number(new URL(server.url).port);
  return {
    pid: server.pid,
    enter: (members) =>
      openLoad({
        members: Array.from({ length: members }, () => ({ path, room: "room" })),
        entrance: {
          port,
          first: isSocketIo ? ["40"] : [],
          ...(isSocketIo && { ready: "40{" }),
          ...(tongue === "hub" && { ready: "joined", protocol: "veza.bytes" }),
        },
        message: isSocketIo ? `42["m","${WORDS}"]` : WORDS,
        ackBytes: 0,
        watchers: WATCHERS,
        toldMs: TOLD_MS.one,
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Our hub without a room behind it. */
export const hubRoom = async () => roomOf(await startDenoServer("hub_room.ts"), "hub");

/** @param gatherMs for how long it gathers what it tells; 0: each message by itself */
export const wsRoom = async ({ node, folder }: NodePeers, gatherMs = 0) =>
  roomOf(await startServer(node, [loadPath("ws_room.mjs"), folder, `${gatherMs}`]), "bare");

export const socketIoRoom = async ({ node, folder }: NodePeers, gatherMs = 0) =>
  roomOf(
    await startServer(node, [loadPath("socketio_room.mjs"), folder, `${gatherMs}`]),
    "socket.io",
  );

export const bunRoom = async ({ folder }: NodePeers, gatherMs = 0) => {
  const bun = `${folder}/node_modules/@oven/bun-linux-x64/bin/bun`;
  return roomOf(await startServer(bun, [loadPath("bun_room.mjs"), `${gatherMs}`]), "bare");
};

/** socket.io that stores each message before it tells it. */
export const storingRoom = async ({ node, folder }: NodePeers, database: object, gatherMs = 0) => {
  const order = JSON.stringify({ folder, database, gatherMs });
  return roomOf(await startServer(node, [loadPath("socketio_store.mjs"), order]), "socket.io");
};

/**
 * Lets members into the rooms of a node, signed in, the rooms one after the other; where there are
 * several nodes, the members take turns on them, so that each room is on all.
 *
 * @param processes that load, each with as many of the rooms: one cannot have more than some 16,000
 * sockets
 */
export async function enterNode(
  url: string | readonly string[],
  seed: ChatSeed,
  members: number,
  processes = 1,
): Promise<ChatLoad> {
  const { rooms } = seed;
  const ports = [url].flat().map((one) => Number(new URL(one).port));
  const passes = await seed.passes(members);
  const each = members / rooms.length;
  const data = { room_id: "ROOM" };
  const message = {
    ...{ type: "message", action: "send", request_id: "COUNT" },
    data: { ...data, client_id: "00000000-0000-4000-8000-COUNT", content: WORDS },
  };
  const all = passes.map((pass, at) => ({
    path: `/ws?token=${pass}`,
    room: rooms[Math.floor(at / each)]!,
    port: ports[at % ports.length]!,
  }));
  const part = rooms.length / processes * each;
  const loads = Array.from({ length: processes }, (_, nth) =>
    openLoad({
      members: all.slice(nth * part, (nth + 1) * part),
      entrance: { port: ports[0]!, protocol: "veza.bytes", first: [], ready: '"joined"' },
      join: JSON.stringify({ type: "room", action: "join", data }),
      message: JSON.stringify(message),
      ackBytes: `,"request_id":"${"0".repeat(12)}"`.length,
      watchers: Math.max(1, Math.min(WATCHERS, each / 10)),
      toldMs: ports.length > 1 ? TOLD_MS.several : TOLD_MS.one,
    }));
  const opened = await Promise.allSettled(loads);
  const failed = opened.find((one) => one.status === "rejected");
  const open = opened.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
  if (failed) {
    await Promise.all(open.map((load) => load[Symbol.asyncDispose]()));
    throw failed.reason;
  }
  return open.length === 1 ? open[0]! : together(open);
}
