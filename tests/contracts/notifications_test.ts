/** Notifications on a real database: written once, read by their reader alone (D12, A21). */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { notificationStore } from "../../db/notifications.ts";
import type { Sql } from "../../db/open.ts";
import { userStore } from "../../db/users.ts";
import type { DomainEvent } from "../../domain/events.ts";
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
