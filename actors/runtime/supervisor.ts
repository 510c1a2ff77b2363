/** When to start again what has failed, and when to give up: for actors and for their children. */

import type { Child, OwnedChild } from "./actor.ts";
import { within } from "./chain.ts";
import { type Clock, sleep } from "./clock.ts";

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

/** How long a child may take to end after its signal aborted, in milliseconds. */
export const CHILD_STOP_MS = 5_000;

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

/** What a supervised child tells its owner. */
export interface ChildEvents {
  /** It threw; it starts again in `restartMs`, or never if that is `undefined`. */
  failed(child: SupervisedChild, error: unknown, restartMs: number | undefined): void;
  /** It runs no more: done, stopped or given up. */
  ended(child: SupervisedChild): void;
  /** It did not end in {@linkcode CHILD_STOP_MS} after it was told to, and is left behind. */
  stuck(child: SupervisedChild): void;
}

/** A child that runs, and is started again when it throws. */
export class SupervisedChild implements OwnedChild {
  readonly name: string;
  readonly #clock: Clock;
  readonly #events: ChildEvents;
  readonly #controller = new AbortController();
  readonly #ended: Promise<void>;

  constructor(child: Child, clock: Clock, events: ChildEvents) {
    this.name = child.name;
    this.#clock = clock;
    this.#events = events;
    this.#ended = this.#supervise(child);
  }

  /** Tells it to end, without waiting. */
  abort(): void {
    this.#controller.abort();
  }

  async stop(): Promise<void> {
    this.abort();
    const waiting = new AbortController();
    const late = sleep(this.#clock, CHILD_STOP_MS, waiting.signal).then(() => true);
    const isLate = await Promise.race([this.#ended, late]);
    waiting.abort();
    if (isLate) this.#events.stuck(this);
  }

  async #supervise(child: Child): Promise<void> {
    const { signal } = this.#controller;
    const restarts = new Restarts(CHILD_INTENSITY);
    await null; // so that the child does not run on the stack of the handler that starts it
    while (!signal.aborted) {
      try {
        await within(undefined, () => child.run(signal)); // whoever started it does not wait
        break;
      } catch (error) {
        if (signal.aborted) break; // what is told to end may well throw
        const restartMs = restarts.failed(this.#clock);
        this.#events.failed(this, error, restartMs);
        if (restartMs === undefined) break;
        await sleep(this.#clock, restartMs, signal);
      }
    }
    this.#events.ended(this);
  }
}
