/** Pure: what is told of a few figures. A median and all that was seen, no more: five are not many. */

/** The middle of what was seen, and its ends. */
export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** @throws {RangeError} for no figures, or one that is not finite */
export function summarize(figures: readonly number[]): Summary {
  const sorted = figures.toSorted((a, b) => a - b);
  if (sorted.length === 0 || !sorted.every(Number.isFinite)) {
    throw new RangeError(`Wanted finite figures, found [${figures.join(", ")}]`);
  }
  const middle = sorted.length / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2;
  return { median, least: sorted[0]!, most: sorted.at(-1)! };
}

/**
 * Ours divided by theirs, round by round: what was measured side by side is compared, so that a
 * machine that slows down in between does so for both.
 */
export const ratios = (ours: readonly number[], theirs: readonly number[]): number[] =>
  ours.slice(0, theirs.length).map((figure, round) => figure / theirs[round]!);
