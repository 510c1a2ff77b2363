/** What carries bytes between the parts of Veza: the interface, and its form inside one process. */

import { Rejection } from "../../domain/errors.ts";
import { within } from "./chain.ts";
import { type Clock, systemClock } from "./clock.ts";
import { DEADLINE_MS } from "./deadlines.ts";
import { checkedSubject } from "./names.ts";

/**
 * Publish and subscribe, request and reply, over subjects such as `room.0192…`.
 *
 * Promised: those that subscribe when something is published get it, those that do so on the same
 * bus get what one publisher sends in its order, and no handler runs before `publish` returns.
 * Not promised: delivery. Whoever must not miss anything numbers what it publishes and asks again.
 *
 * Bytes are passed on as they are: neither side may change them afterwards.
 */
export interface Bus extends AsyncDisposable {
  /** Whether it reaches the other nodes at present. One process reaches itself until it is closed. */
  readonly connected: boolean;
  /** Has `handler` called each time that it reaches them again. */
  onReconnect(handler: () => void): Subscription;
  /**
   * Sends `data` to all who subscribe to `subject`; while the other nodes are not reached, to those
   * of this process. Does nothing on a closed bus.
   */
  publish(subject: string, data: Uint8Array): void;
  /** Has `handler` called with all that is published to exactly this subject. */
  subscribe(subject: string, handler: (data: Uint8Array) => void): Subscription;
  /**
   * Asks the one who serves `subject`. Rejects with what the server rejects with, with `crashed` if
   * it fails otherwise, with `unavailable` if nobody serves (nothing has begun), with `timeout`
   * after the deadline (the outcome is unknown), or with the reason of `signal`.
   */
  request(subject: string, data: Uint8Array, options?: RequestOptions): Promise<Uint8Array>;
  /** Answers what is asked on `subject`. There is one server to a subject. */
  serve(subject: string, handler: Server): Subscription;
  /** Resolves when all subscriptions and publications made before it are in effect. */
  flush(): Promise<void>;
}

/** What can be said about one request. */
export interface RequestOptions {
  /** Milliseconds; default 5,000. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** Answers a request; throws a `Rejection` to refuse it. */
export type Server = (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** Ends when it is closed or disposed; nothing is delivered after that. */
export interface Subscription extends Disposable {
  close(): void;
}

/** What an in-process bus can be given in place of the usual. */
export interface InProcessBusOptions {
  readonly clock?: Clock;
  /** Is told what a subscriber or server threw; default: the console. */
  readonly onError?: (error: unknown, subject: string) => void;
}

/** Makes a bus for one process. */
export function inProcessBus(options: InProcessBusOptions = {}): Bus {
  return new InProcessBus(options);
}

type Subscriber = (data: Uint8Array) => void;
type Delivery = readonly [subject: string, to: readonly Subscriber[], data: Uint8Array];

class InProcessBus implements Bus {
  readonly #clock: Clock;
  readonly #onError: (error: unknown, subject: string) => void;
  /** The arrays are replaced, never changed: a delivery under way keeps the one it began with. */
  readonly #subscribers = new Map<string, readonly Subscriber[]>();
  readonly #servers = new Map<string, Server>();
  /** What has been published in this turn of the event loop, so bounded by what one turn can do. */
  #queue: Delivery[] = [];
  #delivered: Promise<void> = Promise.resolve();
  #closed = false;

  constructor({ clock = systemClock, onError = logError }: InProcessBusOptions) {
    this.#clock = clock;
    this.#onError = onError;
  }

  get connected(): boolean {
    return !this.#closed;
  }

  onReconnect(): Subscription {
    return subscription(() => {}); // it is never away
  }

  publish(subject: string, data: Uint8Array): void {
    const to = this.#subscribers.get(checkedSubject(subject));
    if (to === undefined) return;
    if (this.#queue.length === 0) {
      // who hears of something is no part of what told it: nobody waits for anybody here
      this.#delivered = Promise.resolve().then(() => within(undefined, () => this.#deliver()));
    }
    this.#queue.push([subject, to, data]);
  }

  subscribe(subject: string, handler: (data: Uint8Array) => void): Subscription {
    checkedSubject(subject);
    let open = true;
    const subscriber = (data: Uint8Array) => {
      if (open && !this.#closed) handler(data);
    };
    this.#subscribers.set(subject, [...this.#subscribers.get(subject) ?? [], subscriber]);
    return subscription(() => {
      open = false;
      const left = this.#subscribers.get(subject)?.filter((other) => other !== subscriber) ?? [];
      if (left.length > 0) this.#subscribers.set(subject, left);
      else this.#subscribers.delete(subject);
    });
  }

  async request(
    subject: string,
    data: Uint8Array,
    { deadlineMs = DEADLINE_MS, signal }: RequestOptions = {},
  ): Promise<Uint8Array> {
    signal?.throwIfAborted();
    const server = this.#servers.get(checkedSubject(subject));
    if (server === undefined) throw new Rejection("unavailable", `Nobody serves ${subject}`);
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const cancel = this.#clock.timer(deadlineMs, () => reject(new Rejection("timeout")));
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    this.#answer(server, subject, data).then(resolve, reject);
    try {
      return await promise;
    } finally {
      cancel();
      signal?.removeEventListener("abort", abort);
    }
  }

  serve(subject: string, handler: Server): Subscription {
    if (this.#servers.has(checkedSubject(subject))) {
      throw new TypeError(`${subject} is served already; close that server first`);
    }
    this.#servers.set(subject, handler);
    return subscription(() => {
      if (this.#servers.get(subject) === handler) this.#servers.delete(subject);
    });
  }

  flush(): Promise<void> {
    return this.#delivered;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#subscribers.clear();
    this.#servers.clear();
    return Promise.resolve();
  }

  #deliver(): void {
    // What handlers publish now comes after what is in the queue, for every subscriber alike.
    for (const [subject, to, data] of this.#queue) {
      for (const subscriber of to) {
        try {
          subscriber(data);
        } catch (error) {
          this.#onError(error, subject);
        }
      }
    }
    this.#queue = [];
  }

  async #answer(server: Server, subject: string, data: Uint8Array): Promise<Uint8Array> {
    await null; // no handler runs on the stack of its caller
    try {
      return await server(data);
    } catch (error) {
      if (error instanceof Rejection) throw Rejection.from(error.toJSON()); // as over a wire
      this.#onError(error, subject);
      throw new Rejection("crashed");
    }
  }
}

function subscription(close: () => void): Subscription {
  return { close, [Symbol.dispose]: close };
}

function logError(error: unknown, subject: string): void {
  console.error(`A handler of ${subject} failed`, error);
}
