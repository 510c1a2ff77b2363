/** When to start again what has failed, and when to give up: for actors and for their children. */

import type { Clock } from "./clock.ts";

/** Restart intensity, as in Erlang/OTP: more than `most` failures `withinMs` is one too many. */
export interface Intensity {
  readonly most: number;
  readonly withinMs: number;
}

/** An actor may crash five times in 30 s. */
export const ACTOR_INTENSITY: Intensity = { most: 5, withinMs: 30_000 };

/** A child is restarted thrice; one that has not failed for 30 s has all its chances again. */
export const CHILD_INTENSITY: Intensity = { most: 3, withinMs: 30_000 };

/** How long an actor rests when it has been given up, in milliseconds. */
export const REST_MS = 10_000;

/**
 * The wait before restart number `row` (from 1) of an unbroken row, in milliseconds: 50 doubling to
 * 5,000, of which chance takes up to half, so that what failed together does not return together.
 */
export function backOff(row: number, random: number): number {
  return Math.min(5_000, 50 * 2 ** (row - 1)) * (1 - random / 2);
}

/** Remembers the failures of one thing and decides on each. */
export class Restarts {
  readonly #intensity: Intensity;
  #recent: number[] = [];
  #row = 0;

  constructor(intensity: Intensity) {
    this.#intensity = intensity;
  }

  /** Counts a failure: after how many milliseconds to start again, or `undefined` to give up. */
  failed(clock: Clock): number | undefined {
    const now = clock.now();
    this.#recent = this.#recent.filter((at) => at > now - this.#intensity.withinMs);
    // The row is longer than the window: slow, steady failure has to reach the 5 s as well.
    this.#row = this.#recent.length === 0 ? 1 : this.#row + 1;
    this.#recent.push(now);
    if (this.#recent.length > this.#intensity.most) return undefined;
    return backOff(this.#row, clock.random());
  }
}
