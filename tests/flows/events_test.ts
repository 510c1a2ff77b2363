/** Domain events of a whole node: what is told of whom, in which envelope, and that none is lost. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { inProcessBus } from "../../actors/runtime/bus.ts";
import { eventStore, RELAY_LOCK } from "../../db/events.ts";
import { Envelope, EVENT_TYPES, EVENTS } from "../../domain/events.ts";
import type { TrackVersion } from "../../domain/tracks.ts";
import { EVENT_FEED, eventsOf } from "../../node/events.ts";
import { userStore } from "../../db/users.ts";
import { newId } from "../../services/ids.ts";
import { inDatabase, setRoles } from "../support/accounts.ts";
import { song } from "../support/audio.ts";
import {
  ask,
  type Grant,
  PASSWORD,
  register,
  signIn,
  someName,
  upload,
  waitForTrack,
} from "../support/client.ts";
import { quiet, testDatabase } from "../support/database.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";
import { idOf, metadata, OFFSET_STREAM, tusClient, UPLOADS } from "../support/tus.ts";

const AGENT = "events-test/1.0";
/** The request by which an event is known again. */
const from = (id: string) => ({ "X-Request-Id": id, "User-Agent": AGENT });

type Told = ReturnType<typeof Envelope.parse> & { readonly position: number };

let node: RunningNode;
let admin: Grant;
Deno.test.beforeAll(async () => {
  node = await startNode();
  const { user } = await register(node.url);
  await setRoles(node, user.id, ["user", "admin"]);
  admin = await signIn(node.url, user.username);
});
Deno.test.afterAll(async () => void await node.stop());

interface Listed {
  readonly items: Told[];
  readonly nextAfter: number;
  readonly unrelayed: number;
  readonly consumers: { consumer: string; position: number; waiting: number }[];
}

/** A page of what the administrator sees. */
async function page(query: Readonly<Record<string, string>> = {}): Promise<Listed> {
  const { status, body } = await ask<Listed>(
    node.url,
    `/api/v1/admin/events?${new URLSearchParams(query)}`,
    { token: admin.accessToken },
  );
  equal(status, 200, JSON.stringify(body));
  return body;
}

/** All events about these, in order, once the relay has nothing left to do. */
async function told(...aggregates: readonly string[]): Promise<Told[]> {
  await until("the relay", async () => (await page({ limit: "1" })).unrelayed === 0);
  const all: Told[] = [];
  for (let after = 0;;) {
    const { items, nextAfter } = await page({ after: String(after), limit: "50" });
    if (items.length === 0) return all.filter((event) => aggregates.includes(event.aggregateId));
    all.push(...items);
    after = nextAfter;
  }
}

/** Type and request of each. */
const brief = (events: readonly Told[]) =>
  events.map(({ eventType, metadata: { correlationId } }) => [eventType, correlationId]);

/** Each has the envelope of A20, and the fields of its type, no more. */
function checkEnvelopes(events: readonly Told[]): void {
  for (const event of events) {
    const { position, ...envelope } = event;
    deepEqual(Envelope.strict().parse(envelope), envelope);
    deepEqual(EVENTS[event.eventType].strict().parse(event.data), event.data);
    const [, entity, , version] = event.eventType.split(".");
    deepEqual([event.aggregateType, `v${event.version}`], [entity, version]);
    ok(position > 0);
    ok(Math.abs(Date.parse(event.timestamp) - Date.now()) < 300_000 && /Z$/.test(event.timestamp));
  }
}

Deno.test("[A20] an account and its sign-ins are told once, each with its request", async () => {
  const username = someName();
  const json = { email: `${username}@example.org`, username, password: PASSWORD };
  const made = await ask<Grant>(node.url, "/api/v1/auth/register", {
    json,
    headers: from("events-register"),
  });
  equal(made.status, 201);
  equal((await ask(node.url, "/api/v1/auth/register", { json })).status, 409);
  const login = (password: string) =>
    ask(node.url, "/api/v1/auth/login", {
      json: { login: username, password },
      headers: from("events-login"),
    });
  equal((await login("not my password")).status, 401);
  equal((await login(PASSWORD)).status, 200);
  const form = await ask(node.url, "/login", {
    body: new URLSearchParams({ login: username, password: PASSWORD }),
    headers: { ...from("events-page"), Origin: node.url },
  });
  equal(form.status, 303);
  const events = await told(made.body.user.id);
  deepEqual(brief(events), [
    ["auth.user.registered.v1", "events-register"],
    ["auth.user.logged-in.v1", "events-register"],
    ["auth.user.logged-in.v1", "events-login"],
    ["auth.user.logged-in.v1", "events-page"],
  ]);
  checkEnvelopes(events);
  deepEqual(events[0]!.data, { username, status: "active" });
  deepEqual(new Set(events.map(({ metadata }) => metadata.userAgent)), new Set([AGENT]));
  const text = JSON.stringify(events);
  for (const secret of [PASSWORD, json.email, made.body.refreshToken, made.body.accessToken]) {
    ok(!text.includes(secret), "an event has ids, and no secret");
  }
});

Deno.test("[A20] a track and its files, from the upload to the end, by the requests that began it", async () => {
  const anna = await register(node.url);
  const token = anna.accessToken;
  const body = new FormData();
  body.set("title", "Night ferry");
  body.set("file", new Blob([await song("ogg", 1)]), "ferry-demo.ogg");
  const sent = await ask<{ upload: { id: string; trackId: string } }>(
    node.url,
    "/api/v1/tracks",
    { token, body, headers: from("events-upload") },
  );
  equal(sent.status, 202);
  const { id: first, trackId } = sent.body.upload;
  const at = `/api/v1/tracks/${trackId}`;
  const { durationMs } = await waitForTrack(node.url, trackId, ["ready"], { token });
  const play = (headers: Record<string, string>, token?: string) =>
    ask(node.url, `${at}/plays`, { method: "POST", headers, ...(token && { token }) });
  equal((await play(from("events-guest"))).status, 204);
  equal((await play(from("events-play"), token)).status, 204);

  const form = new FormData();
  form.set("file", new Blob([await song("flac", 2)]), "again.flac");
  const again = await ask<{ upload: { id: string } }>(
    node.url,
    `${at}/versions`,
    { token, body: form, headers: from("events-version") },
  );
  const { id: second } = again.body.upload;
  await until("the version", async () => {
    const { items } = (await ask<{ items: TrackVersion[] }>(node.url, `${at}/versions`, { token }))
      .body;
    return items.some(({ id, status }) => id === second && status === "ready");
  }, 60_000);
  const remove = (path: string, id: string) =>
    ask(node.url, path, { method: "DELETE", token, headers: from(id) });
  equal((await remove(`${at}/versions/${first}`, "events-unversion")).status, 204);
  equal((await remove(`${at}/versions/${first}`, "events-unversion")).status, 404);
  equal((await remove(at, "events-delete")).status, 204);
  equal((await remove(at, "events-delete")).status, 404);

  const events = await told(trackId, first, second);
  const of = (id: string) => events.filter(({ aggregateId }) => aggregateId === id);
  deepEqual(brief(of(trackId)), [
    ["streaming.track.uploaded.v1", "events-upload"],
    ["streaming.track.processed.v1", "events-upload"],
    ["streaming.track.played.v1", "events-guest"],
    ["streaming.track.played.v1", "events-play"],
    ["streaming.track.processed.v1", "events-version"],
    ["streaming.track.deleted.v1", "events-delete"],
  ]);
  deepEqual(brief(of(first)), [
    ["files.file.uploaded.v1", "events-upload"],
    ["files.file.processed.v1", "events-upload"],
    ["files.file.deleted.v1", "events-unversion"],
  ]);
  deepEqual(brief(of(second)), [
    ["files.file.uploaded.v1", "events-version"],
    ["files.file.processed.v1", "events-version"],
    ["files.file.deleted.v1", "events-delete"],
  ]);
  checkEnvelopes(events);
  const [uploaded, processed, guest, mine] = of(trackId);
  deepEqual([guest!.data, mine!.data], [{ listenerId: null }, { listenerId: anna.user.id }]);
  equal(of(first)[1]!.data.durationMs, durationMs);
  deepEqual(new Set(events.map(({ metadata }) => metadata.userAgent)), new Set([AGENT]));

  // what follows from what, back to the request
  const causes = [
    [uploaded, of(first)[0]],
    [of(first)[1], of(first)[0]],
    [processed, of(first)[1]],
    [of(second)[2], of(trackId).at(-1)],
  ];
  for (const [event, cause] of causes) equal(event!.metadata.causationId, cause!.eventId);
  for (const event of [of(first)[0], guest, of(first)[2], of(trackId).at(-1)]) {
    equal(event!.metadata.causationId, null);
  }
  ok(!/ferry|again/i.test(JSON.stringify(events)), "an event has ids, and no content");
});

Deno.test("[A20] a file that came in pieces and failed is told by the request that began it", async () => {
  const { accessToken: token } = await register(node.url);
  const tus = tusClient(node.url, token);
  const flac = await song("flac", 5);
  crypto.getRandomValues(flac.subarray(9_000, 60_000));
  crypto.getRandomValues(flac.subarray(60_000, Math.min(flac.length, 125_000)));
  const begun = await tus.send("POST", UPLOADS, {
    ...from("events-tus"),
    "Upload-Length": String(flac.length),
    "Upload-Metadata": metadata({ filename: "broken.flac" }),
  });
  const path = begun.headers.get("Location") ?? "";
  const send = (offset: number, bytes: Uint8Array<ArrayBuffer>) =>
    tus.send("PATCH", path, {
      ...from("events-bytes"),
      "Upload-Offset": String(offset),
      "Content-Type": OFFSET_STREAM,
    }, bytes);
  equal((await send(0, flac.slice(0, 5_000))).status, 204);
  const id = idOf(path);
  deepEqual(await told(id), [], "bytes are no file before they are all there");
  const done = await send(5_000, flac.slice(5_000));
  equal(done.status, 204, JSON.stringify(done.body));
  await tus.offset(path); // asks again: that changes nothing
  const trackId = done.headers.get("Veza-Track-Id") ?? "";
  await waitForTrack(node.url, trackId, ["failed"], { token });
  const events = await told(id, trackId);
  deepEqual(brief(events), [
    ["files.file.uploaded.v1", "events-tus"],
    ["streaming.track.uploaded.v1", "events-tus"],
    ["files.file.failed.v1", "events-tus"],
  ]);
  checkEnvelopes(events);
  equal(events[2]!.data.code, "corrupt");
});

Deno.test("[A21] killed between commit and relay a node loses nothing, and doubles nothing", async () => {
  await using node = await startNode();
  const bea = await register(node.url);
  const token = bea.accessToken;
  let written: string[] = [];
  await inDatabase(node, async (sql) => {
    const store = eventStore(sql);
    await until("the relay", async () => await store.unrelayed() === 0);
    await sql`select pg_advisory_lock(${RELAY_LOCK})`; // in the node's place: nobody relays now
    const { body } = await upload(node.url, token, await song("ogg", 1), { name: "b.ogg" });
    await waitForTrack(node.url, body.track.id, ["ready"], { token });
    for (let plays = 0; plays < 5; plays++) {
      await ask(node.url, `/api/v1/tracks/${body.track.id}/plays`, { method: "POST" });
    }
    const rows = await sql<{ eventId: string }[]>`
      select event_id as "eventId" from events where position is null order by id`;
    written = rows.map(({ eventId }) => eventId);
    equal(written.length, 2 + 2 + 5);
    await node.kill9();
  });
  await node.restart();
  await inDatabase(node, async (sql) => {
    const store = eventStore(sql);
    await until("the relay", async () => await store.unrelayed() === 0);
    const probe = async () => {
      const heard: string[] = [];
      const hear = (event: { eventId: string }) => {
        heard.push(event.eventId);
        return Promise.resolve();
      };
      while (await store.advance("probe", EVENT_TYPES, hear));
      return heard;
    };
    const heard = await probe();
    deepEqual(heard.slice(-written.length), written, "all of them, in the order of writing");
    equal(new Set(heard).size, heard.length);
    deepEqual(await probe(), []);
    await store.replay("probe");
    deepEqual(await probe(), heard, "a replay tells the same");
  });
  // and the node's own consumer went on from where it was
  const notified = async () =>
    (await ask<{ items: { kind: string }[] }>(node.url, "/api/v1/notifications", { token }))
      .body.items.map(({ kind }) => kind);
  await until("the notification", async () => (await notified()).length > 0);
  deepEqual(await notified(), ["track-ready"]);
});

Deno.test("[A21] an administrator sees who has been told, and asks for some types only", async () => {
  await told();
  await until(
    "the consumers",
    async () => (await page({ limit: "1" })).consumers.every(({ waiting }) => waiting === 0),
  );
  const { consumers } = await page({ limit: "1" });
  ok(consumers.some(({ consumer }) => consumer === "notifications"));
  const types = "streaming.track.uploaded.v1,auth.user.registered.v1";
  const { items } = await page({ types, limit: "100" });
  deepEqual(
    new Set(items.map(({ eventType }) => eventType)),
    new Set(types.split(",").toReversed()),
  );
  for (const query of ["types=auth.user.born.v1", "after=-1", "after=x", "limit=0"]) {
    const { status } = await ask(node.url, `/api/v1/admin/events?${query}`, {
      token: admin.accessToken,
    });
    equal(status, 422, query);
  }
  const { accessToken: token } = await register(node.url);
  equal((await ask(node.url, "/api/v1/admin/events", { token })).status, 403);
});

Deno.test("[A21] told all again by an administrator, a consumer doubles nothing", async () => {
  const { accessToken: token } = await register(node.url);
  const { body } = await upload(node.url, token, await song("ogg", 1), { name: "c.ogg" });
  await waitForTrack(node.url, body.track.id, ["ready"], { token });
  const notified = async () =>
    (await ask<{ items: { id: string }[] }>(node.url, "/api/v1/notifications", { token }))
      .body.items.map(({ id }) => id);
  await until("the notification", async () => (await notified()).length === 1);
  const before = await notified();
  const replay = (consumer: string, json: unknown) =>
    ask<{ position: number }>(node.url, `/api/v1/admin/events/consumers/${consumer}/replay`, {
      token: admin.accessToken,
      json,
    });
  const { position } = (await page()).consumers.find((one) => one.consumer === "notifications")!;
  equal((await replay("notifications", { after: 0 })).status, 200);
  await until("the end of the replay", async () => {
    const { consumers } = await page({ limit: "1" });
    return consumers.some((one) => one.consumer === "notifications" && one.position === position);
  });
  deepEqual(await notified(), before);
  equal((await replay("nobody", { after: 0 })).status, 404);
  equal((await replay("notifications", { after: -1 })).status, 422);
});

Deno.test("[A21] what is relayed is on the bus, and old events end with the sweep", async () => {
  await using database = await testDatabase();
  await using bus = inProcessBus();
  const log = { ...quiet, debug() {} };
  const { sql } = database;
  const users = userStore(sql);
  const ids = [newId(), newId()];
  const heard: string[] = [];
  {
    await using events = eventsOf({ sql, bus, consumers: [], log });
    using _feed = events.live.subscribe(EVENT_FEED, ({ event }) => {
      heard.push(event.aggregateId);
    });
    for (const id of ids) {
      const username = someName();
      const email = `${username}@example.org`;
      const rest = { displayName: "", passwordHash: "", status: "active" } as const;
      await users.create({ id, username, email, ...rest });
    }
    events.nudge();
    await until("the events", () => Promise.resolve(heard.length === 2));
    deepEqual(heard, ids);
    await sql`update events set created_at = now() - interval '91 days'
      where aggregate_id = ${ids[0]!}`;
    await events.sweep();
  }
  const left = await sql<{ id: string }[]>`select aggregate_id as id from events`;
  deepEqual(left.map(({ id }) => id), [ids[1]]);
});
