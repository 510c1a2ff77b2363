/** Raised hands: who among the listeners asks for the host's attention, and in which order (L8). */
import { Rejection } from "./errors.ts";

/** More hands at once help no host. */
export const HANDS_MOST = 50;
/** One listener changes theirs at most once in so many ms. */
export const HAND_EVERY_MS = 1_000;
/** How often a node tells whose hands are up there, in ms. */
export const UPHELD_EVERY_MS = 2_000;
/** A hand of which no node has told for so long is down, in ms: its node has died. */
export const HAND_ENDS_MS = 3 * UPHELD_EVERY_MS;

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

/** The hands of which was told within {@linkcode HAND_ENDS_MS}; `toldAt` by accounts, in ms. */
export function upheld(
  hands: readonly Hand[],
  toldAt: ReadonlyMap<string, number>,
  now: number,
): readonly Hand[] {
  const up = hands.filter(({ id }) => now - (toldAt.get(id) ?? 0) < HAND_ENDS_MS);
  return up.length < hands.length ? up : hands;
}

/** The hands without that of `id`. */
export const lowered = (hands: readonly Hand[], id: string): readonly Hand[] =>
  hands.some((hand) => hand.id === id) ? hands.filter((hand) => hand.id !== id) : hands;
