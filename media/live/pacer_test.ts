/** Tests of the pace at which bursts are given out. */
import assert from "node:assert/strict";
import { FULL_MS, pacer } from "./pacer.ts";

const FRAME = 960;
const MS = 20;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("[L2] a burst is given out at the pace it is heard, in its order", async () => {
  using pace = pacer();
  const given: { at: number; one: number }[] = [];
  const began = performance.now();
  for (let one = 0; one < 25; one++) {
    pace.put(FRAME, () => void given.push({ at: performance.now() - began, one }));
  }
  await pace.drained();
  assert.deepEqual(given.map(({ one }) => one), given.map((_, at) => at));
  const span = given.at(-1)!.at - given[0]!.at;
  // a busy machine is late with some, and never early
  assert.ok(span > 24 * MS - 40 && span < 24 * MS + 300, `${span} ms`);
});

Deno.test("[L2] who sends ten times too fast is left to wait", async () => {
  let now = 0;
  using pace = pacer(() => now);
  let given = 0;
  const put = (ms: number) => {
    for (let at = 0; at < ms; at += MS) pace.put(FRAME, () => void given++);
  };
  put(FULL_MS);
  await pace.room();
  put(MS);
  let hasRoom = false;
  const room = pace.room().then(() => hasRoom = true);
  await wait(5);
  assert.equal(hasRoom, false);
  now = 1_000;
  await wait(150); // its timer is a true one
  await room;
  // the cushion comes first, and with so much waiting it goes 1 % faster
  assert.ok(given >= 44 && given <= 47, `${given} frames in a second`);
});

Deno.test("[L2] who was late once is not late again by as much", async () => {
  let now = 0;
  using pace = pacer(() => now);
  const given: number[] = [];
  const put = () => pace.put(FRAME, () => void given.push(now));
  put();
  now = 500; // the next comes much too late
  await wait(150);
  put();
  await wait(10);
  put();
  await wait(10);
  assert.deepEqual(given, [500, 500], "the third is due 20 ms later");
});

Deno.test("[L2] what waits at the end is given out at once when another is at the door", async () => {
  using pace = pacer();
  let given = 0;
  for (let one = 0; one < 100; one++) pace.put(FRAME, () => void given++);
  pace.hurry();
  assert.equal(given, 100);
  await pace.drained();
});

Deno.test("[L2] what comes after a pacer was given up keeps nobody waiting", async () => {
  const pace = pacer();
  let given = 0;
  pace.put(FRAME, () => void given++); // its timer runs
  const drained = pace.drained();
  pace[Symbol.dispose]();
  await drained;
  // a decoder gives out its last when the node has stopped already
  for (let ms = 0; ms < 2 * FULL_MS; ms += MS) pace.put(FRAME, () => void given++);
  await Promise.all([pace.room(), pace.drained()]);
  await wait(150);
  assert.equal(given, 0);
});
