/** Notifications on a real database: written once, read by their reader alone (D12, A21). */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { chatStore } from "../../db/chat.ts";
import { eventStore } from "../../db/events.ts";
import { liveStore } from "../../db/live.ts";
import { mentionsOf } from "../../db/mentions.ts";
import { notificationStore } from "../../db/notifications.ts";
import type { Sql } from "../../db/open.ts";
import { registrationStore } from "../../db/registrations.ts";
import { roomStore } from "../../db/rooms.ts";
import { userStore } from "../../db/users.ts";
import { MENTIONS_MOST, type Message } from "../../domain/chat.ts";
import type { DomainEvent, EventType } from "../../domain/events.ts";
import {
  type NotificationFrame,
  NotificationQuery,
  preferencesFrom,
} from "../../domain/notifications.ts";
import { newId } from "../../services/ids.ts";
import { notifications } from "../../services/notifications.ts";
import { testDatabase } from "../support/database.ts";

/** An account with a track of this name. */
async function account(sql: Sql, name: string, title: string) {
  const id = newId();
  await userStore(sql).create({
    id,
    email: `${name}@example.org`,
    username: name,
    displayName: name,
    passwordHash: "x",
    status: "active",
  });
  const trackId = newId();
  await sql`
    insert into tracks (id, creator_id, title, artist, status)
    values (${trackId}, ${id}, ${title}, 'someone', 'ready')`;
  return { id, trackId };
}

const ready = (trackId: string, creatorId: string): DomainEvent => ({
  eventId: crypto.randomUUID(),
  eventType: "streaming.track.processed.v1",
  aggregateId: trackId,
  aggregateType: "track",
  timestamp: new Date().toISOString(),
  version: 1,
  data: { creatorId },
  metadata: { correlationId: null, causationId: null, userAgent: null },
});

const query = (given: Record<string, string> = {}) => NotificationQuery.parse(given);

/** The service on `sql`, what it told, and one event at a time as the pump does it. */
function inbox(sql: Sql) {
  const rows = notificationStore(sql);
  const told: { userId: string; frame: NotificationFrame }[] = [];
  const service = notifications({
    rows,
    tell: (userId, frame) => void told.push({ userId, frame }),
    newId,
  });
  const happen = async (event: DomainEvent, meanwhile = () => Promise.resolve()) => {
    const after = await sql.begin(async (tx) => {
      const done = await service.consumer.handle(event, tx);
      await meanwhile();
      return { done };
    });
    await after.done?.();
  };
  return { rows, service, told, happen };
}

Deno.test("[A21] an event that is told twice notifies once, also when its notification was deleted", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const { service, told, happen } = inbox(sql);
  const ada = await account(sql, "ada", "Night ferry");
  const event = ready(ada.trackId, ada.id);
  await happen(event);
  await happen(event);
  const { items, unreadCount } = await service.list(ada.id, query());
  deepEqual(items.map(({ kind, about, read, code }) => ({ kind, about, read, code })), [{
    kind: "track-ready",
    about: { type: "track", id: ada.trackId, title: "Night ferry" },
    read: false,
    code: null,
  }]);
  equal(items[0]?.createdAt, event.timestamp);
  equal(unreadCount, 1);
  equal(told.length, 1);
  await service.remove(ada.id, items[0]!.id);
  await happen(event);
  deepEqual(await service.list(ada.id, query()), {
    items: [],
    nextCursor: null,
    unreadCount: 0,
  });
  deepEqual(told.map(({ frame }) => frame.action), ["received", "removed"]);
});

Deno.test("[A21] what is not committed is not told", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const { service, told, happen } = inbox(sql);
  const ada = await account(sql, "ada", "Night ferry");
  const fail = () => Promise.reject(new Error("not committed"));
  await rejects(happen(ready(ada.trackId, ada.id), fail), /not committed/);
  deepEqual(told, []);
  equal((await service.list(ada.id, query())).items.length, 0);
});

Deno.test("[D12] what is read while another is being written is not counted with it", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const { service, told, happen } = inbox(sql);
  const ada = await account(sql, "ada", "Night ferry");
  await happen(ready(ada.trackId, ada.id));
  await happen(ready(ada.trackId, ada.id), async () => void await service.markRead(ada.id, {}));
  equal((await service.list(ada.id, query())).unreadCount, 1);
  deepEqual(told.map(({ frame }) => [frame.action, frame.data.unread_count]), [
    ["received", 1],
    ["read", 0],
    ["received", 1],
  ]);
});

Deno.test("[D12] of what has gone, of another's, or is not wanted, nobody is told", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const { service, told, happen } = inbox(sql);
  const ada = await account(sql, "ada", "Night ferry");
  const ben = await account(sql, "ben", "Quay");
  await happen(ready(newId(), ada.id));
  await happen(ready(ben.trackId, ada.id));
  await service.setPreferences(ada.id, { "track-ready": { inPage: false } });
  await happen(ready(ada.trackId, ada.id));
  deepEqual(told, []);
  deepEqual(await service.preferences(ada.id), {
    ...preferencesFrom({}),
    "track-ready": { inPage: false },
  });
  await service.setPreferences(ada.id, { "track-failed": { inPage: false } });
  await service.setPreferences(ada.id, { "track-ready": { inPage: true } });
  deepEqual(await service.preferences(ada.id), {
    ...preferencesFrom({}),
    "track-failed": { inPage: false },
  });
  await happen(ready(ada.trackId, ada.id));
  equal(told.length, 1);
  await sql`delete from tracks where id = ${ada.trackId}`;
  deepEqual(await service.bell(ada.id), { unread: 0, newest: null });
});

Deno.test("[H4] the list is paged and stable; some, those up to one, or all are marked as read", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const { service, told, happen } = inbox(sql);
  const ada = await account(sql, "ada", "Night ferry");
  for (let n = 0; n < 5; n++) await happen(ready(ada.trackId, ada.id));
  const first = await service.list(ada.id, query({ limit: "2" }));
  await happen(ready(ada.trackId, ada.id));
  const second = await service.list(ada.id, query({ limit: "3", cursor: first.nextCursor! }));
  const ids = [...first.items, ...second.items].map(({ id }) => id);
  equal(new Set(ids).size, 5);
  deepEqual(ids, ids.toSorted().toReversed());
  equal(second.nextCursor, null);
  await rejects(service.list(ada.id, query({ cursor: "abc" })), { code: "invalid" });

  const mark = (which: object) => service.markRead(ada.id, which);
  deepEqual(await mark({ ids: [ids[0]!] }), { changed: 1, unreadCount: 5 });
  deepEqual(await mark({ ids: [ids[0]!] }), { changed: 0, unreadCount: 5 });
  deepEqual(await mark({ before: ids[3]! }), { changed: 2, unreadCount: 3 });
  const unread = await service.list(ada.id, query({ unread: "true" }));
  deepEqual(unread.items.slice(1).map(({ id }) => id), [ids[1], ids[2]]);
  deepEqual(await mark({}), { changed: 3, unreadCount: 0 });
  // what changed nothing is not told
  deepEqual(
    told.flatMap(({ frame }) => frame.action === "read" ? [frame.data] : []),
    [
      { ids: [ids[0]], before: null, unread_count: 5 },
      { ids: null, before: ids[3], unread_count: 3 },
      { ids: null, before: null, unread_count: 0 },
    ],
  );
});

Deno.test("[S4] another's notification is neither read nor deleted", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const { service, happen } = inbox(sql);
  const ada = await account(sql, "ada", "Night ferry");
  const ben = await account(sql, "ben", "Quay");
  await happen(ready(ada.trackId, ada.id));
  const [one] = (await service.list(ada.id, query())).items;
  deepEqual(await service.markRead(ben.id, { ids: [one!.id] }), {
    changed: 0,
    unreadCount: 0,
  });
  await service.markRead(ben.id, {});
  await rejects(service.remove(ben.id, one!.id), { code: "not_found" });
  deepEqual(await service.list(ben.id, query()), { items: [], nextCursor: null, unreadCount: 0 });
  deepEqual((await service.list(ada.id, query())).items, [one]);
});

Deno.test("[D12] what is older than its time goes, the rest stays", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const { rows, happen } = inbox(sql);
  const ada = await account(sql, "ada", "Night ferry");
  const days = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString();
  await happen({ ...ready(ada.trackId, ada.id), timestamp: days(91) });
  await happen({ ...ready(ada.trackId, ada.id), timestamp: days(89) });
  equal(await rows.expire(90), 1);
  equal(await rows.unread(ada.id), 1);
});

/** A message as a room's actor appends it. */
const said = (seq: number, sender: { id: string }, content: string): Message => ({
  action: "received",
  seq,
  messageId: newId(),
  clientId: crypto.randomUUID(),
  senderId: sender.id,
  senderName: "Ada",
  content,
  messageType: "text",
  replyTo: null,
  threadId: null,
  metadata: {},
  createdAt: new Date().toISOString(),
});

/** All events of this type that were written, in order. */
async function eventsOf(sql: Sql, type: EventType): Promise<DomainEvent[]> {
  const store = eventStore(sql);
  await store.relay(100);
  return (await store.after(0, [type], 100)).map(({ event }) => event);
}

Deno.test("[C9] a message tells those whom it mentions and who may read it, once; what is not written mentions nobody", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const { service, told, happen } = inbox(sql);
  const ids: Record<string, string> = {};
  for (const name of ["ada", "ben", "cleo", "dan", "eve"]) {
    ids[name] = (await account(sql, name, "x")).id;
  }
  const { ada = "", ben = "", cleo = "", dan = "", eve = "" } = ids;
  await sql`update users set status = 'banned' where id = ${dan}`;
  const rooms = roomStore(sql);
  const chat = chatStore(sql);
  const [open, closed] = [newId(), newId()];
  const room = { name: "Workshop", topic: "", ownerId: ada };
  await rooms.create({ ...room, id: open, kind: "public", memberIds: [] }, {});
  await rooms.create({ ...room, id: closed, kind: "private", memberIds: [ben] }, {});
  await sql`insert into room_bans (room_id, user_id, banned_by) values (${open}, ${eve}, ${ada})`;
  const epochs = {
    open: (await chat.open(open))!.epoch,
    closed: (await chat.open(closed))!.epoch,
  };

  const first = said(1, { id: ada }, "@ben, @BEN: ask @cleo, @dan, @eve and @nobody. I am @ada");
  equal(await chat.append(open, epochs.open, [first, said(2, { id: ben }, "no names")]), "done");
  const secret = said(1, { id: ada }, "@ben and @cleo");
  equal(await chat.append(closed, epochs.closed, [secret]), "done");
  // what is not written mentions nobody
  equal(await chat.append(open, epochs.open, [{ ...first, seq: 3 }]), "repeated");
  await rejects(chat.append(open, epochs.open - 1, [said(3, { id: ada }, "@ben")]), {
    code: "fenced",
  });
  const events = await eventsOf(sql, "chat.user.mentioned.v1");
  const at = { byId: ada, byName: "Ada" };
  const opened = { ...at, roomId: open, messageId: first.messageId, seq: 1 };
  deepEqual(events.map(({ aggregateId, data }) => ({ aggregateId, ...data })), [
    { aggregateId: ben, userId: ben, ...opened },
    { aggregateId: cleo, userId: cleo, ...opened },
    {
      ...{ aggregateId: ben, userId: ben, ...at },
      ...{ roomId: closed, messageId: secret.messageId, seq: 1 },
    },
  ]);

  for (const event of [...events, ...events]) await happen(event);
  deepEqual(told.map(({ userId }) => userId), [ben, cleo, ben]);
  const { items } = await service.list(ben, query());
  const by = { id: ada, name: "ada" };
  deepEqual(items.map(({ kind, about }) => ({ kind, about })), [
    {
      kind: "mentioned",
      about: {
        ...{ type: "message", id: secret.messageId, seq: 1, by },
        room: { id: closed, name: "Workshop" },
      },
    },
    {
      kind: "mentioned",
      about: {
        ...{ type: "message", id: first.messageId, seq: 1, by },
        room: { id: open, name: "Workshop" },
      },
    },
  ]);

  // who is out of a closed room, and all when a room has ended, have nothing left to open
  const ada1 = { id: ada, name: "ada", moderator: false };
  await chat.stand(closed, epochs.closed, { by: ada1, userId: ben, change: { act: "kick" } });
  deepEqual((await service.list(ben, query())).items.map(({ about }) => about.id), [
    first.messageId,
  ]);
  equal((await service.bell(ben)).unread, 1);
  await chat.remove(open, epochs.open, ada1);
  deepEqual(await service.bell(cleo), { unread: 0, newest: null });
  for (const event of events) await happen(event);
  equal(told.length, 3, "neither is brought back");
});

Deno.test("[C9] [S4] in the room of a private stream those are told whom the stream is open to", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const [ada, ben, cleo] = await Promise.all(
    ["ada", "ben", "cleo"].map(async (name) => (await account(sql, name, "x")).id),
  );
  const [id, roomId] = [newId(), newId()];
  const stream = { title: "Set", description: "", record: false, scheduledAt: null } as const;
  await liveStore(sql).create(
    { id, roomId, hostId: ada!, stream: { ...stream, visibility: "private" } },
    {},
  );
  await sql`update live_streams set co_host_id = ${cleo!} where id = ${id}`;
  await sql`insert into room_members (room_id, user_id) values (${roomId}, ${ben!})`; // was there before
  const chat = chatStore(sql);
  const { epoch } = (await chat.open(roomId))!;
  equal(await chat.append(roomId, epoch, [said(1, { id: ada! }, "@ben, @cleo")]), "done");
  const events = await eventsOf(sql, "chat.user.mentioned.v1");
  deepEqual(events.map(({ aggregateId }) => aggregateId), [cleo]);
});

Deno.test("[C9] a message with a crowd of names tells so many and no more", () => {
  const names = Array.from({ length: MENTIONS_MOST + 5 }, (_, n) => `@name${n}`);
  equal(mentionsOf([said(1, { id: "a" }, names.join(" ")), said(2, { id: "a" }, "")]).length, 20);
});

Deno.test("[S4] who may decide is told of who waits, until it is decided or the right is gone", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const { service, told, happen } = inbox(sql);
  const users = userStore(sql);
  const ids: Record<string, string> = {};
  for (const name of ["ada", "ben", "cleo", "dan"]) {
    ids[name] = (await account(sql, name, "x")).id;
  }
  const { ada = "", ben = "", cleo = "", dan = "" } = ids;
  for (const id of [ada, ben, dan]) await users.setRoles(id, ["user", "admin"]);
  await users.setRoles(cleo, ["user", "moderator"]);
  await sql`update users set status = 'banned' where id = ${dan}`;
  const wait = async (name: string) => {
    const id = newId();
    const person = { email: `${name}@example.org`, username: name, displayName: "Someone New" };
    await users.create({ id, ...person, passwordHash: "x", status: "pending" });
    return id;
  };
  const [eve, fay, gil] = [await wait("eve"), await wait("fay"), await wait("gil")];
  const events = (await eventsOf(sql, "auth.user.registered.v1"))
    .filter(({ aggregateId }) => [eve, fay, gil].includes(aggregateId));
  equal(events.length, 3);
  for (const event of events) await happen(event);
  deepEqual(new Set(told.map(({ userId }) => userId)), new Set([ada, ben]));
  const waiting = async (of: string) =>
    (await service.list(of, query())).items.map(({ kind, about }) => [kind, about]);
  const row = (id: string) => ["registration-waiting", { type: "user", id, name: "Someone New" }];
  deepEqual(await waiting(ada), [row(gil), row(fay), row(eve)]);

  const desk = registrationStore(sql);
  await desk.approve([eve], ada, "");
  await desk.refuse([fay], ada, "");
  deepEqual(await waiting(ben), [row(gil)]);
  equal((await service.bell(ben)).unread, 1);
  for (const event of events) await happen(event);
  deepEqual(await waiting(ben), [row(gil)], "what is decided is not told again");
  await users.setRoles(ben, ["user"]);
  deepEqual(await waiting(ben), []);
  await users.letIn(gil);
  deepEqual(await waiting(ada), []);
});
