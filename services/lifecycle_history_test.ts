/** The memory of what happened is bounded, and keeps troubles longer. */
import { deepEqual, equal } from "node:assert/strict";
import type { RuntimeEvent, RuntimeEventType } from "../domain/runtime.ts";
import { lifecycleHistory, MOST_KEPT } from "./lifecycle_history.ts";

const event = (eventId: string, eventType: RuntimeEventType): RuntimeEvent => ({
  eventId,
  eventType,
  aggregateId: "room/a",
  aggregateType: "actor",
  timestamp: "2026-11-21T12:00:00.000Z",
  version: 1,
  data: { node: "n1" },
  metadata: { correlationId: null, causationId: null, userAgent: null },
});

Deno.test("[A19] the newest come first; a crash is remembered after many that passivated", () => {
  const history = lifecycleHistory();
  history.add(event("crash", "runtime.actor.crashed.v1"));
  for (let n = 0; n < 1_000; n++) history.add(event(`${n}`, "runtime.actor.passivated.v1"));
  equal(history.events().length, MOST_KEPT);
  equal(history.events()[0]?.eventId, "999");
  deepEqual(history.troubles().map(({ eventId }) => eventId), ["crash"]);
});
