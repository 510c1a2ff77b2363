/**
 * Load's other end: our hub alone. What a member says is told to all who are in the room, without an
 * actor and without a log; until its input ends.
 */
import { inProcessBus } from "../../actors/runtime/bus.ts";
import { systemClock } from "../../actors/runtime/clock.ts";
import { bytesTopic } from "../../actors/runtime/topic.ts";
import { encodePublished } from "../../domain/chat_batch.ts";
import { BYTES_PROTOCOL } from "../../domain/chat_wire.ts";
import { connectionOf } from "../../routes/sockets/connection.ts";
import { hub as hubOf } from "../../routes/sockets/hub.ts";

const ROOM = "bench";
const now = {
  room: {
    ...{
      id: ROOM,
      kind: "public" as const,
      hidden: false,
      coHostId: null,
      name: "",
      topic: "",
      ownerId: "",
      slowModeMs: 0,
    },
    ...{ blockedWords: [], memberCount: 0, gen: 1, lastSeq: 0, createdAt: "" },
  },
  role: null,
  mayWrite: true,
};
const none = () => Promise.resolve([]);
const hub = hubOf({
  topic: bytesTopic(inProcessBus(), "room"),
  log: { heads: none, after: none, before: none },
  enter: () => Promise.resolve(now),
  onError: console.error,
  presence: { seats: () => {}, heard: () => {} },
  clock: systemClock,
});
const passing = { kind: "passing", except: null } as const;
const fanOut = { deliveries: 0, drops: 0 };
let opened = 0;

const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request, { protocol: BYTES_PROTOCOL });
  socket.binaryType = "arraybuffer";
  socket.onopen = async () => {
    const connection = connectionOf(socket, {
      id: `${opened++}`,
      person: null,
      sessionId: null,
      inBytes: true,
      fanOut,
    });
    socket.onmessage = ({ data }) => hub.publish(ROOM, encodePublished(passing, `${data}\n`));
    socket.onclose = () => void hub.leave(ROOM, connection);
    const { settle } = await hub.join(ROOM, connection, undefined);
    connection.tell({ joined: true });
    settle();
  };
  return response;
});
console.log(server.addr.port);
for await (const _ of Deno.stdin.readable) { /* until its end */ }
await server.shutdown();
