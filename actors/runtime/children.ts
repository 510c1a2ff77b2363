/** The children of one life: what runs beside its mailbox, restarted thrice, ended in reverse (A8). */
import type { Child, OwnedChild } from "./actor.ts";
import { within } from "./chain.ts";
import { type Clock, sleep } from "./clock.ts";
import type { Happened } from "./lifecycle.ts";
import { CHILD_INTENSITY, Restarts } from "./supervisor.ts";

/** How long a child may take to end after its signal aborted, in milliseconds. */
export const CHILD_STOP_MS = 5_000;

/** The life that has children, as they need it. */
export interface Owner {
  tell(happened: Happened): void;
  /** A child has failed once more than it may. */
  childFailed(error: unknown): void;
  /** A child has ended: there may be none left. */
  childEnded(): void;
}

/** All children of one life. */
export class Children {
  readonly #clock: Clock;
  readonly #owner: Owner;
  /** In the order of their start. */
  #running: SupervisedChild[] = [];

  constructor(clock: Clock, owner: Owner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  /** How many run, or have not been left behind. */
  get size(): number {
    return this.#running.length;
  }

  own(child: Child): OwnedChild {
    const owned = new SupervisedChild(child, this.#clock, {
      failed: (error, restartMs) => {
        this.#owner.tell({ event: "child-crashed", child: child.name, error, restartMs });
        if (restartMs === undefined) this.#owner.childFailed(error);
      },
      ended: () => this.#forget(owned),
      stuck: () => {
        this.#owner.tell({ event: "child-stuck", child: child.name, waitedMs: CHILD_STOP_MS });
        this.#forget(owned);
      },
    });
    this.#running.push(owned);
    return owned;
  }

  /** Ends them one after the other, the last first; a deaf one is left behind. */
  async stopAll(): Promise<void> {
    for (const child of this.#running.toReversed()) await child.stop();
  }

  /** Tells them to end, the last first, and waits for none. */
  abortAll(): void {
    for (const child of this.#running.toReversed()) child.abort();
  }

  #forget(child: SupervisedChild): void {
    this.#running = this.#running.filter((other) => other !== child);
    this.#owner.childEnded();
  }
}

interface ChildEvents {
  /** It threw; it starts again in `restartMs`, or never if that is `undefined`. */
  failed(error: unknown, restartMs: number | undefined): void;
  /** It runs no more: done, stopped or given up. */
  ended(): void;
  /** It did not end in {@linkcode CHILD_STOP_MS} after it was told to. */
  stuck(): void;
}

/** A child that runs, and is started again when it throws. */
class SupervisedChild implements OwnedChild {
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
    if (isLate) this.#events.stuck();
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
        this.#events.failed(error, restartMs);
        if (restartMs === undefined) break;
        await sleep(this.#clock, restartMs, signal);
      }
    }
    this.#events.ended();
  }
}
