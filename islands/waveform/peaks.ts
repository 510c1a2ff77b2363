/** Peaks of a waveform, fitted to the columns of a drawing; pure. */
import type { Waveform } from "../../domain/tracks.ts";

/** The extremes of each column: `low` from −1 to 0, `high` from 0 to 1. */
export interface Columns {
  readonly low: Float32Array;
  readonly high: Float32Array;
}

/**
 * Fits peaks to `count` columns. Fewer columns than peaks: each takes the extremes of all peaks it
 * covers, so that no loud instant is lost. More: each takes the peak it lies in.
 *
 * @example
 * ```ts
 * fitPeaks({ durationMs: 4, points: 4, min: [0, -1, 0, 0], max: [0, 0, 0.5, 1] }, 2);
 * // low −1, 0 and high 0, 1
 * ```
 */
export function fitPeaks({ min, max }: Waveform, count: number): Columns {
  const low = new Float32Array(count);
  const high = new Float32Array(count);
  const points = Math.min(min.length, max.length);
  if (points === 0) return { low, high };
  for (let column = 0; column < count; column++) {
    const from = Math.floor(column * points / count);
    const to = Math.max(from + 1, Math.floor((column + 1) * points / count));
    for (let i = from; i < to; i++) {
      low[column] = Math.min(low[column] ?? 0, min[i] ?? 0);
      high[column] = Math.max(high[column] ?? 0, max[i] ?? 0);
    }
  }
  return { low, high };
}

/** What a full drawing height stands for: the loudest instant, so that quiet recordings show. */
export function loudest({ low, high }: Columns): number {
  let top = 0;
  for (const value of high) top = Math.max(top, value);
  for (const value of low) top = Math.max(top, -value);
  return top;
}

/**
 * Spacing of a time ruler: the shortest round step, in ms, at which marks of a recording of
 * `durationMs` stand at least `minGap` px apart on `width` px.
 */
export function rulerStep(durationMs: number, width: number, minGap = 72): number {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const fits = (seconds: number) => seconds * 1000 / durationMs * width >= minGap;
  return (steps.find(fits) ?? 7200) * 1000;
}
