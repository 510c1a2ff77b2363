import { deepStrictEqual as equal } from "node:assert/strict";
import type { RuntimeEvent } from "../domain/runtime.ts";
import { lifecycleFeed, MOST_PER_SECOND } from "./lifecycle_feed.ts";

function feed() {
  const told: RuntimeEvent[] = [];
  const time = { now: 1_000_000 };
  return {
    told,
    time,
    feed: lifecycleFeed({
      node: "n1",
      publish: (event) => told.push(event),
      newId: () => `id-${told.length}`,
      now: () => time.now,
    }),
  };
}

Deno.test("[A19] what happens to an actor is an event in the envelope of all events", () => {
  const { told, feed: on } = feed();
  on.actor({
    event: "crashed",
    kind: "room",
    key: "a",
    error: new TypeError("no"),
    restartMs: 51.7,
  });
  equal(told, [{
    eventId: "id-0",
    eventType: "runtime.actor.crashed.v1",
    aggregateId: "room/a",
    aggregateType: "actor",
    timestamp: "1970-01-01T00:16:40.000Z",
    version: 1,
    data: { node: "n1", kind: "room", key: "a", error: "TypeError: no", restartMs: 52 },
    metadata: { correlationId: null, causationId: null, userAgent: null },
  }]);
});

Deno.test("[A19] started, given up, passivated and moved are events; nodes come and go", () => {
  const { told, feed: on } = feed();
  on.node("joined");
  for (const event of ["started", "gave-up", "passivated", "moved", "child-stuck", "shut-down"]) {
    on.actor({ event, kind: "room", key: "a" });
  }
  on.node("left");
  equal(told.map(({ eventType }) => eventType), [
    "runtime.node.joined.v1",
    "runtime.actor.started.v1",
    "runtime.actor.gave-up.v1",
    "runtime.actor.passivated.v1",
    "runtime.actor.moved.v1",
    "runtime.node.left.v1",
  ]);
});

Deno.test("[A13] [A19] of an actor that moved it is told how long its callers waited", () => {
  const { told, feed: on } = feed();
  on.actor({ event: "moved", kind: "room", key: "a", tookMs: 12.4 });
  equal(told.at(-1)?.data, { node: "n1", kind: "room", key: "a", tookMs: 12 });
});

Deno.test("[A19] a flood is bounded, says how much it left out, and hides no crash", () => {
  const { told, time, feed: on } = feed();
  for (let n = 0; n < 5_000; n++) on.actor({ event: "started", kind: "room", key: `r-${n}` });
  equal(told.length, MOST_PER_SECOND);
  on.actor({ event: "crashed", kind: "room", key: "a", error: new Error("seen"), restartMs: 50 });
  equal(told.at(-1)?.data, {
    node: "n1",
    kind: "room",
    key: "a",
    error: "Error: seen",
    restartMs: 50,
    skipped: 5_000 - MOST_PER_SECOND,
  });
  time.now += 1_000;
  on.actor({ event: "passivated", kind: "room", key: "a" });
  equal([told.length, told.at(-1)?.data.skipped], [MOST_PER_SECOND + 2, undefined]);
});
