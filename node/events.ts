/** Domain events of a node: relayed, told to whoever listens now, and to the consumers (A21). */
import type { Bus } from "../actors/runtime/bus.ts";
import { topic } from "../actors/runtime/topic.ts";
import { type EventStore, eventStore } from "../db/events.ts";
import type { Sql, TransactionSql } from "../db/open.ts";
import { Rejection } from "../domain/errors.ts";
import {
  type ConsumerState,
  type DomainEvent,
  EVENT_TYPES,
  EVENTS_KEPT_DAYS,
} from "../domain/events.ts";
import type { EventDesk } from "../routes/admin_events.ts";
import { type Consumer, eventPump } from "../services/event_pump.ts";
import type { EventStream } from "../services/event_stream_nats.ts";
import type { Log } from "../services/log.ts";

/** The key of the one feed of all domain events. */
export const EVENT_FEED = "all";
/** What puts events into the stream, as one of the consumers. */
const STREAM = "stream";
/** So many go there in one transaction: each is a round trip to NATS, of less than a ms. */
const STREAMED_AT_ONCE = 100;
/** What was erased here is looked for in the stream this often, in ms (S13). */
const FORGET_MS = 3_600_000;

/**
 * Puts events into the stream in their order, one node at a time. What a node has put there without
 * moving the cursor, for it died, is known there by its id. A stream that came back empty gets all
 * that is kept once more.
 */
const streaming = (stream: EventStream, store: EventStore): Consumer<TransactionSql> => ({
  name: STREAM,
  types: EVENT_TYPES,
  most: STREAMED_AT_ONCE,
  async ready() {
    if (!stream.connected) return false;
    await stream.open(() => store.replay(STREAM));
    return true;
  },
  handle: (event) => stream.publish(event),
});

/**
 * Disposing ends the relay and the consumers; what is not relayed then waits for the next node.
 *
 * @param stream for programs beside Veza; absent where there is no NATS
 */
export function eventsOf({ sql, bus, consumers: ours, stream, log }: {
  sql: Sql;
  bus: Bus;
  consumers: readonly Consumer<TransactionSql>[];
  stream?: EventStream | undefined;
  log: Log;
}) {
  const store = eventStore(sql);
  const consumers = stream ? [...ours, streaming(stream, store)] : ours;
  const live = topic<DomainEvent>(bus, "events");
  let forgetAt = performance.now() + FORGET_MS;
  const pump = eventPump({
    source: store,
    consumers,
    publish: (event) => live.publish(EVENT_FEED, event),
    onError: (error, who) => log.error("domain events wait", { who, error }),
  });
  const standing = async (): Promise<ConsumerState[]> => {
    const all = await Promise.all(consumers.map(({ name, types }) => store.standing(name, types)));
    return all.filter((state): state is ConsumerState => state !== null);
  };
  const desk: EventDesk = {
    after: (position, types, most) => store.after(position, types, most),
    unrelayed: () => store.unrelayed(),
    consumers: standing,
    async replay(name, position) {
      const types = consumers.find((consumer) => consumer.name === name)?.types;
      if (!types) throw new Rejection("not_found", `There is no consumer "${name}"`);
      await store.replay(name, position);
      pump.nudge();
      const state = await store.standing(name, types);
      if (!state) throw new Error(`The cursor of ${name} has gone`);
      return state;
    },
  };
  return {
    /** For administrators. */
    desk,
    /** What has just been relayed, by {@linkcode EVENT_FEED}; what is missed is in the store. */
    live,
    /** Says that events were written. */
    nudge: pump.nudge,
    /** Removes events whose time is over, and from the stream those that were erased. */
    async sweep(): Promise<void> {
      const expired = await store.expire(EVENTS_KEPT_DAYS);
      if (expired > 0) log.debug("old domain events were removed", { expired });
      if (!stream?.connected || performance.now() < forgetAt) return;
      forgetAt = performance.now() + FORGET_MS;
      const forgotten = await stream.forget(store.living);
      if (forgotten > 0) log.debug("erased domain events have left the stream", { forgotten });
    },
    [Symbol.asyncDispose]: () => pump[Symbol.asyncDispose](),
  };
}
