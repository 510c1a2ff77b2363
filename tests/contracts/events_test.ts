/** The outbox, the event store and its consumers, on a real database (A21). */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { appendEvents, eraseEvents, eventStore } from "../../db/events.ts";
import type { Sql } from "../../db/open.ts";
import type { DomainEvent, NewEvent } from "../../domain/events.ts";
import { eventPump } from "../../services/event_pump.ts";
import { newId } from "../../services/ids.ts";
import { testDatabase } from "../support/database.ts";

const played = (aggregateId: string = newId()): NewEvent => ({
  eventType: "streaming.track.played.v1",
  aggregateId,
  data: { listenerId: null },
});
const PLAYED = ["streaming.track.played.v1"] as const;

/** Relays until nothing is left; the ids of what went, in order. */
async function relayAll(sql: Sql): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const some = await eventStore(sql).relay(7);
    if (some.length === 0) return all;
    all.push(...some.map(({ event }) => event.aggregateId));
  }
}

/** Waits until `what` holds, at most 5 s. */
async function until(what: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!what()) {
    ok(performance.now() < end, "it did not happen within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("[A20] an event carries its envelope", async () => {
  await using database = await testDatabase();
  const id = newId();
  await appendEvents(database.sql, [{
    eventType: "auth.user.registered.v1",
    aggregateId: id,
    data: { username: "ada" },
    metadata: { correlationId: "r-1", userAgent: "curl" },
  }]);
  const [relayed] = await eventStore(database.sql).relay(10);
  const { eventId, timestamp, ...rest } = relayed!.event;
  ok(/^[0-9a-f-]{36}$/.test(eventId));
  ok(timestamp.endsWith("Z") && Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);
  deepEqual(rest, {
    eventType: "auth.user.registered.v1",
    aggregateId: id,
    aggregateType: "user",
    version: 1,
    data: { username: "ada" },
    metadata: { correlationId: "r-1", causationId: null, userAgent: "curl" },
  });
});

Deno.test("[A21] what is rolled back was never told", async () => {
  await using database = await testDatabase();
  await rejects(
    database.sql.begin(async (tx) => {
      await appendEvents(tx, [played()]);
      throw new Error("no");
    }),
    /no/,
  );
  deepEqual(await relayAll(database.sql), []);
});

Deno.test("[A21] what waited in a backup is relayed by the server that it is restored to", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const [before, after] = [newId(), newId()];
  await appendEvents(sql, [played(before)]);
  await sql`update events set transaction_id = '99999999999'`;
  await appendEvents(sql, [played(after)]);
  deepEqual(await relayAll(sql), [before, after]);
});

Deno.test("[A21] the relay never skips a transaction that commits late", async () => {
  await using database = await testDatabase();
  const [early, late] = [newId(), newId()];
  const go = Promise.withResolvers<void>();
  const written = Promise.withResolvers<void>();
  const slow = database.sql.begin(async (tx) => {
    await appendEvents(tx, [played(early)]);
    written.resolve();
    await go.promise;
  });
  await written.promise;
  await appendEvents(database.sql, [played(late)]);
  deepEqual(await relayAll(database.sql), [], "what came later waits for what may still come");
  go.resolve();
  await slow;
  deepEqual(await relayAll(database.sql), [early, late]);
});

Deno.test("[A21] each is relayed once, in order per aggregate, by whichever node", async () => {
  await using database = await testDatabase();
  const aggregates = Array.from({ length: 5 }, () => newId());
  const clients = [database.connect(3), database.connect(3), database.connect(3)];
  const writers = aggregates.map(async (id, nth) => {
    for (let n = 0; n < 20; n++) {
      await clients[nth % 3]!.begin((tx) => appendEvents(tx, [played(id)]));
    }
  });
  const told: string[] = [];
  let done = false;
  const relays = clients.map(async (sql) => {
    while (!done) told.push(...await relayAll(sql));
  });
  await Promise.all(writers);
  done = true;
  await Promise.all(relays);
  told.push(...await relayAll(database.sql));
  equal(told.length, 100);
  const stored = await eventStore(database.sql).after(0, [...PLAYED], 1_000);
  const positions = stored.map(({ position }) => position);
  deepEqual(positions, positions.toSorted((a, b) => a - b));
  // the order of writing of one aggregate is the order of its positions
  const rows = await database.sql<{ ok: boolean }[]>`
    select bool_and(id > coalesce(before, 0)) as ok from (
      select id, lag(id) over (partition by aggregate_id order by position) as before from events
    ) as ordered`;
  equal(rows[0]?.ok, true);
});

Deno.test("[A21] a consumer's writes and its cursor are one; it is told again what failed", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  await sql`create table seen (event_id uuid primary key)`;
  const store = eventStore(sql);
  await appendEvents(sql, [played(), played(), played()]);
  await relayAll(sql);
  let trips = 0;
  const handle = async (event: DomainEvent, tx: Sql | Parameters<typeof appendEvents>[0]) => {
    await tx`insert into seen values (${event.eventId})`;
    if (++trips === 2) throw new Error("it fell over");
  };
  const advance = () => store.advance("tally", [...PLAYED], handle);
  equal(await advance(), true);
  await rejects(advance(), /fell over/);
  equal((await sql`select from seen`).length, 1, "what it wrote before it fell is gone");
  deepEqual(
    await store.standing("tally", [...PLAYED]).then((state) => ({ ...state, waitingSince: null })),
    {
      consumer: "tally",
      position: 1,
      waiting: 2,
      waitingSince: null,
      failures: 1,
      lastError: "it fell over",
    },
  );
  deepEqual([await advance(), await advance(), await advance()], [true, true, false]);
  equal((await sql`select from seen`).length, 3);
  await sql`truncate seen`;
  await store.replay("tally");
  while (await advance());
  equal((await sql`select from seen`).length, 3, "a replay tells all again");
  await appendEvents(sql, [played()]);
  await relayAll(sql);
  await store.replay("tally", 1_000);
  equal(await advance(), true, "a replay after what it was told skips nothing");
});

Deno.test("[A21] of two nodes one handles an event; a new consumer may begin with the next", async () => {
  await using database = await testDatabase();
  const store = eventStore(database.sql);
  await appendEvents(database.sql, [played(), played()]);
  await relayAll(database.sql);
  equal(await store.advance("late", [...PLAYED], () => Promise.resolve(), "next"), false);
  let inside = 0;
  let most = 0;
  let told = 0;
  const slow = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inside--;
    told++;
  };
  await Promise.all([1, 2, 3].map(() => store.advance("one", [...PLAYED], slow)));
  while (await store.advance("one", [...PLAYED], slow));
  deepEqual([most, told], [1, 2]);
});

Deno.test("[A21] the pump tells the live ones and the consumers, soon after a nudge", async () => {
  await using database = await testDatabase();
  const live: string[] = [];
  const consumed: string[] = [];
  const errors: unknown[] = [];
  let broken = true;
  await using pump = eventPump({
    source: eventStore(database.sql),
    publish: ({ aggregateId }) => live.push(aggregateId),
    onError: (error) => errors.push(error),
    consumers: [{
      name: "collect",
      types: [...PLAYED],
      handle: ({ aggregateId }) => {
        if (broken) {
          broken = false;
          return Promise.reject(new Error("once"));
        }
        consumed.push(aggregateId);
        return Promise.resolve();
      },
    }],
  });
  const ids = [newId(), newId(), newId()];
  for (const id of ids) await appendEvents(database.sql, [played(id)]);
  pump.nudge();
  await until(() => consumed.length === 3);
  deepEqual([live, consumed], [ids, ids]);
  equal(errors.length, 1);
});

Deno.test("[A21] [S13] old events end; those about a person can be erased", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const store = eventStore(sql);
  const person = newId();
  await appendEvents(sql, [
    { eventType: "auth.user.registered.v1", aggregateId: person, data: { username: "ada" } },
    { eventType: "streaming.track.uploaded.v1", aggregateId: newId(), data: { creatorId: person } },
    played(),
  ]);
  await relayAll(sql);
  equal(await eraseEvents(sql, person), 2);
  await sql`update events set created_at = now() - interval '91 days'`;
  await appendEvents(sql, [played()]);
  await relayAll(sql);
  equal(await store.expire(90), 1);
  equal((await sql`select from events`).length, 1);
});
