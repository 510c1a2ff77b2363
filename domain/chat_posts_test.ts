/** Tests of how a room decides on the messages that wait. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { type Message, type Post, type Room, type Standing, STRANGER } from "./chat.ts";
import {
  type Allowance,
  canonical,
  decidePosts,
  messageKey,
  paceOf,
  type Posting,
  saysTheSame,
  spend,
} from "./chat_posts.ts";
import { Rejection } from "./errors.ts";
import { LIMITS } from "./limits.ts";

const NOW = 1_000_000;
const pace = paceOf(LIMITS.message);

const posting = (room: Partial<Room> = {}, more: Partial<Posting> = {}): Posting => ({
  room: { id: "r", kind: "public", slowModeMs: 0, blockedWords: [], ...room } as Room,
  standings: new Map(),
  allowances: new Map(),
  pace: null,
  ...more,
});
const post = (clientId: string, more: Partial<Post> = {}): Post => ({
  sender: { id: "anna", name: "Anna", moderator: false },
  clientId,
  content: "hello",
  messageType: "text",
  replyTo: null,
  threadId: null,
  metadata: {},
  ...more,
});
const written = (post: Post, seq: number): Message => ({
  action: "received",
  seq,
  messageId: `message-${seq}`,
  clientId: post.clientId,
  senderId: post.sender.id,
  senderName: post.sender.name,
  content: post.content,
  messageType: post.messageType,
  replyTo: post.replyTo,
  threadId: post.threadId,
  metadata: post.metadata,
  createdAt: "2026-11-20T10:00:00.000Z",
});
/** What is answered, once those that were taken are written. */
function decide(given: Posting, posts: Post[], known: Message[] = [], now = NOW) {
  const map = new Map(known.map((one) => [messageKey(one.senderId, one.clientId), one]));
  const decided = decidePosts(given, posts, map, now);
  const log = decided.taken.map((one, index) => written(one, known.length + index + 1));
  const replies = decided.replies(log).map((reply) =>
    reply instanceof Rejection
      ? reply.code
      : reply.duplicate
      ? `duplicate ${reply.duplicate.seq}`
      : reply.seq
  );
  return { decided, replies };
}

Deno.test("[C4] posts are taken in their order, and each is answered", () => {
  const { decided, replies } = decide(posting(), [post("a"), post("b"), post("c")]);
  deepEqual(decided.taken.map(({ clientId }) => clientId), ["a", "b", "c"]);
  deepEqual(replies, [1, 2, 3]);
  equal(decided.refused, false);
});

Deno.test("[C4] a repetition is answered with the first, in one batch and in the log", () => {
  const posts = [post("a"), post("b"), post("b"), post("a")];
  const { decided, replies } = decide(posting(), posts, [written(post("a"), 1)]);
  deepEqual(decided.taken.map(({ clientId }) => clientId), ["b"]);
  deepEqual(replies, ["duplicate 1", 2, "duplicate 2", "duplicate 1"]);
});

Deno.test("[C4] a client_id is each sender's own, and names one message", () => {
  const ben = { id: "ben", name: "Ben", moderator: false };
  const stored = [written(post("a"), 1)];
  deepEqual(decide(posting(), [post("a", { sender: ben })], stored).replies, [2]);
  const others: Partial<Post>[] = [
    { content: "other" },
    { messageType: "system" },
    { replyTo: "m" },
    { threadId: "m" },
    { metadata: { a: 1 } },
  ];
  for (const other of others) {
    deepEqual(decide(posting(), [post("a", other)], stored).replies, ["client_id_conflict"]);
    deepEqual(decide(posting(), [post("b"), post("b", other)]).replies, [1, "client_id_conflict"]);
  }
});

Deno.test("[C4] a repetition is answered as at first, whatever its sender may do by now", () => {
  const standing: Standing = { ...STRANGER, role: "member", mutedUntil: NOW + 1 };
  const given = posting({}, { standings: new Map([["anna", standing]]) });
  const { decided, replies } = decide(given, [post("a"), post("b")], [written(post("a"), 1)]);
  deepEqual(replies, ["duplicate 1", "muted"]);
  ok(decided.refused, "who decides is told that the log may know more");
});

Deno.test("[C4] a deleted message is not compared with its repetition", () => {
  const deleted = { ...written(post("a"), 1), content: null, metadata: {} };
  ok(saysTheSame(deleted, post("a", { content: "anything" })));
});

Deno.test("[C4] metadata is the same in another order of its names", () => {
  equal(canonical({ b: [1, { d: 1, c: 2 }], a: null }), '{"a":null,"b":[1,{"c":2,"d":1}]}');
  ok(canonical({ a: 1 }) !== canonical({ a: "1" }));
  ok(canonical({ a: [1, 2] }) !== canonical({ a: [2, 1] }));
});

Deno.test("[C8] slow mode and blocked words hold members, and not who leads", () => {
  const given = (role: Standing["role"], allowance?: Allowance) =>
    posting({ slowModeMs: 5_000, blockedWords: ["rude"] }, {
      standings: new Map([["anna", { ...STRANGER, role }]]),
      allowances: new Map(allowance ? [["anna", allowance]] : []),
    });
  deepEqual(decide(given("member"), [post("a"), post("b")]).replies, [1, "slow_mode"]);
  deepEqual(decide(given("moderator"), [post("a"), post("b")]).replies, [1, 2]);
  const rude = post("a", { content: "how rude" });
  deepEqual(decide(given("member"), [rude, post("b")]).replies, ["blocked_word", 1]);
  deepEqual(decide(given("owner"), [rude]).replies, [1]);
  const last = { left: 1, at: NOW, last: NOW - 4_000 };
  const { decided } = decide(given("member", last), [post("a")]);
  const [reply] = decided.replies([]);
  deepEqual([reply instanceof Rejection && reply.retryAfterMs], [1_000]);
});

Deno.test("[C11] twenty at once, then ten a second, and it says when", () => {
  let allowance: Allowance | undefined;
  const one = (now: number) => {
    const next = spend(allowance, { pace, slowModeMs: 0 }, now);
    if (next instanceof Rejection) return next;
    allowance = next;
    return null;
  };
  for (let n = 0; n < 20; n++) equal(one(NOW), null, `message ${n + 1}`);
  const refused = one(NOW);
  deepEqual([refused?.code, refused?.retryAfterMs], ["rate_limited", 100]);
  equal(one(NOW + 99)?.code, "rate_limited");
  equal(one(NOW + 100), null);
  equal(one(NOW + 150)?.code, "rate_limited");
  let taken = 0;
  for (let ms = 1_000; ms < 3_000; ms += 10) if (one(NOW + ms) === null) taken++;
  ok(taken >= 28 && taken <= 30, `${taken} in two seconds after one of rest`);
  for (let n = 0; n < 20; n++) equal(one(NOW + 60_000), null);
  equal(one(NOW + 60_000)?.code, "rate_limited", "rest fills no more than the burst");
  equal(one(NOW + 59_000)?.code, "rate_limited", "a clock that goes back gives nothing");
});

Deno.test("[C11] who is refused has spent nothing, and a batch counts each", () => {
  const posts = Array.from({ length: 25 }, (_, n) => post(`p${n}`));
  const { decided, replies } = decide(posting({}, { pace }), posts);
  deepEqual(replies.slice(0, 20), Array.from({ length: 20 }, (_, n) => n + 1));
  deepEqual(replies.slice(20), Array(5).fill("rate_limited"));
  deepEqual(decided.allowances.get("anna"), { left: 0, at: NOW, last: NOW });
  const repeated = decide(posting({}, { pace }), [post("a"), post("a")]);
  equal(repeated.decided.allowances.get("anna")?.left, 19, "a repetition costs nothing");
});
