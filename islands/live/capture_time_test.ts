import { equal } from "node:assert/strict";
import { CaptureTime } from "./capture_time.ts";

Deno.test("[L3] the block that came quickest tells when all others were captured", () => {
  const time = new CaptureTime();
  time.seen(10_000, 1_018_000);
  time.seen(20_000, 1_021_000);
  time.seen(30_000, 1_060_000);
  equal(time.toOurs(30_000), 1_031_000);
});

Deno.test("[L3] a card whose clock runs slow is followed", () => {
  const time = new CaptureTime();
  for (let n = 0; n < 3_000; n++) time.seen(n * 10_000, n * 10_001 + 500);
  const off = time.toOurs(30_000_000) - 30_003_000 - 500;
  equal(Math.abs(off) < 1_200, true, `${off} µs off`);
});

Deno.test("[L7] a card that was paused is followed from its first block on", () => {
  const time = new CaptureTime();
  for (let n = 1; n <= 300; n++) time.seen(n * 10_000, n * 10_000 + 500);
  time.seen(3_010_000, 63_010_500); // a minute later
  equal(time.toOurs(3_000_000), 63_000_500);
});
