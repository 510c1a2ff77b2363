/** Moves domain events on: relays what was written, and takes each consumer to the newest (A21). */
import type { DomainEvent, EventType } from "../domain/events.ts";

/** What hangs on events. It is told each at least once, in order; what it writes in `tx`, once. */
export interface Consumer<Tx> {
  /** A fixed word; its cursor goes by it. */
  readonly name: string;
  readonly types: readonly EventType[];
  /** Where it begins when it is new; default: with the first event that is kept. */
  readonly from?: "first" | "next";
  /** How many it is told in one transaction; default 1. */
  readonly most?: number;
  /** Asked before each: false has events wait without a word, as for what is known to be away. */
  ready?(): Promise<boolean>;
  /** What it returns is called after the commit, at most once: to tell those who look now. */
  handle(event: DomainEvent, tx: Tx): Promise<void | (() => void | Promise<void>)>;
}

/** The event store, as far as the pump needs it. */
export interface EventSource<Tx> {
  relay(most: number): Promise<readonly { readonly event: DomainEvent }[]>;
  advance(
    consumer: string,
    types: readonly EventType[],
    handle: (event: DomainEvent, tx: Tx) => Promise<void>,
    from?: "first" | "next",
    most?: number,
  ): Promise<boolean>;
}

export interface EventPump extends AsyncDisposable {
  /** Says that events may have been written: they go at once instead of within a second. */
  nudge(): void;
}

export interface PumpOptions<Tx> {
  readonly source: EventSource<Tx>;
  readonly consumers: readonly Consumer<Tx>[];
  /** Tells the live ones: sockets, pages. At most once, like all topics. */
  readonly publish: (event: DomainEvent) => void;
  readonly onError: (error: unknown, who: string) => void;
}

/** How often to look without being told, in ms: a node that died may have left something. */
const LOOK_MS = 1_000;
const AT_ONCE = 200;
/** A consumer that fails rests, doubling from the first to the second, in ms. */
const REST_MS = 1_000;
const LONGEST_REST_MS = 60_000;

/** Runs until it is disposed of; then it ends what is under way. */
export function eventPump<Tx>(
  { source, consumers, publish, onError }: PumpOptions<Tx>,
): EventPump {
  const closing = new AbortController();
  let nudges = 0;
  /** Each is called by a nudge, and leaves when its pause ends: on a quiet site no nudge comes. */
  const waiting = new Set<() => void>();
  const loops: Promise<void>[] = [];

  /** Calls `step` until it finds nothing, then waits for the next nudge or look. */
  const loop = async (who: string, step: () => Promise<boolean>) => {
    let failures = 0;
    while (!closing.signal.aborted) {
      const seen = nudges;
      try {
        const more = await step();
        failures = 0;
        if (!more && seen === nudges) await pause(LOOK_MS, closing.signal, waiting);
      } catch (error) {
        onError(error, who);
        const rest = Math.min(LONGEST_REST_MS, REST_MS * 2 ** failures++);
        await pause(rest, closing.signal);
      }
    }
  };
  const nudge = () => {
    nudges++;
    for (const wake of waiting) wake();
  };
  loops.push(loop("relay", async () => {
    const relayed = await source.relay(AT_ONCE);
    for (const { event } of relayed) publish(event);
    if (relayed.length > 0) nudge(); // the consumers
    return relayed.length > 0;
  }));
  for (const consumer of consumers) {
    const { name, types, from, most } = consumer;
    loops.push(loop(name, async () => {
      if (consumer.ready && !await consumer.ready()) return false;
      const told: ((() => void | Promise<void>) | void)[] = [];
      const more = await source.advance(
        name,
        types,
        async (event, tx) => {
          told.push(await consumer.handle(event, tx));
        },
        from,
        most,
      );
      for (const tell of told) await tell?.();
      return more;
    }));
  }
  return {
    nudge,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await Promise.all(loops);
    },
  };
}

/** Waits `ms`, or until `signal`; or until it is woken by what it puts into `waiting` meanwhile. */
async function pause(ms: number, signal: AbortSignal, waiting?: Set<() => void>) {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => resolve();
  const timer = setTimeout(done, ms);
  signal.addEventListener("abort", done, { once: true });
  waiting?.add(done);
  await promise;
  waiting?.delete(done);
  clearTimeout(timer);
  signal.removeEventListener("abort", done);
}
