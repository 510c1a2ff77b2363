/** Speed and time left: smooth, in steps, and without memory of a broken line. */
import { equal, ok } from "node:assert/strict";
import { type Pace, pace, secondsLeft } from "./pace.ts";

/** Sends `perSecond` bytes a second for `seconds`, told ten times a second. */
function run(from: Pace | null, perSecond: number, seconds: number): Pace {
  let now = from ?? pace(null, 0, 0);
  const { at, bytes } = now;
  for (let step = 1; step <= seconds * 10; step++) {
    now = pace(now, at + step * 100, bytes + perSecond * step / 10);
  }
  return now;
}

Deno.test("[W9] nothing is said of speed before there is enough to tell", () => {
  equal(pace(null, 0, 0).rate, null);
  equal(secondsLeft(pace(null, 0, 0), 1_000), null);
  equal(
    pace(pace(null, 0, 0), 500, 9_000_000).rate,
    null,
    "the first burst fills the line's buffers",
  );
});

Deno.test("[W9] an even line gives its speed, and a burst barely moves it", () => {
  const even = run(null, 1_000_000, 10);
  equal(even.rate, 1_000_000);
  const burst = pace(even, even.at + 1_000, even.bytes + 3_000_000);
  ok(burst.rate !== null && burst.rate < 1_500_000, String(burst.rate));
  const slower = run(even, 100_000, 20);
  ok(slower.rate !== null && slower.rate < 150_000, "a new speed is seen within twenty seconds");
});

Deno.test("[W9] time left goes in steps of 5 s, a minute, five minutes", () => {
  const even = run(null, 1_000_000, 10);
  equal(secondsLeft(even, 1_000), 5);
  equal(secondsLeft(even, 11_000_000), 15);
  equal(secondsLeft(even, 100_000_000), 120);
  equal(secondsLeft(even, 1_000_000_000), 1_200);
});

Deno.test("[U3] after a step back to what the server has, the speed is learnt anew", () => {
  const even = run(null, 1_000_000, 10);
  equal(pace(even, even.at + 5_000, even.bytes - 1).rate, null);
});
