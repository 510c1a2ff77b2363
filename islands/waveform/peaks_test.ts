/** Fitting peaks to columns, and the ruler's steps. */
import { deepEqual, equal } from "node:assert/strict";
import { fitPeaks, loudest, rulerStep } from "./peaks.ts";

const wave = (max: number[]) => ({
  durationMs: 1000,
  points: max.length,
  min: max.map((value) => -value),
  max,
});

Deno.test("[W9] fewer columns than peaks keep the loudest instant of each", () => {
  const { low, high } = fitPeaks(wave([0, 0.25, 1, 0, 0.5, 0]), 3);
  deepEqual([...high], [0.25, 1, 0.5]);
  deepEqual([...low], [-0.25, -1, -0.5]);
});

Deno.test("[W9] more columns than peaks repeat them in order", () => {
  deepEqual([...fitPeaks(wave([0.25, 0.5]), 4).high], [0.25, 0.25, 0.5, 0.5]);
});

Deno.test("[W9] no peaks draw a flat line", () => {
  const columns = fitPeaks(wave([]), 3);
  deepEqual([...columns.high], [0, 0, 0]);
  equal(loudest(columns), 0);
});

Deno.test("[W9] no column is lost for any two lengths", () => {
  for (let points = 1; points < 40; points++) {
    for (let count = 1; count < 40; count++) {
      const { high } = fitPeaks(wave(Array.from({ length: points }, () => 1)), count);
      equal(high.every((value) => value === 1), true, `${points} peaks in ${count} columns`);
    }
  }
});

Deno.test("[W4] ruler marks stand at round times, never closer than asked", () => {
  equal(rulerStep(180_000, 1440), 10_000);
  equal(rulerStep(180_000, 360), 60_000);
  equal(rulerStep(7_200_000, 1440), 600_000);
  equal(rulerStep(3_000, 1440), 1_000);
});
