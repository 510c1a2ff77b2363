/** Deadlines of all calls in a process by one timer, since a timer for each would cost too much. */

import type { Clock } from "./clock.ts";

/** Something that holds calls, each with a deadline. */
export interface Expiring {
  /** Answers the calls whose deadline has passed; says whether any are left to watch. */
  expire(now: number): boolean;
}

/** How long a call may take if its caller says nothing else, in milliseconds. */
export const DEADLINE_MS = 5_000;

/** How late a caller may hear that its deadline has passed, in milliseconds. */
export const SWEEP_MS = 50;

/** Looks every {@linkcode SWEEP_MS} at those that hold calls, and sleeps when none does. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #watched = new Set<Expiring>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Watches `holder` until it says that it holds nothing any more. */
  watch(holder: Expiring): void {
    this.#watched.add(holder);
    this.#cancel ??= this.#clock.timer(SWEEP_MS, this.#sweep);
  }

  close(): void {
    this.#cancel?.();
    this.#watched.clear();
  }

  readonly #sweep = (): void => {
    this.#cancel = undefined;
    const now = this.#clock.now();
    for (const holder of this.#watched) {
      if (!holder.expire(now)) this.#watched.delete(holder);
    }
    if (this.#watched.size > 0) this.#cancel = this.#clock.timer(SWEEP_MS, this.#sweep);
  };
}
