import { equal, ok } from "node:assert/strict";
import { ServerClock } from "./server_clock.ts";

Deno.test("[L3] the quickest of the answers tells the server's time", () => {
  const clock = new ServerClock();
  equal(clock.isKnown, false);
  clock.answered(1_000_000, 1_080_000, 5_070_000); // held up on the way there
  clock.answered(2_000_000, 2_002_000, 6_001_000); // 4 s ahead
  clock.answered(3_000_000, 3_200_000, 7_010_000); // held up on the way back
  equal(clock.toServer(10_000_000), 14_000_000);
  equal(clock.errorMs, 1);
});

Deno.test("[L3] a drift is followed once the old answers are gone", () => {
  const clock = new ServerClock();
  clock.answered(0, 1_000, 1_000_500);
  for (let n = 1; n <= 16; n++) clock.answered(n, n + 3_000, n + 1_500 + 2_000_000);
  equal(clock.toServer(0), 2_000_000);
});

Deno.test("[L3] what the server says in passing counts only until a ping was answered", () => {
  const clock = new ServerClock();
  clock.told(0, 50);
  equal(clock.toServer(0), 50);
  ok(clock.errorMs === Infinity);
  clock.answered(0, 10, 1_005);
  clock.told(0, 50);
  equal(clock.toServer(0), 1_000);
});
