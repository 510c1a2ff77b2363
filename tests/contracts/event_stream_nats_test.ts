/** The stream of domain events on a real nats-server and a real database (A21). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { natsBus } from "../../actors/runtime/bus_nats.ts";
import { connectNats } from "../../actors/runtime/connection_nats.ts";
import { appendEvents, eraseEvents, eventStore } from "../../db/events.ts";
import { type DomainEvent, EVENT_TYPES, type NewEvent } from "../../domain/events.ts";
import { eventsOf } from "../../node/events.ts";
import { EVENT_STREAM, natsEventStream } from "../../services/event_stream_nats.ts";
import { newId } from "../../services/ids.ts";
import { quiet, testDatabase } from "../support/database.ts";
import { startNats } from "../support/nats.ts";
import { until } from "../support/processes.ts";

const played = (aggregateId: string = newId()): NewEvent => ({
  eventType: "streaming.track.played.v1",
  aggregateId,
  data: { listenerId: null },
});

/** A database and NATS, nodes that relay, and another program that reads the stream. */
async function place() {
  await using owned = new AsyncDisposableStack();
  const database = owned.use(await testDatabase());
  const nats = owned.use(await startNats());
  const reader = await connectNats(nats.url, "reader");
  owned.defer(() => reader.close());
  const nodes = owned.use(new AsyncDisposableStack());
  const logged: unknown[] = [];
  const log = { ...quiet, debug() {}, error: (message: string) => void logged.push(message) };
  const streamFor = async () => {
    const connection = await connectNats(nats.url, "node");
    const bus = natsBus(connection);
    return { bus, stream: natsEventStream({ connection, bus }) };
  };
  /** One node's relay and consumers, with a connection of its own. */
  const node = async () => {
    const { bus, stream } = await streamFor();
    const events = eventsOf({ sql: database.connect(4), bus, consumers: [], stream, log });
    nodes.use(bus);
    nodes.use(events);
    return Object.assign(events, { stream });
  };
  /** All that is in the stream, in its order. */
  const read = async () => {
    const manager = await jetstreamManager(reader);
    const { state } = await manager.streams.info(EVENT_STREAM);
    if (state.messages === 0) return [];
    const consumer = await jetstream(reader).consumers.get(EVENT_STREAM, {
      deliver_policy: DeliverPolicy.All,
    });
    const messages = await consumer.fetch({ max_messages: state.messages, expires: 2_000 });
    const all: { subject: string; id: string | undefined; event: DomainEvent }[] = [];
    for await (const message of messages) {
      const { subject, headers } = message;
      all.push({ subject, id: headers?.get("Nats-Msg-Id"), event: message.json() });
    }
    await consumer.delete();
    return all;
  };
  const kept = owned.move();
  return {
    ...{ sql: database.sql, store: eventStore(database.sql), nats, logged, streamFor, node, read },
    manager: () => jetstreamManager(reader),
    connect: database.connect,
    /** Waits for so many. */
    count: (wanted: number) =>
      until(`${wanted} events in the stream`, async () => {
        const asked = jetstreamManager(reader).then(({ streams }) => streams.info(EVENT_STREAM));
        // neither JetStream nor the stream may be there yet
        return await asked.then(({ state }) => state.messages === wanted, () => false);
      }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

Deno.test("[A21] each event is in the stream once: subject its type, message id its own, and whole", async () => {
  await using t = await place();
  const node = await t.node();
  const person = newId();
  const ids = await appendEvents(t.sql, [
    { eventType: "auth.user.registered.v1", aggregateId: person, data: { username: "ada" } },
    played(),
  ]);
  node.nudge();
  await t.count(2);
  const all = await t.read();
  deepEqual(all.map(({ subject }) => subject), [
    "auth.user.registered.v1",
    "streaming.track.played.v1",
  ]);
  deepEqual(all.map(({ id }) => id), ids);
  const stored = await t.store.after(0, EVENT_TYPES, 10);
  deepEqual(all.map(({ event }) => event), stored.map(({ event }) => event));
  const { config } = await (await t.manager()).streams.info(EVENT_STREAM);
  equal(config.max_age, 90 * 86_400 * 1e9, "as long as the store keeps them");
});

Deno.test("[A21] from several nodes at once: each once, in order per aggregate, the late ones too", async () => {
  await using t = await place();
  const nodes = [await t.node(), await t.node(), await t.node()];
  const aggregates = Array.from({ length: 4 }, () => newId());
  const go = Promise.withResolvers<void>();
  const late = newId();
  const written = Promise.withResolvers<void>();
  const slow = t.connect(1).begin(async (tx) => {
    await appendEvents(tx, [played(late)]);
    written.resolve();
    await go.promise;
  });
  await written.promise;
  await Promise.all(aggregates.map(async (id) => {
    const sql = t.connect(1);
    for (let n = 0; n < 15; n++) {
      const agent = { metadata: { userAgent: String(n) } };
      await sql.begin((tx) => appendEvents(tx, [{ ...played(id), ...agent }]));
      nodes[n % 3]!.nudge();
    }
  }));
  go.resolve();
  await slow;
  for (const { nudge } of nodes) nudge();
  await t.count(61);
  const all = (await t.read()).map(({ event }) => event);
  equal(new Set(all.map(({ eventId }) => eventId)).size, 61);
  for (const id of aggregates) {
    const order = all.filter(({ aggregateId }) => aggregateId === id)
      .map(({ metadata }) => Number(metadata.userAgent));
    deepEqual(order, Array.from({ length: 15 }, (_, n) => n));
  }
  ok(all.some(({ aggregateId }) => aggregateId === late), "what committed late was skipped");
});

Deno.test("[A21] a node that died between publishing and saying so: its successor doubles nothing", async () => {
  await using t = await place();
  await appendEvents(t.sql, [played(), played(), played()]);
  while ((await t.store.relay(10)).length > 0);
  const { bus, stream } = await t.streamFor();
  await stream.open(() => Promise.resolve());
  const stored = await t.store.after(0, EVENT_TYPES, 10);
  for (const { event } of stored.slice(0, 2)) await stream.publish(event); // and no cursor moved
  await bus[Symbol.asyncDispose]();
  const node = await t.node();
  await t.count(3);
  deepEqual((await t.read()).map(({ id }) => id), stored.map(({ event }) => event.eventId));
  const [state] = await node.desk.consumers();
  deepEqual([state?.consumer, state?.waiting], ["stream", 0]);
});

Deno.test("[A15] [A21] NATS away: events wait without a word; back and empty: it gets all that is kept", async () => {
  await using t = await place();
  const node = await t.node();
  await appendEvents(t.sql, [played(), played()]);
  node.nudge();
  await t.count(2);
  await t.nats.kill9();
  await until("the loss to be seen", () => Promise.resolve(!node.stream.connected));
  await appendEvents(t.sql, [played()]);
  node.nudge();
  await until("the relay", async () => await t.store.unrelayed() === 0);
  await Deno.remove(`${t.nats.folder}/jetstream`, { recursive: true });
  await t.nats.restart();
  await t.count(3);
  const stored = await t.store.after(0, EVENT_TYPES, 10);
  deepEqual((await t.read()).map(({ id }) => id), stored.map(({ event }) => event.eventId));
  ok(t.logged.length <= 1, "only JetStream that is not ready yet is told");
});

Deno.test("[A21] [S13] what is erased in the store leaves the stream", async () => {
  await using t = await place();
  const node = await t.node();
  const person = newId();
  await appendEvents(t.sql, [
    played(),
    { eventType: "auth.user.registered.v1", aggregateId: person, data: { username: "ada" } },
    { eventType: "streaming.track.uploaded.v1", aggregateId: newId(), data: { creatorId: person } },
    played(),
  ]);
  node.nudge();
  await t.count(4);
  equal(await node.stream.forget(t.store.living), 0);
  await eraseEvents(t.sql, person);
  equal(await node.stream.forget(t.store.living), 2);
  const left = await t.read();
  ok(left.length === 2 && !JSON.stringify(left).includes(person), JSON.stringify(left));
});

Deno.test("[A21] a stream with limits of an operator's keeps them, and learns new domains", async () => {
  await using t = await place();
  const { streams } = await t.manager();
  await streams.add({ name: EVENT_STREAM, subjects: ["auth.*.*.*"], max_msgs: 7 });
  const node = await t.node();
  await appendEvents(t.sql, [played()]);
  node.nudge();
  await t.count(1);
  const { config } = await streams.info(EVENT_STREAM);
  equal(config.max_msgs, 7);
  ok(config.subjects.includes("streaming.*.*.*") && config.subjects.includes("auth.*.*.*"));
});
