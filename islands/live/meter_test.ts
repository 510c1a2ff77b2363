import { deepEqual, equal, ok } from "node:assert/strict";
import { decibels, FLOOR_DB, Needle, partOfScale, peakOf } from "./meter.ts";

Deno.test("[L8] full scale is 0 dB, half of it −6, silence the floor", () => {
  equal(decibels(1), 0);
  equal(decibels(0.5).toFixed(2), "-6.02");
  equal(decibels(0), FLOOR_DB);
  deepEqual([partOfScale(FLOOR_DB), partOfScale(-30), partOfScale(0), partOfScale(3)], [
    0,
    0.5,
    1,
    1,
  ]);
  equal(peakOf(new Float32Array([0.25, -0.75, 0.5])), 0.75);
});

Deno.test("[L8] the needle rises at once, falls 20 dB in 1.7 s, and holds its peak for 1.5 s", () => {
  const needle = new Needle();
  needle.heard(1, 1_000);
  equal(needle.level, 0);
  needle.settle(1_000 + 1_700);
  equal(needle.level.toFixed(1), "-20.0");
  const early = new Needle();
  early.heard(1, 0);
  early.settle(1_500);
  equal(early.held, 0);
  early.settle(3_200);
  ok(early.held < -15, `${early.held}`);
});

Deno.test("[L8] a clip is kept until it was seen", () => {
  const needle = new Needle();
  needle.heard(0.9, 0);
  equal(needle.hasClipped, false);
  needle.heard(1, 10);
  needle.heard(0.1, 20);
  equal(needle.hasClipped, true);
  needle.clear();
  equal(needle.hasClipped, false);
});
