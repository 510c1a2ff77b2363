/** Tests of how listeners of HLS are counted. */
import assert from "node:assert/strict";
import { AWAY_MS, hlsListeners } from "./hls_listeners.ts";

/** Counts who is there, with a clock of its own; what is looked for every 500 ms takes that long. */
function counted(most?: number) {
  const clock = { now: 0 };
  const there = new Map<string, number>();
  const listeners = hlsListeners({
    enter(streamId) {
      there.set(streamId, (there.get(streamId) ?? 0) + 1);
      return () => void there.set(streamId, there.get(streamId)! - 1);
    },
    now: () => clock.now,
    ...(most && { most }),
  });
  return { listeners, clock, there, [Symbol.dispose]: () => listeners[Symbol.dispose]() };
}
const look = () => new Promise((resolve) => setTimeout(resolve, 600));

Deno.test("[L8] whoever asks for the list counts once, until they ask no more", async () => {
  using one = counted();
  const { listeners, clock, there } = one;
  for (let turn = 0; turn < 3; turn++) {
    for (const who of ["a", "b"]) listeners.heard("x", who);
    listeners.heard("y", "a");
    clock.now += 2_000;
  }
  assert.deepEqual([...there], [["x", 2], ["y", 1]]);
  listeners.heard("x", "a");
  clock.now += AWAY_MS - 1_000;
  await look();
  assert.deepEqual([...there], [["x", 1], ["y", 0]], "b has not asked since");
  clock.now += 1_000;
  await look();
  assert.deepEqual([...there], [["x", 0], ["y", 0]]);
});

Deno.test("[L8] no more are kept in mind than there may be", () => {
  using one = counted(3);
  const { listeners, there } = one;
  for (let who = 0; who < 1_000; who++) listeners.heard("x", String(who));
  assert.equal(there.get("x"), 3);
  listeners.heard("x", "0");
  assert.equal(there.get("x"), 3);
});
