/** The {@linkcode Bus} between nodes: over one connection to NATS. */
import {
  headers,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
  type Subscription as Heard,
} from "@nats-io/transport-node";
import { clearImmediate, setImmediate } from "node:timers";
import { Rejection } from "../../domain/errors.ts";
import { Asked } from "./asked_nats.ts";
import type { Bus, RequestOptions, Server, Subscription } from "./bus.ts";
import { within } from "./chain.ts";
import { type Clock, sleep, systemClock } from "./clock.ts";
import { INBOXES } from "./connection_nats.ts";
import { DEADLINE_MS } from "./deadlines.ts";
import { checkedSubject } from "./names.ts";

/** What a bus over NATS can be given in place of the usual. */
export interface NatsBusOptions {
  readonly clock?: Clock;
  /** Is told what a subscriber or server threw; default: the console. */
  readonly onError?: (error: unknown, subject: string) => void;
  /** How the subjects of replies begin; default: as those of everybody who has no user. */
  readonly inboxPrefix?: string;
}

/**
 * Makes a bus over `connection`, which is closed with it. While NATS is away, requests are refused
 * with `unavailable` at once, and what is published reaches this process alone: nothing is piled up.
 * What was asked before gets `timeout`, since its outcome is unknown.
 */
export function natsBus(connection: NatsConnection, options: NatsBusOptions = {}): Bus {
  return new NatsBus(connection, options);
}

/** The header of a reply that is a refusal; its data is the `Rejection`. */
const REFUSED = "Veza-Refused";
/**
 * Replies for which there is no connection are kept up to so many bytes: whoever asked may have one,
 * and waits. What is more is dropped, the oldest first, and times out there.
 */
const KEPT_BYTES = 1 << 20;
/** How long the last words may take when the bus is closed, in ms. */
const DRAIN_MS = 1_000;

type Subscriber = (data: Uint8Array) => void;
type Reply = readonly [to: string, answer: Uint8Array, headers?: MsgHdrs];

class NatsBus implements Bus {
  readonly #connection: NatsConnection;
  readonly #clock: Clock;
  readonly #onError: (error: unknown, subject: string) => void;
  readonly #asked: Asked;
  /** One subscription at the server for each subject, however many listen here. */
  readonly #topics = new Map<string, { to: readonly Subscriber[]; readonly end: () => void }>();
  readonly #servers = new Set<string>();
  readonly #onReconnect = new Set<() => void>();
  /** What was answered in this turn of the event loop, so bounded by what one turn can do. */
  #replies: Reply[] = [];
  /** Those that wait for a connection. */
  #kept: Reply[] = [];
  #sending: ReturnType<typeof setImmediate> | undefined;
  #connected = true;
  #closed = false;

  constructor(connection: NatsConnection, options: NatsBusOptions) {
    this.#connection = connection;
    this.#clock = options.clock ?? systemClock;
    this.#onError = options.onError ?? logError;
    this.#asked = new Asked(this.#clock, options.inboxPrefix ?? INBOXES);
    this.#listen(`${this.#asked.inbox}*`, (message) => this.#asked.answered(message));
    void this.#follow();
  }

  get connected(): boolean {
    return this.#connected && !this.#closed;
  }

  onReconnect(handler: () => void): Subscription {
    this.#onReconnect.add(handler);
    return subscription(() => this.#onReconnect.delete(handler));
  }

  publish(subject: string, data: Uint8Array): void {
    this.#fitting(checkedSubject(subject), data);
    if (this.connected) this.#connection.publish(subject, data);
    else if (!this.#closed) {
      queueMicrotask(() => within(undefined, () => this.#tell(subject, data)));
    }
  }

  subscribe(subject: string, handler: Subscriber): Subscription {
    checkedSubject(subject);
    if (this.#closed) return subscription(() => {});
    let open = true;
    const subscriber = (data: Uint8Array) => {
      if (open) handler(data);
    };
    const topic = this.#topics.get(subject);
    if (topic !== undefined) topic.to = [...topic.to, subscriber];
    else this.#open(subject, subscriber);
    return subscription(() => {
      if (!open) return;
      open = false;
      const topic = this.#topics.get(subject);
      if (topic === undefined) return; // the bus has been closed
      topic.to = topic.to.filter((other) => other !== subscriber);
      if (topic.to.length > 0) return;
      this.#topics.delete(subject);
      topic.end();
    });
  }

  request(
    subject: string,
    data: Uint8Array,
    { deadlineMs = DEADLINE_MS, signal }: RequestOptions = {},
  ): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    try {
      signal?.throwIfAborted();
      this.#fitting(checkedSubject(subject), data);
      if (!this.connected) throw new Rejection("unavailable", "NATS does not answer");
      const deadline = this.#clock.now() + deadlineMs;
      const reply = this.#asked.ask({ subject, deadline, resolve, reject });
      this.#connection.publish(subject, data, { reply });
      if (signal !== undefined) {
        const abort = () => {
          this.#asked.forget(reply);
          reject(signal.reason);
        };
        const forget = () => signal.removeEventListener("abort", abort);
        signal.addEventListener("abort", abort, { once: true });
        promise.then(forget, forget);
      }
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  serve(subject: string, handler: Server): Subscription {
    if (this.#servers.has(checkedSubject(subject))) {
      throw new TypeError(`${subject} is served already; close that server first`);
    }
    this.#servers.add(subject);
    let open = true;
    const server: Server = (data) => {
      if (open) return handler(data);
      throw new Rejection("unavailable", `Nobody serves ${subject}`);
    };
    const served = this.#listen(subject, (message) => this.#answer(server, message));
    return subscription(() => {
      if (!open) return;
      open = false;
      this.#servers.delete(subject);
      if (served.isClosed() || this.#connection.isDraining()) return;
      // what has been sent to us already is refused, rather than left without an answer
      if (this.connected) served.drain().catch(() => served.unsubscribe());
      else served.unsubscribe();
    });
  }

  async flush(): Promise<void> {
    this.#sendReplies();
    try {
      await this.#connection.flush();
    } catch (error) {
      throw new Rejection("unavailable", `NATS does not answer: ${error}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed || this.#connection.isDraining()) return;
    // what is on its way to us is answered, and what was published last goes out
    const drained = new AbortController();
    this.#sendReplies();
    if (this.#connected) {
      await Promise.race([
        this.#connection.drain().catch(ignore).finally(() => drained.abort()),
        sleep(this.#clock, DRAIN_MS, drained.signal),
      ]);
    }
    this.#sendReplies();
    this.#closed = true;
    this.#asked.lose("The bus is closed");
    this.#topics.clear();
    this.#servers.clear();
    this.#onReconnect.clear();
    this.#asked.close();
    await this.#connection.close();
  }

  #open(subject: string, first: Subscriber): void {
    const heard = this.#listen(subject, ({ data }) => this.#tell(subject, data));
    this.#topics.set(subject, { to: [first], end: () => heard.unsubscribe() });
  }

  #tell(subject: string, data: Uint8Array): void {
    // the array is replaced, never changed: who comes or goes meanwhile changes nothing here
    for (const subscriber of this.#topics.get(subject)?.to ?? []) {
      try {
        subscriber(data);
      } catch (error) {
        this.#onError(error, subject);
      }
    }
  }

  /** The package subscribes again after a reconnect. */
  #listen(subject: string, handle: (message: Msg) => void): Heard {
    return this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) this.#onError(error, subject);
        else handle(message);
      },
    });
  }

  #answer(server: Server, { subject, data, reply }: Msg): void {
    if (!reply) return;
    const refuse = (error: unknown) => this.#refuse(reply, subject, error);
    const say = (answer: Uint8Array) => {
      try {
        this.#fitting(subject, answer);
        this.#reply(reply, answer);
      } catch (error) {
        refuse(error);
      }
    };
    try {
      const answer = server(data);
      if (answer instanceof Uint8Array) say(answer);
      else answer.then(say, refuse);
    } catch (error) {
      refuse(error);
    }
  }

  /**
   * Sends replies together: an actor that serves many calls answers one in each microtask, and the
   * package would write to its socket for each.
   */
  #reply(to: string, answer: Uint8Array): void {
    this.#replies.push([to, answer]);
    this.#sending ??= setImmediate(() => this.#sendReplies());
  }

  #sendReplies(): void {
    clearImmediate(this.#sending);
    this.#sending = undefined;
    const replies = this.#replies;
    this.#replies = [];
    if (this.#connection.isClosed()) return;
    if (!this.connected) return this.#keep(replies);
    for (const [to, answer, headers] of replies) {
      this.#connection.publish(to, answer, headers && { headers });
    }
  }

  #keep(replies: readonly Reply[]): void {
    const all = [...this.#kept, ...replies];
    let bytes = 0;
    const dropped = all.findLastIndex(([to, answer]) =>
      (bytes += to.length + answer.length) > KEPT_BYTES
    );
    this.#kept = all.slice(dropped + 1);
  }

  #refuse(reply: string, subject: string, error: unknown): void {
    if (!(error instanceof Rejection)) this.#onError(error, subject);
    const refusal = error instanceof Rejection ? error : new Rejection("crashed");
    const refused = headers();
    refused.set(REFUSED, refusal.code);
    const words = encoder.encode(JSON.stringify(refusal));
    if (this.connected) this.#connection.publish(reply, words, { headers: refused });
    else if (!this.#closed) this.#keep([[reply, words, refused]]);
  }

  /** The server cuts the connection of who sends more than it takes, with all that is on it. */
  #fitting(subject: string, data: Uint8Array): void {
    const most = this.#connection.info?.max_payload ?? Infinity;
    if (data.length <= most) return;
    throw new Rejection("too_large", `${data.length} bytes on ${subject}; at most ${most} go`);
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === "disconnect" || type === "close") {
        this.#connected = false;
        this.#asked.lose("The connection to NATS broke");
      } else if (type === "reconnect") {
        this.#connected = true;
        this.#replies = [...this.#kept, ...this.#replies];
        this.#kept = [];
        this.#sendReplies();
        for (const handler of [...this.#onReconnect]) handler();
      }
    }
  }
}

const encoder = new TextEncoder();
const ignore = () => {};

function subscription(close: () => void): Subscription {
  return { close, [Symbol.dispose]: close };
}

function logError(error: unknown, subject: string): void {
  console.error(`A handler of ${subject} failed`, error);
}
