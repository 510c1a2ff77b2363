/** Raised hands: who among the listeners asks for the host's attention, and in which order (L8). */
import { Rejection } from "./errors.ts";

/** More hands at once help no host. */
export const HANDS_MOST = 50;
/** One listener changes theirs at most once in so many ms. */
export const HAND_EVERY_MS = 1_000;

/** A raised hand. It lives as long as its listener's connection, and is stored nowhere. */
export interface Hand extends Raiser {
  /** ISO 8601 */
  readonly raisedAt: string;
}

/** The listener whose it is. */
export interface Raiser {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
}

/**
 * The hands once `who` has raised theirs, behind all others; who has done so keeps their place.
 *
 * @throws {Rejection} `rate_limited` when {@linkcode HANDS_MOST} are up
 */
export function raised(hands: readonly Hand[], who: Raiser, now: number): readonly Hand[] {
  if (hands.some(({ id }) => id === who.id)) return hands;
  if (hands.length >= HANDS_MOST) {
    throw new Rejection("rate_limited", `${HANDS_MOST} hands are up already; wait for one to go`);
  }
  const { id, username, displayName } = who;
  return [...hands, { id, username, displayName, raisedAt: new Date(now).toISOString() }];
}

/** The hands without that of `id`. */
export const lowered = (hands: readonly Hand[], id: string): readonly Hand[] =>
  hands.some((hand) => hand.id === id) ? hands.filter((hand) => hand.id !== id) : hands;
