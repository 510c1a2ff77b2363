/** Tests of a socket of a stream: what a slow reader misses, and what ends it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { Rejection } from "../../domain/errors.ts";
import type { LiveFrame } from "../../domain/live_socket.ts";
import { liveLine } from "./live_line.ts";

/** A socket whose reader takes nothing while `unread` says so. */
function slowSocket() {
  const target = new EventTarget();
  const sent: (string | Uint8Array)[] = [];
  const socket = Object.assign(target, {
    readyState: 1,
    bufferedAmount: 0,
    send: (data: string | Uint8Array) => void sent.push(data),
    close(code: number, reason: string) {
      socket.readyState = 2;
      socket.closed = `${code} ${reason}`;
    },
    closed: "",
  });
  const said: LiveFrame[] = [];
  const came: Uint8Array[] = [];
  let now = 0;
  let gone = 0;
  const line = liveLine(socket as unknown as WebSocket, {
    sessionId: null,
    names: ["live.react"],
    onSaid: (frame) => said.push(frame),
    onBytes: (bytes) => came.push(bytes),
    onGone: () => void gone++,
    onError: (error) => {
      throw error;
    },
    now: () => now,
  });
  return {
    ...{ line, socket, sent, said, came },
    gone: () => gone,
    pass: (ms: number) => void (now += ms),
    hear: (data: string | ArrayBuffer) =>
      target.dispatchEvent(new MessageEvent("message", { data })),
  };
}
const AUDIO = new Uint8Array(256);

Deno.test("[C12] audio is dropped first for a slow reader, and heard again when it reads", () => {
  const { line, socket, sent } = slowSocket();
  line.audio(AUDIO);
  socket.bufferedAmount = 100 * 1024;
  line.audio(AUDIO);
  line.tell({ type: "live" });
  deepEqual([sent.length, line.dropped], [2, 1], "words still go");
  socket.bufferedAmount = 0;
  line.audio(AUDIO);
  equal(sent.length, 3);
});

Deno.test("[C12] who takes no audio for ten seconds is cut off with 1013", async () => {
  const { line, socket, pass, gone } = slowSocket();
  socket.bufferedAmount = 100 * 1024;
  line.audio(AUDIO);
  pass(9_000);
  socket.bufferedAmount = 0;
  line.audio(AUDIO);
  socket.bufferedAmount = 100 * 1024;
  line.audio(AUDIO);
  pass(9_900);
  line.audio(AUDIO);
  equal(socket.closed, "", "it read in between");
  pass(200);
  line.audio(AUDIO);
  equal(socket.closed, "1013 slow_reader");
  await Promise.resolve();
  socket.dispatchEvent(new Event("close"));
  equal(gone(), 1, "told once");
});

Deno.test("[C12] never more than a megabyte waits, whatever is said", () => {
  const { line, socket } = slowSocket();
  socket.bufferedAmount = 800 * 1024;
  line.tell({ type: "live" });
  equal(socket.closed, "1013 slow_reader");
});

Deno.test("[C11] what cannot be read is refused with its code; twenty in a minute end the socket", () => {
  const { hear, sent, socket, said, came, pass } = slowSocket();
  const last = () => JSON.parse(String(sent.at(-1)));
  hear("{");
  deepEqual([last().type, last().data.code], ["error", "bad_request"]);
  hear('{"type":"live","action":"begin","data":{},"request_id":"r"}');
  deepEqual([last().data.code, last().request_id], ["bad_request", "r"], "not on this socket");
  hear('{"type":"live","action":"react","data":{"emoji":"x"}}');
  deepEqual([last().action, last().data.code, last().data.errors[0].path], [
    ...["live.react", "invalid", "data.emoji"],
  ]);
  hear('{"type":"live","action":"react","data":{"emoji":"🎧"}}');
  equal(said.length, 1);
  hear('{"type":"ping","request_id":"p"}');
  ok(last().type === "pong" && last().request_id === "p" && last().data.server_time_us > 1e15);
  hear(new ArrayBuffer(5));
  equal(came[0]?.length, 5);
  pass(61_000);
  for (let n = 0; n < 19; n++) hear("{");
  equal(socket.closed, "");
  hear("{");
  equal(socket.closed, "1008 bad_request");
});

Deno.test("[C11] what was said well and did not come about is told, and is no fault", () => {
  const { line, sent, socket } = slowSocket();
  for (let n = 0; n < 40; n++) line.fail("live.react", "r", new Rejection("muted"));
  const { action, data, request_id } = JSON.parse(String(sent.at(-1)));
  deepEqual([action, data.code, request_id], ["live.react", "muted", "r"]);
  equal(socket.closed, "");
});

Deno.test("[C11] a message that is too large ends the socket", () => {
  const { hear, socket, came } = slowSocket();
  hear(new ArrayBuffer(64 * 1024 + 16));
  equal(came.length, 1);
  hear(new ArrayBuffer(64 * 1024 + 17));
  equal(socket.closed, "1009 too_large");
});
