/** How fast bytes go and how long the rest will take, smoothed so that the numbers do not jump. */

/** What is known at one moment; `rate` in bytes per second, null before there is enough to tell. */
export interface Pace {
  /** ms, on any clock that only goes forward. */
  readonly at: number;
  readonly bytes: number;
  readonly rate: number | null;
}

/** Samples closer than this are left out: progress comes in bursts, ms. */
const STEP_MS = 1_000;
/** Older speeds fade with this time; long enough to hide a burst, short enough to see a new line, ms. */
const FADE_MS = 5_000;

/** The pace at `at`, when `bytes` have gone in all; `before` is null where the sending began. */
export function pace(before: Pace | null, at: number, bytes: number): Pace {
  if (before === null || bytes < before.bytes) return { at, bytes, rate: null };
  const passed = at - before.at;
  if (passed < STEP_MS) return before;
  const now = (bytes - before.bytes) * 1_000 / passed;
  const weight = 1 - Math.exp(-passed / FADE_MS);
  return {
    at,
    bytes,
    rate: before.rate === null ? now : before.rate + (now - before.rate) * weight,
  };
}

/** Seconds until `rest` bytes have gone, in steps that a person can read; null when unknown. */
export function secondsLeft(of: Pace | null, rest: number): number | null {
  if (!of?.rate) return null;
  const seconds = rest / of.rate;
  const step = seconds < 60 ? 5 : seconds < 600 ? 60 : 300;
  return Math.max(step, Math.ceil(seconds / step) * step);
}
