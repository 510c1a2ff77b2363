/** Tests of one open socket: the form of its frames, and its end when too much is left unread. */
import { deepEqual, equal } from "node:assert/strict";
import { connectionOf, MOST_UNREAD, Packet } from "./connection.ts";

function open({ inBytes = false } = {}) {
  const frames: (string | Uint8Array)[] = [];
  const ends: [number, string][] = [];
  let departed = 0;
  const fanOut = { deliveries: 0, drops: 0 };
  const socket = {
    readyState: WebSocket.OPEN as number,
    bufferedAmount: 0,
    send: (data: string | Uint8Array) => void frames.push(data),
    close(code: number, reason: string) {
      ends.push([code, reason]);
      socket.readyState = WebSocket.CLOSING;
    },
  };
  const connection = connectionOf(socket as unknown as WebSocket, {
    ...{ id: "one", person: null, sessionId: null, inBytes, fanOut },
    onEnd: () => void departed++,
  });
  return { socket, connection, frames, ends, fanOut, departed: () => departed };
}
const packet = (text: string) => new Packet(new TextEncoder().encode(text));

Deno.test("[C2] a packet goes out as bytes or as text, without its last line's end", () => {
  const [text, bytes] = [open(), open({ inBytes: true })];
  const one = packet('{"a":"é"}\n{"b":1}\n');
  for (const { connection } of [text, bytes]) {
    connection.send(one);
    connection.tell({ c: 2 });
  }
  deepEqual(text.frames, ['{"a":"é"}\n{"b":1}', '{"c":2}']);
  deepEqual(
    bytes.frames.map((frame) => new TextDecoder().decode(frame as Uint8Array)),
    text.frames,
  );
});

Deno.test("[C12] who leaves too much unread is cut with 1013, and is sent nothing more", async () => {
  const { socket, connection, frames, ends, fanOut, departed } = open();
  socket.bufferedAmount = MOST_UNREAD - 10;
  connection.send(packet("12345\n"));
  equal(frames.length, 1);
  connection.send(packet("12345678901\n"));
  deepEqual([frames.length, ends, connection.isOpen], [1, [[1013, "slow_reader"]], false]);
  connection.tell({});
  connection.end("internal");
  deepEqual([frames.length, ends.length], [1, 1]);
  deepEqual(fanOut, { deliveries: 1, drops: 1 });
  await Promise.resolve();
  equal(departed(), 1, "its rooms do not wait for the socket's own end");
});

Deno.test("[C12] one large frame is taken by who has read all before it", () => {
  const { connection, frames, ends } = open();
  connection.send(packet(`${"x".repeat(MOST_UNREAD + 1)}\n`));
  deepEqual([frames.length, ends], [1, []]);
});
