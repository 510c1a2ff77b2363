/** Domain events of a node: relayed, told to whoever listens now, and to the consumers (A21). */
import type { Bus } from "../actors/runtime/bus.ts";
import { topic } from "../actors/runtime/topic.ts";
import { eventStore } from "../db/events.ts";
import type { Sql, TransactionSql } from "../db/open.ts";
import { Rejection } from "../domain/errors.ts";
import type { ConsumerState, DomainEvent } from "../domain/events.ts";
import type { EventDesk } from "../routes/admin_events.ts";
import { type Consumer, eventPump } from "../services/event_pump.ts";
import type { Log } from "../services/log.ts";

/** The key of the one feed of all domain events. */
export const EVENT_FEED = "all";
/** As long as people may ask what happened, and no longer than is needed; in days (S13). */
const KEEP_DAYS = 90;

/** Disposing ends the relay and the consumers; what is not relayed then waits for the next node. */
export function eventsOf({ sql, bus, consumers, log }: {
  sql: Sql;
  bus: Bus;
  consumers: readonly Consumer<TransactionSql>[];
  log: Log;
}) {
  const store = eventStore(sql);
  const live = topic<DomainEvent>(bus, "events");
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
    /** Removes events whose time is over. */
    async sweep(): Promise<void> {
      const expired = await store.expire(KEEP_DAYS);
      if (expired > 0) log.debug("old domain events were removed", { expired });
    },
    [Symbol.asyncDispose]: () => pump[Symbol.asyncDispose](),
  };
}
