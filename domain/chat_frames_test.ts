/** Tests of the frames of the chat socket. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { Entry, Message } from "./chat.ts";
import {
  CLIENT_FRAMES,
  duplicateAck,
  entryLine,
  type FrameName,
  messageAck,
  wireEntry,
} from "./chat_frames.ts";

const ID = "019a0000-0000-7000-8000-000000000001";
const entered = {
  seq: 7,
  messageId: ID,
  senderId: ID,
  senderName: "Anna",
  createdAt: "2026-11-20T10:00:00.000Z",
};
const message: Message = {
  ...entered,
  action: "received",
  clientId: ID,
  content: "hello",
  messageType: "text",
  replyTo: null,
  threadId: null,
  metadata: { a: 1 },
};
const send = (more: object = {}) => ({
  type: "message",
  action: "send",
  data: { room_id: ID, client_id: ID, content: "hello", ...more },
});
const takes = (name: FrameName, frame: object) => CLIENT_FRAMES[name].safeParse(frame).success;

Deno.test("[C2] a frame says its type, its action and its data; the rest has a default", () => {
  const parsed = CLIENT_FRAMES["message.send"].parse({ ...send(), request_id: "r", extra: 1 });
  deepEqual(parsed.data, {
    room_id: ID,
    client_id: ID,
    content: "hello",
    message_type: "text",
    reply_to: null,
    thread_id: null,
    metadata: {},
  });
  equal(CLIENT_FRAMES["message.send"].parse(send({ room_id: ID.toUpperCase() })).data.room_id, ID);
  ok(takes("ping", { type: "ping" }));
  ok(!takes("ping", { type: ["ping"] }));
  ok(!takes("room.join", { type: "room", action: "join" }));
  ok(!takes("room.join", { type: "room", action: "join", data: { room_id: "../x" } }));
  ok(
    !takes("room.join", { type: "room", action: "join", data: { room_id: ID, since: { gen: 1 } } }),
  );
});

Deno.test("[C11] a message has 1 to 4,000 characters, and a small metadata", () => {
  ok(takes("message.send", send({ content: "x".repeat(4_000) })));
  for (const content of ["x".repeat(4_001), "", " \n", "a\0", "\ud800", 5, null, ["x"]]) {
    ok(!takes("message.send", send({ content })), JSON.stringify(content)?.slice(0, 20));
  }
  ok(takes("message.send", send({ metadata: { a: "x".repeat(4_000) } })));
  const deep = JSON.parse(`${"[".repeat(20_000)}${"]".repeat(20_000)}`);
  for (const metadata of [{ a: "x".repeat(4_096) }, { a: deep }, [], "x", null, { a: "\0" }]) {
    ok(!takes("message.send", send({ metadata })));
  }
  for (const request_id of ["x".repeat(65), 5, {}]) {
    ok(!takes("message.send", { ...send(), request_id }));
  }
});

Deno.test("[C9] a reaction is one emoji", () => {
  const react = (emoji: string) => ({
    type: "message",
    action: "react",
    data: { room_id: ID, message_id: ID, emoji },
  });
  for (const emoji of ["🎧", "👍🏽", "👨‍👩‍👧‍👦", "🇫🇷", "1️⃣", "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]) {
    ok(takes("message.react", react(emoji)), emoji);
  }
  for (const emoji of ["", "a", "<b>", "🎧 ", "x🎧", "🎧x", "🎧".repeat(30), "\0"]) {
    ok(!takes("message.react", react(emoji)), emoji);
  }
});

Deno.test("[C6] an entry is flat in `messages[]`, and has its room in a broadcast", () => {
  deepEqual(wireEntry(message), {
    type: "message",
    action: "received",
    seq: 7,
    message_id: ID,
    client_id: ID,
    sender_id: ID,
    sender_name: "Anna",
    content: "hello",
    message_type: "text",
    reply_to: null,
    thread_id: null,
    metadata: { a: 1 },
    created_at: entered.createdAt,
  });
  equal(wireEntry({ ...message, content: null }).deleted, true);
  const { type: _type, action: _action, ...flat } = wireEntry(message);
  deepEqual(JSON.parse(entryLine("room", message)), {
    type: "message",
    action: "received",
    data: { room_id: "room", ...flat, duplicate: false },
  });
  const others: Entry[] = [
    { ...entered, action: "edited", content: "x" },
    { ...entered, action: "deleted" },
    { ...entered, action: "pinned" },
    { ...entered, action: "unpinned" },
    { ...entered, action: "reacted", emoji: "🎧" },
    { ...entered, action: "unreacted", emoji: "🎧" },
  ];
  for (const entry of others) {
    const line = entryLine("room", entry);
    ok(!line.includes("\n"));
    const { data, action } = JSON.parse(line);
    deepEqual([action, data.seq, data.message_id, data.user_id, data.user_name], [
      ...[entry.action, 7, ID, ID, "Anna"],
    ]);
  }
});

Deno.test("[C4] an ack is the broadcast with its request_id", () => {
  const line = JSON.parse(entryLine("room", message));
  deepEqual(messageAck("room", message, "r1"), { ...line, request_id: "r1" });
  deepEqual(duplicateAck("room", message, "r1"), {
    ...line,
    data: { ...line.data, duplicate: true },
    request_id: "r1",
  });
});
