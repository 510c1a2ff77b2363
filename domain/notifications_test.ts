/** Tests of which events tell whom what (D12). */
import { deepEqual, equal } from "node:assert/strict";
import type { DomainEvent, EventData, EventType } from "./events.ts";
import {
  draftsOf,
  knownCode,
  MarkRead,
  NOTIFICATION_KINDS,
  NotificationQuery,
  NOTIFYING_EVENTS,
  preferencesFor,
  preferencesFrom,
} from "./notifications.ts";

const event = <Type extends EventType>(eventType: Type, data: EventData<Type>): DomainEvent =>
  ({
    eventId: "e",
    eventType,
    aggregateId: "t",
    aggregateType: "x",
    timestamp: "2026-11-21T10:00:00.000Z",
    version: 1,
    data,
    metadata: { correlationId: null, causationId: null, userAgent: null },
  }) as unknown as DomainEvent;

Deno.test("[D12] whose recording is ready, or failed and why, is told; nobody else", () => {
  deepEqual(draftsOf(event("streaming.track.processed.v1", { creatorId: "ada" })), [
    { kind: "track-ready", to: { userId: "ada" }, subject: { type: "track", trackId: "t" } },
  ]);
  deepEqual(
    draftsOf(event("files.file.failed.v1", { trackId: "t2", userId: "ada", code: "corrupt" })),
    [{
      kind: "track-failed",
      to: { userId: "ada" },
      subject: { type: "track", trackId: "t2" },
      code: "corrupt",
    }],
  );
  deepEqual(draftsOf(event("auth.user.registered.v1", { username: "ada" })), []);
});

Deno.test("[C9] who is mentioned is told of the message; who mentions is not", () => {
  const at = { roomId: "r", messageId: "m", seq: 7 };
  const said = { ...at, userId: "ada", byId: "ben", byName: "Ben Quay" };
  deepEqual(draftsOf(event("chat.user.mentioned.v1", said)), [{
    kind: "mentioned",
    to: { userId: "ada" },
    subject: { type: "message", ...at, byId: "ben" },
  }]);
});

Deno.test("[S4] of who waits to be let in only those are told who decide; they alone choose it", () => {
  const registered = (status?: "pending" | "active") =>
    draftsOf(event("auth.user.registered.v1", { username: "ada", ...(status && { status }) }));
  deepEqual(registered("pending"), [{
    kind: "registration-waiting",
    to: { right: "registrations:decide" },
    subject: { type: "user", userId: "t" },
  }]);
  deepEqual(registered("active"), []);
  deepEqual(registered(), [], "an event of an earlier release");
  const all = preferencesFrom({ "registration-waiting": { inPage: false } });
  deepEqual(preferencesFor(["user", "admin"], all), all);
  const { "registration-waiting": _, ...rest } = all;
  deepEqual(preferencesFor(["user", "moderator"], all), rest);
});

Deno.test("[D12] the consumer is told of every event that a kind tells of", () => {
  deepEqual([...NOTIFYING_EVENTS].sort(), [
    "auth.user.registered.v1",
    "chat.user.mentioned.v1",
    "files.file.failed.v1",
    "streaming.track.processed.v1",
  ]);
});

Deno.test("[D12] one is told of every kind until one chooses otherwise", () => {
  const preferences = preferencesFrom({ "track-ready": { inPage: false } });
  deepEqual(Object.keys(preferences), NOTIFICATION_KINDS);
  equal(preferences["track-ready"].inPage, false);
  equal(preferences["track-failed"].inPage, true);
});

Deno.test("[D12] what is marked is said in one way: by name, or up to one, or all", () => {
  const id = "01997b5a-0000-7000-8000-000000000001";
  equal(MarkRead.safeParse({ read: true }).success, true);
  equal(MarkRead.safeParse({ read: true, ids: [id] }).success, true);
  equal(MarkRead.safeParse({ read: true, before: id }).success, true);
  equal(MarkRead.safeParse({ read: true, ids: [id], before: id }).success, false);
  equal(MarkRead.safeParse({ read: true, ids: [] }).success, false);
  equal(MarkRead.safeParse({ read: false }).success, false);
  equal(NotificationQuery.parse({ unread: "true" }).unread, true);
  equal(NotificationQuery.parse({}).unread, undefined);
});

Deno.test("[D12] a code of another release is said in words of this one", () => {
  equal(knownCode("corrupt"), "corrupt");
  equal(knownCode("toString"), "internal");
  equal(knownCode("of_tomorrow"), "internal");
});
