/** The stream `EVENTS` of JetStream: domain events for programs beside Veza (A21). */
import {
  DeliverPolicy,
  DiscardPolicy,
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { nanos, type NatsConnection } from "@nats-io/transport-node";
import { type DomainEvent, EVENT_TYPES, eventParts, EVENTS_KEPT_DAYS } from "../domain/events.ts";

/** Its name; the subject of an event is its type. */
export const EVENT_STREAM = "EVENTS";
/** Claims are in the same store of NATS, and must find room: the oldest events go first. */
const MOST_BYTES = 512 * 1024 * 1024;
/**
 * For so long an event that is published again is known by its id, in ms: whoever published it may
 * have died, or lost the database, before saying so.
 */
const KNOWN_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** How long NATS may take, in ms: a transaction is open meanwhile. */
const PATIENCE_MS = 2_000;
/** Events are compared with the store so many at once. */
const AT_ONCE = 500;

/** Domain events, in the order in which the relay gave them their positions. */
export interface EventStream {
  /** Whether NATS is reached. */
  readonly connected: boolean;
  /**
   * Opens the stream. Where it is not there, it calls `begin` and makes it: nobody can put anything
   * into it before that has resolved.
   */
  open(begin: () => Promise<void>): Promise<void>;
  /** Resolves when the event is stored. What was stored already, a while ago, is not stored again. */
  publish(event: DomainEvent): Promise<void>;
  /** Removes all that `living` does not name; how many. It is asked for events in their order. */
  forget(
    living: (events: readonly DomainEvent[]) => Promise<ReadonlySet<string>>,
  ): Promise<number>;
}

/** All types of these domains, those of later releases too. */
const SUBJECTS = [...new Set(EVENT_TYPES.map((type) => `${eventParts(type).domain}.*.*.*`))];

/** @param bus of the same connection */
export function natsEventStream({ connection, bus }: {
  connection: NatsConnection;
  bus: { readonly connected: boolean; onReconnect(handler: () => void): unknown };
}): EventStream {
  const asked = { timeout: PATIENCE_MS };
  const stream = jetstream(connection, asked);
  let manager: JetStreamManager | undefined;
  let isOpen = false;
  // it may have come back empty
  bus.onReconnect(() => isOpen = false);

  /** Limits that an operator has changed stay; a stream of an older release learns new domains. */
  const open = async (begin: () => Promise<void>): Promise<void> => {
    if (isOpen) return;
    manager ??= await jetstreamManager(connection, asked);
    const { streams } = manager;
    try {
      const { config: { subjects } } = await streams.info(EVENT_STREAM);
      const all = [...new Set([...subjects, ...SUBJECTS])];
      if (all.length > subjects.length) await streams.update(EVENT_STREAM, { subjects: all });
      isOpen = true;
      return;
    } catch (error) {
      if (!(error instanceof JetStreamApiError)) throw error;
      if (error.code !== JetStreamApiCodes.StreamNotFound) throw error;
    }
    await begin();
    await streams.add({
      name: EVENT_STREAM,
      subjects: SUBJECTS,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      storage: StorageType.File,
      max_age: nanos(EVENTS_KEPT_DAYS * DAY_MS),
      max_bytes: MOST_BYTES,
      duplicate_window: nanos(KNOWN_MS),
    });
    isOpen = true;
  };

  return {
    get connected() {
      return bus.connected;
    },
    open,
    async publish(event) {
      const { eventType, eventId: msgID } = event;
      try {
        const expect = { streamName: EVENT_STREAM };
        await stream.publish(eventType, JSON.stringify(event), { msgID, expect });
      } catch (error) {
        isOpen = false; // it may have gone
        throw error;
      }
    },
    async forget(living) {
      if (!isOpen || !manager) return 0; // nothing was put there yet
      const { streams } = manager;
      let { state: { messages: left } } = await streams.info(EVENT_STREAM);
      let forgotten = 0;
      const consumer = await stream.consumers.get(EVENT_STREAM, {
        deliver_policy: DeliverPolicy.All,
      });
      try {
        while (left > 0) {
          const some: { readonly seq: number; readonly event: DomainEvent }[] = [];
          const messages = await consumer.fetch({
            max_messages: Math.min(left, AT_ONCE),
            expires: PATIENCE_MS,
          });
          for await (const message of messages) {
            some.push({ seq: message.seq, event: message.json<DomainEvent>() });
          }
          if (some.length === 0) break; // the oldest have ended meanwhile
          left -= some.length;
          const kept = await living(some.map(({ event }) => event));
          for (const { seq, event } of some) {
            if (kept.has(event.eventId)) continue;
            await streams.deleteMessage(EVENT_STREAM, seq, true);
            forgotten++;
          }
        }
      } finally {
        await consumer.delete();
      }
      return forgotten;
    },
  };
}
