/** Pure: whether something stays as it is, told by the last third of its samples and the middle one. */
import { summarize } from "./statistics.ts";

/** The median of the last third divided by that of the middle third: 1 where nothing grows. */
export function growth(samples: readonly number[]): number {
  const third = Math.floor(samples.length / 3);
  if (third === 0) throw new RangeError(`Three samples at least, found ${samples.length}`);
  const median = (from: number, to: number) => summarize(samples.slice(from, to)).median;
  const end = samples.length;
  return median(end - third, end) / median(end - 2 * third, end - third);
}
