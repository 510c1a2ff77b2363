/** Tests of a room as a gateway follows it: order, holes, acks at their places. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { settled } from "../../actors/runtime/testing.ts";
import type { Entry, Person } from "../../domain/chat.ts";
import { encodeEntries, encodePublished } from "../../domain/chat_batch.ts";
import { messageKey } from "../../domain/chat_posts.ts";
import type { Connection } from "./connection.ts";
import { RoomFeed } from "./room_feed.ts";
import type { Seat } from "./seat.ts";

const ROOM = "019a0000-0000-7000-8000-000000000001";
const said = (seq: number, content = `message ${seq}`): Entry => ({
  action: "received",
  seq,
  messageId: `m${seq}`,
  clientId: `c${seq}`,
  senderId: "anna",
  senderName: "Anna",
  content,
  messageType: "text",
  replyTo: null,
  threadId: null,
  metadata: {},
  createdAt: "2026-11-20T10:00:00.000Z",
});
const pinned = (seq: number): Entry => ({
  action: "pinned",
  seq,
  messageId: "m1",
  senderId: "anna",
  senderName: "Anna",
  createdAt: "2026-11-20T10:00:00.000Z",
});

/** A feed whose log is `stored`, and that has begun after `last`. */
function follow({ last = 0, gen = 1 }: { last?: number; gen?: number } = {}) {
  const stored: Entry[] = [];
  const asked: number[] = [];
  let restored = 0;
  const feed: RoomFeed = new RoomFeed({
    roomId: ROOM,
    after(seq, most) {
      asked.push(seq);
      return Promise.resolve(stored.filter((one) => one.seq > seq).slice(0, most));
    },
    schedule: () => queueMicrotask(() => feed.flush()),
    rest: () => Promise.resolve(),
    onStanding: () => {},
    onPeople: () => {},
    onRestored: () => void restored++,
    onError: (error) => {
      throw error;
    },
  });
  feed.begin(gen, last);
  const sit = (id: string, { held = false }: { held?: boolean } = {}) => {
    const frames: (string | Uint8Array)[] = [];
    const person: Person = { id, name: id, moderator: false };
    const connection: Connection = {
      id,
      person,
      sessionId: null,
      isOpen: true,
      send: ({ bytes, text }) => void (frames.push(bytes), texts.push(text)),
      tell: (message) => void texts.push(`${JSON.stringify(message)}\n`),
      end: () => {},
    };
    const texts: string[] = [];
    const seat: Seat = {
      connection,
      last,
      held: held ? [] : null,
      heldBytes: 0,
      overflowed: false,
      mayWrite: true,
    };
    feed.seat(seat);
    const lines = () => texts.join("").split("\n").filter(Boolean).map((line) => JSON.parse(line));
    return {
      seat,
      frames,
      lines,
      seqs: () =>
        lines().map(({ data, request_id }) => request_id ? [data.seq, request_id] : data.seq),
    };
  };
  const tell = (entries: Entry[], of = gen, nonce: string | null = null) =>
    feed.arrived(encodeEntries(ROOM, of, entries, nonce));
  return { feed, stored, asked, sit, tell, restored: () => restored };
}

Deno.test("[C2] what comes in one turn goes out as one frame, the same bytes for all", async () => {
  const { sit, tell } = follow();
  const seats = [sit("a"), sit("b"), sit("c")];
  tell([said(1), said(2)]);
  tell([said(3)]);
  await settled();
  for (const { frames, seqs } of seats) {
    deepEqual(seqs(), [1, 2, 3]);
    equal(frames.length, 1);
    ok(frames[0] === seats[0]?.frames[0], "not a copy of them");
  }
});

Deno.test("[C6] what came already is dropped, also as part of more", async () => {
  const { sit, tell } = follow();
  const { seqs } = sit("a");
  tell([said(1), said(2)]);
  tell([said(1), said(2)]);
  tell([said(2), said(3)]);
  await settled();
  deepEqual(seqs(), [1, 2, 3]);
});

Deno.test("[C6] a hole is filled from the log before what comes after it", async () => {
  const { sit, tell, stored, asked } = follow();
  const { seqs } = sit("a");
  tell([said(1)]);
  stored.push(said(1), said(2), said(3), said(4));
  tell([said(4)]);
  tell([said(5)]);
  await settled();
  deepEqual([seqs(), asked], [[1, 2, 3, 4, 5], [1]]);
});

Deno.test("[C6] a beacon reveals a last message that was lost", async () => {
  const { feed, sit, stored } = follow();
  const { seqs } = sit("a");
  stored.push(said(1), said(2));
  feed.arrived(encodePublished({ kind: "beacon", gen: 1, seq: 2 }));
  await settled();
  deepEqual(seqs(), [1, 2]);
});

Deno.test("[C6] what comes while a seat reads the log is held, and told without what it read", async () => {
  const { feed, sit, tell } = follow();
  const { seat, seqs } = sit("a", { held: true });
  const other = sit("b");
  tell([said(1), said(2), said(3)]);
  await settled();
  deepEqual([seqs(), other.seqs()], [[], [1, 2, 3]]);
  feed.settle(seat, 2);
  deepEqual(seqs(), [3]);
});

Deno.test("[C4] an ack is the sender's copy at its place; all others get the same bytes", async () => {
  const { feed, sit, tell } = follow();
  const [anna, ben, carl] = [sit("anna"), sit("ben"), sit("carl")];
  const ack = feed.acks.expect(messageKey("anna", "c2"), anna.seat, "r2");
  equal(feed.acks.expect(messageKey("anna", "c2"), ben.seat, "x"), null, "another waits for it");
  tell([said(1), said(2), said(3)]);
  await settled();
  deepEqual(anna.seqs(), [1, [2, "r2"], 3]);
  deepEqual(ben.seqs(), [1, 2, 3]);
  ok(ben.frames[0] === carl.frames[0]);
  equal(ack?.isTold, true);
  equal(feed.acks.unexpect(messageKey("anna", "c2"), ack!), false, "it cannot be taken back");
});

Deno.test("[C4] the ack of a change comes at its place, though the bus lost it", async () => {
  const { feed, sit, tell, stored } = follow();
  const { seat, seqs } = sit("anna");
  const key = messageKey("anna", "nonce");
  const ack = feed.acks.expect(key, seat, "r1")!;
  stored.push(said(1), pinned(2));
  equal(feed.acks.confirm(key, ack, 2, () => ok(false, "it is not late")), true);
  tell([said(3)]);
  await settled();
  deepEqual(seqs(), [1, [2, "r1"], 3]);
});

Deno.test("[C4] an ack whose place went by, or whose seat was left, is told beside the order", async () => {
  const { feed, sit, tell } = follow();
  const { seat, seqs } = sit("anna", { held: true });
  const late: number[] = [];
  const expect = (seq: number) => {
    const key = messageKey("anna", `c${seq}`);
    const ack = feed.acks.expect(key, seat, `r${seq}`)!;
    return feed.acks.confirm(key, ack, seq, () => late.push(seq));
  };
  equal(expect(1), true);
  equal(expect(3), true);
  tell([said(1), said(2), said(3)]);
  await settled();
  feed.settle(seat, 2);
  deepEqual([late, seqs()], [[1], [[3, "r3"]]]);
  equal(expect(2), false, "its place has gone by: the caller answers");
  equal(expect(9), true);
  feed.leave(seat.connection);
  deepEqual(late, [1, 9]);
});

Deno.test("[C10] what passes is in no log, and not told to who said it", async () => {
  const { feed, sit } = follow();
  const [anna, ben] = [sit("anna"), sit("ben")];
  feed.arrived(encodePublished({ kind: "passing", except: "anna" }, '{"data":{"seq":"typing"}}\n'));
  await settled();
  deepEqual([anna.seqs(), ben.seqs()], [[], ["typing"]]);
});

Deno.test("[C5] a log that was restored is told of: its numbers begin again", async () => {
  const { sit, tell, restored } = follow({ last: 9 });
  sit("a");
  tell([said(5)], 2);
  await settled();
  equal(restored(), 1);
});

Deno.test("[C6] a feed that nobody follows any more asks no log", async () => {
  const { feed, tell, asked, stored } = follow();
  stored.push(said(1), said(2), said(3));
  tell([said(3)]);
  feed.close();
  tell([said(9)]);
  await settled();
  deepEqual(asked, [0]);
});
