/** The cursor of a log: order, holes, pages, another log. */
import { deepEqual, equal } from "node:assert/strict";
import { LogCursor, type Taken } from "./log.ts";
import type { WireEntry, WireJoined } from "./wire.ts";

const entry = (seq: number): WireEntry => ({
  type: "message",
  action: "received",
  seq,
  message_id: `m${seq}`,
  created_at: "2026-11-21T10:00:00Z",
});
const joined = (from: number, to: number, more: Partial<WireJoined> = {}): WireJoined => ({
  room_id: "r",
  kind: "public",
  name: "",
  topic: "",
  owner_id: "",
  slow_mode_ms: 0,
  gen: 1,
  members: 1,
  role: null,
  may_write: false,
  seq: to,
  recovered: true,
  messages: Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => entry(from + at)),
  online: [],
  online_count: 0,
  ...more,
});
const seqs = (taken: Taken) => taken.kind === "nothing" ? [] : taken.entries.map(({ seq }) => seq);

Deno.test("[C6] entries are taken in order, once; a hole is seen and filled", () => {
  const cursor = new LogCursor();
  equal(cursor.arrived(entry(4)).kind, "nothing", "before the first answer there is no order");
  deepEqual(seqs(cursor.joined(joined(1, 3))), [1, 2, 3]);
  equal(cursor.isBehind, true, "4 came while the answer was on its way");
  deepEqual(seqs(cursor.joined(joined(4, 4))), [4]);
  equal(cursor.isBehind, false);
  deepEqual(seqs(cursor.arrived(entry(5))), [5]);
  deepEqual(seqs(cursor.arrived(entry(5))), []);
  deepEqual(seqs(cursor.arrived(entry(8))), []);
  equal(cursor.isBehind, true);
  deepEqual(cursor.since, { gen: 1, seq: 5 });
  deepEqual(seqs(cursor.joined(joined(4, 8))), [6, 7, 8]);
  equal(cursor.isBehind, false);
});

Deno.test("[C6] pages go on after their last entry; what comes in between waits", () => {
  const cursor = new LogCursor({ gen: 1, seq: 0 });
  deepEqual(seqs(cursor.joined(joined(1, 2, { more: true }))), [1, 2]);
  equal(cursor.isBehind, true);
  deepEqual(seqs(cursor.arrived(entry(5))), []);
  deepEqual(seqs(cursor.joined(joined(3, 4))), [3, 4]);
  equal(cursor.isBehind, true);
  deepEqual(seqs(cursor.joined(joined(5, 5))), [5]);
  equal(cursor.isBehind, false);
});

Deno.test("[C6] an answer behind a hole is not taken", () => {
  const cursor = new LogCursor({ gen: 1, seq: 2 });
  deepEqual(seqs(cursor.joined(joined(4, 5))), []);
  equal(cursor.isBehind, true);
  deepEqual(cursor.since, { gen: 1, seq: 2 });
});

Deno.test("[C6] what could not be recovered, and another log, take the place of all", () => {
  const cursor = new LogCursor({ gen: 1, seq: 7 });
  const lost = cursor.joined(joined(20_001, 20_050, { recovered: false }));
  equal(lost.kind === "entries" && lost.replaced, true);
  equal(cursor.isBehind, false);
  const other = cursor.joined(joined(1, 3, { gen: 2, recovered: false }));
  equal(other.kind === "entries" && other.replaced, true);
  deepEqual(cursor.since, { gen: 2, seq: 3 });
  equal(cursor.isBehind, false, "what was seen of the other log does not count");
});
