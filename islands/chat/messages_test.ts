/** The window over a log: changes once, pages on both sides, a bound, runs. */
import { deepEqual, equal } from "node:assert/strict";
import type { EntryNow } from "../../domain/room_messages.ts";
import {
  grouped,
  type MessageWindow,
  SHOWN_MOST,
  windowOf,
  windowOfWire,
  withLive,
  withPage,
} from "./messages.ts";
import type { WireEntry } from "./wire.ts";

const at = (seq: number) => new Date(Date.UTC(2026, 10, 21, 10) + seq * 1_000).toISOString();
const wire = (seq: number, more: Partial<WireEntry> = {}): WireEntry => ({
  type: "message",
  action: "received",
  seq,
  message_id: `m${seq}`,
  client_id: `c${seq}`,
  sender_id: "u",
  sender_name: "U",
  content: `text ${seq}`,
  created_at: at(seq),
  ...more,
});
const about = (seq: number, id: number, more: Partial<WireEntry>): WireEntry =>
  wire(seq, { message_id: `m${id}`, user_id: "v", user_name: "V", ...more });
const view = (seq: number, asOf: number, more: object = {}): EntryNow => ({
  type: "message",
  action: "received",
  seq,
  messageId: `m${seq}`,
  clientId: `c${seq}`,
  senderId: "u",
  senderName: "U",
  content: `text ${seq}`,
  createdAt: at(seq),
  current: { content: `text ${seq}`, edited: false, pinned: false, reactions: [], asOf, ...more },
});
const seqs = ({ items }: MessageWindow) => items.map(({ seq }) => seq);
const live = { me: "me", keepsOldest: false };

Deno.test("[C5] changes of the log are laid over a message, each once", () => {
  let window = windowOfWire(
    [
      wire(1),
      about(2, 1, { action: "edited", content: "mended" }),
      about(3, 1, { action: "reacted", emoji: "🎧" }),
    ],
    3,
    "me",
  );
  window = withLive(window, [about(4, 1, { action: "reacted", emoji: "🎧", user_id: "me" })], live);
  window = withLive(window, [about(4, 1, { action: "reacted", emoji: "🎧", user_id: "me" })], live);
  window = withLive(window, [about(5, 1, { action: "pinned" })], live);
  const [one] = window.items;
  deepEqual([one?.content, one?.edited, one?.pinned], ["mended", true, true]);
  deepEqual(one?.reactions.map(({ count, mine }) => [count, mine]), [[2, true]]);
  window = withLive(
    window,
    [about(6, 1, { action: "unreacted", emoji: "🎧", user_id: "me" })],
    live,
  );
  deepEqual(window.items[0]?.reactions.map(({ count, mine }) => [count, mine]), [[1, false]]);
  window = withLive(window, [about(7, 1, { action: "deleted" })], live);
  const gone = window.items[0];
  deepEqual([gone?.content, gone?.pinned, gone?.reactions], [null, false, []]);
  equal(window.to, 7);
});

Deno.test("[C5] what the history knew is not done again; what came since the page was read is", () => {
  const recent = [
    about(8, 2, { action: "reacted", emoji: "👍" }),
    about(11, 2, { action: "edited", content: "later" }),
  ];
  const before = windowOfWire([wire(9), wire(10)], 11, "me");
  const reactions = [{ emoji: "👍", count: 1, mine: false, names: ["V"] }];
  const window = withPage(before, [view(2, 10, { reactions }), view(9, 10)], {
    where: "before",
    recent,
    me: "me",
    lastSeq: 11,
  });
  deepEqual(seqs(window), [2, 9, 10]);
  deepEqual(window.items[0]?.reactions, reactions);
  equal(window.items[0]?.content, "later");
  equal(window.from, 2);
});

Deno.test("[C7] a window elsewhere in the log follows again when it has reached the end", () => {
  let window = windowOf([view(20, 100), view(21, 100)], 100, false);
  deepEqual([window.from, window.to, window.isNewest], [20, 21, false]);
  window = withLive(window, [wire(101), about(102, 21, { action: "deleted" })], live);
  deepEqual(seqs(window), [20, 21]);
  equal(window.items[1]?.content, null);
  const page = { where: "after" as const, recent: [], me: "me", lastSeq: 102 };
  window = withPage(window, [view(22, 102)], page);
  equal(window.isNewest, false);
  window = withPage(window, [{ ...view(102, 102), action: "pinned" }], page);
  equal(window.isNewest, true);
  deepEqual(seqs(withLive(window, [wire(103)], live)), [20, 21, 22, 103]);
});

Deno.test("[W4] the window is bounded, at the end where nobody looks", () => {
  const full = windowOfWire(Array.from({ length: SHOWN_MOST }, (_, at) => wire(at + 1)), 400, null);
  const followed = withLive(full, [wire(401)], { me: null, keepsOldest: false });
  deepEqual([followed.from, followed.to, followed.items.length], [2, 401, SHOWN_MOST]);
  const read = withLive(full, [wire(401)], { me: null, keepsOldest: true });
  deepEqual([read.from, read.to, read.isNewest], [1, 400, false], "who reads is not pushed away");
  const older = {
    ...full,
    from: 500,
    to: 900,
    items: full.items.map((one) => ({ ...one, seq: one.seq + 499 })),
  };
  const back = withPage(older, [view(498, 900), view(499, 900)], {
    where: "before",
    recent: [],
    me: null,
    lastSeq: 900,
  });
  deepEqual([back.from, back.to, back.isNewest, back.items.length], [498, 897, false, SHOWN_MOST]);
});

Deno.test("[W8] runs of one person share a name; a day, a pause, an answer and the unread line begin one", () => {
  const items = windowOfWire(
    [
      wire(1),
      wire(2),
      wire(3, { sender_id: "v", sender_name: "V" }),
      wire(4, { sender_id: "v", sender_name: "V", reply_to: "m1" }),
      wire(5, { sender_id: "v", sender_name: "V" }),
      wire(6, { sender_id: "v", sender_name: "V", created_at: "2026-11-21T10:06:00Z" }),
      wire(7, { sender_id: "v", sender_name: "V", created_at: "2026-11-22T00:00:00Z" }),
    ],
    7,
    null,
  ).items;
  const groups = grouped(items, (iso) => iso.slice(0, 10), 5);
  deepEqual(groups.map((one) => one.items.map(({ seq }) => seq)), [[1, 2], [3], [4], [5], [6], [
    7,
  ]]);
  deepEqual(groups.map(({ opensDay }) => opensDay), [true, false, false, false, false, true]);
});
