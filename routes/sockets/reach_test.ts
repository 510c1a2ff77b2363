/** Tests of finding out that the other nodes are not reached: a bus that says so, and one that is mute. */
import { deepEqual, equal } from "node:assert/strict";
import { fakeClock } from "../../actors/runtime/testing.ts";
import { Rejection } from "../../domain/errors.ts";
import { watchReach } from "./reach.ts";

function watched() {
  const clock = fakeClock();
  const state = { connected: true, answers: true };
  const told: string[] = [];
  let waiting = Promise.withResolvers<void>();
  const bus = {
    get connected() {
      return state.connected;
    },
    flush: () => state.answers ? Promise.resolve() : waiting.promise,
  };
  const watch = watchReach({
    bus,
    clock,
    onAway: (sinceMs) => told.push(`away since ${Math.round((clock.now() - sinceMs) / 1_000)} s`),
    onBack: () => told.push("back"),
    onError: (error) => {
      throw error;
    },
  });
  return {
    clock,
    state,
    told,
    /** What was asked when it was mute fails, as when the connection is given up. */
    fail() {
      waiting.reject(new Rejection("unavailable"));
      waiting = Promise.withResolvers();
    },
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  };
}

Deno.test("[A15] a bus that is cut is told of within 5 s, and not at each blink; so is that it is back", async () => {
  using one = watched();
  const { clock, state, told } = one;
  await clock.advance(60_000);
  state.connected = false;
  await clock.advance(2_000);
  state.connected = true;
  await clock.advance(10_000);
  deepEqual(told, []);
  state.connected = false;
  await clock.advance(4_000);
  deepEqual(told, ["away since 3 s"]);
  await clock.advance(60_000);
  state.connected = true;
  await clock.advance(1_000);
  deepEqual(told, ["away since 3 s", "back"]);
});

Deno.test("[A15] a bus that is mute is told of within 5 s, though it counts as connected", async () => {
  using one = watched();
  const { clock, state, told } = one;
  await clock.advance(10_000);
  state.answers = false;
  await clock.advance(4_000);
  equal(told.length, 1);
  state.connected = false; // the pings have found out
  one.fail();
  await clock.advance(2_000);
  Object.assign(state, { connected: true, answers: true });
  await clock.advance(1_000);
  equal(told.at(-1), "back");
});

Deno.test("[A15] a process that stood still does not take itself for cut off", () => {
  let now = 0;
  let wake = () => {};
  const told: string[] = [];
  using _ = watchReach({
    bus: { connected: true, flush: () => new Promise(() => {}) }, // the answer is yet to be read
    clock: {
      now: () => now,
      timer(_, fire) {
        wake = fire;
        return () => {};
      },
    },
    onAway: () => told.push("away"),
    onBack: () => {},
    onError: () => {},
  });
  now += 60_000;
  wake();
  deepEqual(told, []);
});
