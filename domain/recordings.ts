/** When a recording that could not be closed is tried again, and when it is given up (L7, A16). */
import { type ErrorCode, ERRORS } from "./errors.ts";

/** What has become of a stream's recording, for its host. */
export const TAKE_STATES = ["open", "closing", "done", "empty", "failed"] as const;
export type TakeState = (typeof TAKE_STATES)[number];

/** Tries that fail of themselves, the last after a minute: what they fail of will not go away. */
const MOST_FAILURES = 7;
/** What is away comes back, also after a night; not within so many tries, a minute apart at most. */
const MOST_AWAY = 1_000;
/** The pause before the next try doubles from the first to the last of these, in ms. */
const PAUSES_MS = { first: 1_000, most: 60_000 } as const;
/** They say something of the recording, or of us, and not of what we work with. */
const OF_ITSELF: ReadonlySet<ErrorCode> = new Set(["processing_failed", "internal"]);

/**
 * Decides what follows from a try that failed: the ms until the next, or null when it is given up.
 * Nothing of it is removed then: an administrator may have it tried again.
 *
 * @param failures tries that came to nothing before this one, and since it was last asked for
 * @param random at least 0 and below 1: what failed together does not return together
 */
export function afterClosing(failures: number, code: ErrorCode, random: number): number | null {
  const most = OF_ITSELF.has(code) ? MOST_FAILURES : MOST_AWAY;
  if (ERRORS[code].retry === "no" || failures + 1 >= most) return null;
  const pauseMs = Math.min(PAUSES_MS.most, PAUSES_MS.first * 2 ** Math.min(failures, 20));
  return Math.round(pauseMs * (1 - random / 2));
}
