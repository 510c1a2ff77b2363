/** The time line: each event once, the newest first, and how long a recovery took. */
import { deepEqual, equal } from "node:assert/strict";
import type { RuntimeEvent, RuntimeEventType } from "../../domain/runtime.ts";
import { addEvents, MOST_LINES, recoveredAfter } from "./recovery.ts";

const event = (eventId: string, type: string, atMs: number, of = "room/a"): RuntimeEvent => ({
  eventId,
  eventType: `runtime.actor.${type}.v1` as RuntimeEventType,
  aggregateId: of,
  aggregateType: "actor",
  timestamp: new Date(atMs).toISOString(),
  version: 1,
  data: { node: "n1" },
  metadata: { correlationId: null, causationId: null, userAgent: null },
});

Deno.test("[A19] what is told twice is shown once, the newest first, and not without end", () => {
  const [a, b] = [event("a", "crashed", 1_000), event("b", "started", 1_060)];
  const lines = addEvents(addEvents([], [a, b]), [a]);
  deepEqual(lines.map(({ eventId }) => eventId), ["b", "a"]);
  const same = [event("c", "crashed", 2_000), event("d", "started", 2_000)];
  deepEqual(
    addEvents([], same).map(({ eventId }) => eventId),
    ["d", "c"],
    "of one moment in order",
  );
  const many = Array.from({ length: 500 }, (_, n) => event(`${n}`, "passivated", n));
  equal(addEvents([], many).length, MOST_LINES);
});

Deno.test("[X3] a start after a crash is a recovery, and took the time between", () => {
  const crash = event("1", "crashed", 1_000);
  const other = event("2", "started", 1_020, "room/b");
  const back = event("3", "started", 1_061);
  const lines = addEvents([], [crash, other, back]);
  equal(recoveredAfter(back, lines), 61);
  equal(recoveredAfter(other, lines), null, "another actor's crash");
  equal(recoveredAfter(crash, lines), null);
  equal(recoveredAfter(event("4", "started", 5), [event("4", "started", 5)]), null);
});
