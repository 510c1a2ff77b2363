/** Tests of a node that watches its database: when it hands its actors over, and takes them again. */
import { deepEqual, equal } from "node:assert/strict";
import { fakeClock } from "../actors/runtime/testing.ts";
import { watchDatabase } from "./database_watch.ts";

const LOOK_MS = 1_000;

/** A watch over a database that is away until it is told otherwise, and what came of it. */
function watched(drain: () => Promise<void>) {
  const clock = fakeClock();
  const there = { database: false };
  const seen = { drains: 0, resumed: 0, draining: false, warnings: [] as string[] };
  const watch = watchDatabase({
    clock,
    ping: () => there.database ? Promise.resolve() : Promise.reject(new Error("away")),
    system: {
      drain() {
        seen.drains++;
        return drain();
      },
      resume: () => void seen.resumed++,
    },
    members: { drain: (draining) => void (seen.draining = draining) },
    log: { info() {}, warn: (message) => void seen.warnings.push(message) },
  });
  return { clock, there, seen, watch };
}

Deno.test("[A12] a handing over that fails ends no watch: it goes on, and actors come back", async () => {
  const { clock, there, seen, watch } = watched(() =>
    Promise.reject(new Error("Nobody serves begin.room.worker-1"))
  );
  await clock.advance(6 * LOOK_MS);
  there.database = true;
  await clock.advance(LOOK_MS);
  equal(seen.resumed, 1);
  equal(seen.warnings.length, 2, "once that the database is away, once that actors stay");
  await watch[Symbol.asyncDispose](); // a node that ends goes on to its drain
});

Deno.test("[A12] whoever could not take actors at first is asked at each look while the database is away", async () => {
  const { clock, there, seen, watch } = watched(() => Promise.resolve());
  await clock.advance(LOOK_MS);
  deepEqual([seen.drains, seen.draining], [0, true], "a restart of PostgreSQL moves nothing");
  await clock.advance(6 * LOOK_MS);
  equal(seen.drains, 6); // at the third look, and at each of the five after it
  deepEqual(seen.warnings, ["the database does not answer: actors move to nodes that reach it"]);
  there.database = true;
  await clock.advance(LOOK_MS);
  equal(seen.resumed, 1);
  await watch[Symbol.asyncDispose]();
});
