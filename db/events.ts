/** Domain events: the outbox, the event store and the cursors of consumers. SQL and rows (A21). */
import {
  type ConsumerState,
  type DomainEvent,
  eventParts,
  EVENTS,
  type EventType,
  type NewEvent,
  NO_CAUSE,
} from "../domain/events.ts";
import type { Sql, TransactionSql } from "./open.ts";

/** An event with its place in the store. */
export interface StoredEvent {
  readonly position: number;
  readonly event: DomainEvent;
}

interface EventRow {
  position: number;
  eventId: string;
  eventType: EventType;
  aggregateId: string;
  aggregateType: string;
  createdAt: Date;
  data: unknown;
  metadata: Partial<DomainEvent["metadata"]>;
}

const stored = ({ position, createdAt, metadata, ...row }: EventRow): StoredEvent => ({
  position,
  event: {
    ...row,
    timestamp: createdAt.toISOString(),
    version: eventParts(row.eventType).version,
    // what was written was checked; a later release only adds fields
    data: row.data,
    metadata: { ...NO_CAUSE, ...metadata },
  } as DomainEvent,
});

/** The advisory lock of who relays: two at once would give positions out of order. */
export const RELAY_LOCK = 7_261_001;

/** Writes `events` in the transaction of what they tell of; their ids, in the same order. */
export async function appendEvents(
  tx: Sql | TransactionSql,
  events: readonly NewEvent[],
): Promise<string[]> {
  if (events.length === 0) return [];
  const column = (value: (event: NewEvent) => string) => events.map(value);
  const rows = await tx<{ id: string }[]>`
    insert into events (event_type, aggregate_type, aggregate_id, data, metadata)
    select one.type, one.entity, one.aggregate_id, one.data::jsonb, one.metadata::jsonb
    from unnest(
      ${column(({ eventType }) => eventType)}::text[],
      ${column(({ eventType }) => eventParts(eventType).entity)}::text[],
      ${column(({ aggregateId }) => aggregateId)}::uuid[],
      ${column(({ eventType, data }) => JSON.stringify(EVENTS[eventType].parse(data)))}::text[],
      ${column(({ metadata = {} }) => JSON.stringify(metadata))}::text[]
    ) with ordinality as one (type, entity, aggregate_id, data, metadata, place)
    order by one.place
    returning event_id as id`;
  return rows.map(({ id }) => id);
}

/** Removes all events about a person or thing, or that name it (S13); how many. */
export async function eraseEvents(tx: Sql | TransactionSql, id: string): Promise<number> {
  const done = await tx`
    delete from events where aggregate_id = ${id} or exists (
      select from jsonb_each_text(data) as field where field.value = ${id})`;
  return done.count;
}

/** The store of events. */
export const eventStore = (sql: Sql) => {
  const columns = sql`position, event_id as "eventId", event_type as "eventType",
    aggregate_id as "aggregateId", aggregate_type as "aggregateType", created_at as "createdAt",
    data, metadata`;
  return {
    /**
     * Gives the next events their position, and returns them in its order. Only those go that no
     * transaction still under way can come before; those of one aggregate keep their order. Empty
     * also while another node relays.
     */
    async relay(most: number): Promise<StoredEvent[]> {
      return await sql.begin(async (tx) => {
        const [lock] = await tx<{ mine: boolean }[]>`
          select pg_try_advisory_xact_lock(${RELAY_LOCK}) as mine`;
        if (!lock?.mine) return [];
        const rows = await tx<EventRow[]>`
          with ready as (
            select id from events
            where position is null
              and (transaction_id < pg_snapshot_xmin(pg_current_snapshot())
                -- of another server, whose count was ahead: a backup was restored here
                or transaction_id >= pg_snapshot_xmax(pg_current_snapshot()))
            order by id limit ${most}
          ), numbered as (
            select id, nextval('events_position') as next from (select id from ready order by id) r
          ), moved as (
            update events set position = next from numbered where events.id = numbered.id
            returning events.*
          )
          select ${columns} from moved order by position`;
        return rows.map(stored);
      });
    },

    /** Events after `position` of these types, in order. */
    async after(
      position: number,
      types: readonly EventType[],
      most: number,
    ): Promise<StoredEvent[]> {
      const rows = await sql<EventRow[]>`
        select ${columns} from events
        where position > ${position} and event_type = any(${[...types]})
        order by position limit ${most}`;
      return rows.map(stored);
    },

    /**
     * Takes a consumer on by `most` events: `handle` runs for one after the other in the transaction
     * that moves its cursor, so what it writes there happens once. Says whether there was an event;
     * false also while another node is at it. What `handle` throws is counted and thrown.
     *
     * @param from where a consumer that is new begins: at the first event kept, or with the next
     */
    async advance(
      consumer: string,
      types: readonly EventType[],
      handle: (event: DomainEvent, tx: TransactionSql) => Promise<void>,
      from: "first" | "next" = "first",
      most = 1,
    ): Promise<boolean> {
      const begin = from === "first"
        ? sql`0`
        : sql`coalesce((select max(position) from events), 0)`;
      await sql`
        insert into event_cursors (consumer, position) values (${consumer}, ${begin})
        on conflict (consumer) do nothing`;
      try {
        return await sql.begin(async (tx) => {
          const [cursor] = await tx<{ position: number }[]>`
            select position from event_cursors
            where consumer = ${consumer} and exists (
              select from events
              where position > event_cursors.position and event_type = any(${[...types]}))
            for update skip locked`; // a lock is a write: none where there is nothing
          if (!cursor) return false;
          const rows = await tx<EventRow[]>`
            select ${columns} from events
            where position > ${cursor.position} and event_type = any(${[...types]})
            order by position limit ${most}`;
          const last = rows.at(-1);
          if (!last) return false;
          for (const row of rows) await handle(stored(row).event, tx);
          await tx`
            update event_cursors set position = ${last.position}, failures = 0, last_error = null,
              updated_at = now() where consumer = ${consumer}`;
          return true;
        });
      } catch (error) {
        await sql`
          update event_cursors set failures = failures + 1, updated_at = now(),
            last_error = ${String((error as Error).message).slice(0, 500)}
          where consumer = ${consumer}`;
        throw error;
      }
    },

    /**
     * The ids of those of `events` that are kept. They are looked for among all of their time, which
     * is as many where they are each other's neighbours.
     */
    async living(
      events: readonly Pick<DomainEvent, "eventId" | "timestamp">[],
    ): Promise<Set<string>> {
      const times = events.map(({ timestamp }) => Date.parse(timestamp));
      if (times.length === 0) return new Set();
      // the rows have microseconds
      const [from, to] = [new Date(Math.min(...times)), new Date(Math.max(...times) + 1)];
      const rows = await sql<{ id: string }[]>`
        select event_id as id from events
        where created_at between ${from} and ${to}
          and event_id = any(${events.map(({ eventId }) => eventId)}::uuid[])`;
      return new Set(rows.map(({ id }) => id));
    },

    /**
     * Sets a consumer back, so that it is told again all after `position`; never forward, for what it
     * was not told yet it would never hear of.
     */
    async replay(consumer: string, position = 0): Promise<void> {
      await sql`
        insert into event_cursors (consumer, position) values (${consumer}, ${position})
        on conflict (consumer) do update set failures = 0, last_error = null, updated_at = now(),
          position = least(event_cursors.position, excluded.position)`;
    },

    /** Where a consumer of these types stands; null when it has not begun. */
    async standing(consumer: string, types: readonly EventType[]): Promise<ConsumerState | null> {
      const [row] = await sql<(Omit<ConsumerState, "waitingSince"> & { since: Date | null })[]>`
        select consumer, position, failures, last_error as "lastError", waiting, since
        from event_cursors, lateral (
          select count(*)::int as waiting, min(created_at) as since from events
          where events.position > event_cursors.position and event_type = any(${[...types]})
        ) as ahead
        where consumer = ${consumer}`;
      if (!row) return null;
      const { since, ...state } = row;
      return { ...state, waitingSince: since?.toISOString() ?? null };
    },

    /** How many events wait for the relay. */
    async unrelayed(): Promise<number> {
      const [row] = await sql<{ count: number }[]>`
        select count(*)::int as count from events where position is null`;
      return row?.count ?? 0;
    },

    /** Removes relayed events that are older than `days`; how many. */
    async expire(days: number): Promise<number> {
      const done = await sql`
        delete from events where position is not null
          and created_at < now() - ${days} * interval '1 day'`;
      return done.count;
    },
  };
};

export type EventStore = ReturnType<typeof eventStore>;
