/** Lets the event loop breathe: messages that follow each other without a pause starve all else. */
import { setImmediate } from "node:timers";

/** How long a system may handle messages before timers and sockets have their turn, in ms. */
export const BREATH_MS = 10;

/**
 * Says when it is time to let the event loop go on. Answering a message takes microtasks only, so
 * actors that keep each other busy would never let a timer fire, a deadline pass or a byte arrive.
 */
export class Breath {
  /** When work was first seen in this turn of the event loop. */
  #since: number | undefined;
  #drawn: PromiseWithResolvers<void> | undefined;

  /** Whether work that goes on at `now`, in ms on the system's clock, should pause. */
  due(now: number): boolean {
    if (this.#since !== undefined) return now - this.#since > BREATH_MS;
    this.#since = now;
    setImmediate(() => {
      this.#since = undefined;
      this.#drawn?.resolve();
      this.#drawn = undefined;
    });
    return false;
  }

  /** Resolves in the next turn of the event loop. To be asked for when a pause is {@linkcode due}. */
  draw(): Promise<void> {
    this.#drawn ??= Promise.withResolvers();
    return this.#drawn.promise;
  }
}
