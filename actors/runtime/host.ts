/** All actors of one kind in this process: finds them, makes them, puts them away. */

import { Rejection } from "../../domain/errors.ts";
import type { Actor, Handler, Ref } from "./actor.ts";
import type { Breath } from "./breath.ts";
import { type ActorInfo, Cell, type CellPlace } from "./cell.ts";
import { caller, ringTo } from "./chain.ts";
import type { Clock } from "./clock.ts";
import { DEADLINE_MS, type Deadlines } from "./deadlines.ts";
import { IdleQueue } from "./idle.ts";
import type { LifecycleLog } from "./lifecycle.ts";
import { Mail } from "./mailbox.ts";
import { checkedKey } from "./names.ts";
import { LEASE_MS, type ReminderStore } from "./reminders.ts";

/** How a caller wants its calls treated. */
export interface CallOptions {
  /**
   * Milliseconds after which the caller is told `timeout`, up to 50 late; default 5,000. A call
   * that has not begun by then never will; of one that has, the outcome is unknown.
   */
  readonly deadlineMs?: number;
  /**
   * When it aborts, the caller is told its reason, and a call that has not begun never will. One
   * that has begun goes on.
   */
  readonly signal?: AbortSignal;
}

/** The actors of one kind, as their callers have them. */
export interface Actors<On> {
  /**
   * The actor with this key; it is started by the first call, not by this. Throws `invalid` if
   * `key` is neither a UUID in lower case nor a slug (`a-z 0-9 - _`, at most 64).
   */
  get(key: string, options?: CallOptions): Ref<On>;
}

/** What all hosts of a system share. */
export interface HostPlace {
  readonly clock: Clock;
  readonly breath: Breath;
  readonly log: LifecycleLog;
  readonly deadlines: Deadlines;
  readonly reminders: ReminderStore;
}

/** The actors of one kind that live in this process. */
export class Host<On> implements Actors<On>, CellPlace {
  readonly actor: Actor<On>;
  readonly clock: Clock;
  readonly breath: Breath;
  readonly log: LifecycleLog;
  readonly deadlines: Deadlines;
  readonly reminders: ReminderStore;
  readonly idle: IdleQueue;
  readonly #cells = new Map<string, Cell>();
  readonly #Reference: ReferenceClass<On>;
  #closed = false;

  constructor(actor: Actor<On>, place: HostPlace) {
    this.actor = actor;
    this.clock = place.clock;
    this.breath = place.breath;
    this.log = place.log;
    this.deadlines = place.deadlines;
    this.reminders = place.reminders;
    this.idle = new IdleQueue(place.clock, actor.idleAfter);
    this.#Reference = referenceClass<On>(actor.handlers, this);
  }

  get(key: string, options: CallOptions = {}): Ref<On> {
    const { deadlineMs = DEADLINE_MS } = options;
    if (!(deadlineMs > 0)) throw new TypeError(`deadlineMs is ${deadlineMs}; it must be above 0`);
    return new this.#Reference(checkedKey(key), deadlineMs, options.signal);
  }

  /** Calls one handler. No code of the actor runs before this returns. */
  call(
    handler: Handler,
    key: string,
    input: unknown,
    deadlineMs: number,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const from = caller();
    const ring = ringTo(from, this.actor.kind, key);
    if (ring !== undefined) return Promise.reject(ring);
    const cell = this.#cell(key);
    if (cell === undefined) return Promise.reject(new Rejection("shutting_down"));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const mail = new Mail(handler, input, this.clock.now() + deadlineMs, resolve, reject, from);
    cell.accept(mail);
    if (signal !== undefined) {
      const withdraw = () => cell.withdraw(mail, signal.reason);
      const forget = () => signal.removeEventListener("abort", withdraw);
      signal.addEventListener("abort", withdraw, { once: true });
      promise.then(forget, forget);
    }
    return promise;
  }

  gone(cell: Cell): void {
    this.#cells.delete(cell.key);
  }

  inspect(): ActorInfo[] {
    return Array.from(this.#cells.values(), (cell) => cell.inspect());
  }

  /** Runs a reminder that is due, as a message with the time of its lease; resolves when it has. */
  async remind(key: string, name: string): Promise<void> {
    const handler = this.actor.reminders.get(name);
    // set by an older release: there is nothing left that it could do
    if (handler !== undefined) await this.call(handler, key, undefined, LEASE_MS, undefined);
  }

  /** Ends the present life of an actor, and begins another; whether it lives here. */
  restart(key: string): boolean {
    const cell = this.#cells.get(key);
    cell?.restart();
    return cell !== undefined;
  }

  /** Has an actor crash, as its own code might; whether it lives here. */
  crash(key: string): boolean {
    const cell = this.#cells.get(key);
    cell?.crash();
    return cell !== undefined;
  }

  /** Makes no new actors from now on; those that live go on. */
  close(): void {
    this.#closed = true;
  }

  /** Lets all actors serve what waits for them and end. */
  async drain(): Promise<void> {
    await Promise.all(Array.from(this.#cells.values(), (cell) => cell.shutDown()));
  }

  /** Ends what has not drained. */
  kill(): void {
    for (const cell of this.#cells.values()) cell.kill();
    this.idle.close();
  }

  /**
   * Where the actor lives. This is the one place that decides it: here, today; in a cluster, a
   * claim is asked first, and what it names may be another node.
   */
  #cell(key: string): Cell | undefined {
    const found = this.#cells.get(key);
    if (found !== undefined || this.#closed) return found;
    const cell = new Cell(this, key);
    this.#cells.set(key, cell);
    return cell;
  }
}

type ReferenceClass<On> = new (
  key: string,
  deadlineMs: number,
  signal: AbortSignal | undefined,
) => Ref<On>;

/**
 * Makes the class of a kind's references. Its methods are real methods on a prototype, so a call is
 * as fast as any other, and what is not in `on` does not exist.
 */
function referenceClass<On>(handlers: readonly Handler[], host: Host<On>): ReferenceClass<On> {
  class Reference {
    readonly #key: string;
    readonly #deadlineMs: number;
    readonly #signal: AbortSignal | undefined;

    constructor(...[key, deadlineMs, signal]: ConstructorParameters<ReferenceClass<On>>) {
      this.#key = key;
      this.#deadlineMs = deadlineMs;
      this.#signal = signal;
    }

    static {
      for (const handler of handlers) {
        Object.defineProperty(this.prototype, handler.name, {
          value(this: Reference, input: unknown) {
            return host.call(handler, this.#key, input, this.#deadlineMs, this.#signal);
          },
        });
      }
    }
  }
  // The loop above has just made what the type promises.
  return Reference as unknown as ReferenceClass<On>;
}
