/** Who has been idle for how long: one ordered queue and one timer for all actors of a kind. */

import type { Clock } from "./clock.ts";

/** Something that can be put away when it is not used. */
export interface Passivating {
  /** Begins to passivate, unless something runs; says whether it did. */
  passivate(): boolean;
}

/** How soon to look again at one that was due but at work, in milliseconds. */
const AGAIN_MS = 50;

/**
 * Passivates what has been in the queue for `afterMs`. All of a kind wait equally long, so the
 * order of arrival is the order of expiry and nothing has to be sorted.
 */
export class IdleQueue {
  readonly #clock: Clock;
  readonly #afterMs: number;
  readonly #since = new Map<Passivating, number>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, afterMs: number) {
    this.#clock = clock;
    this.#afterMs = afterMs;
  }

  /** Counts `actor` as idle from now; nothing changes if it is counted already. */
  add(actor: Passivating): void {
    if (this.#since.has(actor)) return;
    this.#since.set(actor, this.#clock.now());
    this.#cancel ??= this.#clock.timer(this.#afterMs, this.#expire);
  }

  remove(actor: Passivating): void {
    this.#since.delete(actor);
  }

  close(): void {
    this.#cancel?.();
    this.#since.clear();
  }

  readonly #expire = (): void => {
    this.#cancel = undefined;
    const now = this.#clock.now();
    let again = Infinity;
    for (const [actor, since] of this.#since) {
      const wait = since + this.#afterMs - now;
      if (wait > 0) {
        again = Math.min(again, wait);
        break;
      }
      if (actor.passivate()) this.#since.delete(actor);
      else again = AGAIN_MS;
    }
    if (again < Infinity) this.#cancel = this.#clock.timer(Math.ceil(again), this.#expire);
  };
}
