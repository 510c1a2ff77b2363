/** Notifications of a whole node: from an upload to its owner's open pages (D12, A21). */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { eventStore } from "../../db/events.ts";
import { userStore } from "../../db/users.ts";
import {
  type Notification,
  type NotificationFrame,
  NOTIFYING_EVENTS,
} from "../../domain/notifications.ts";
import { inDatabase, setRoles } from "../support/accounts.ts";
import { song } from "../support/audio.ts";
import { ask, type Grant, register, someName, upload, waitForTrack } from "../support/client.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";
import { join, makeRoom, message, probeAs } from "../support/sockets.ts";

interface List {
  readonly items: Notification[];
  readonly nextCursor: string | null;
  readonly unreadCount: number;
}

let node: RunningNode;
Deno.test.beforeAll(async () => {
  node = await startNode();
});
Deno.test.afterAll(() => node?.stop());

const PATH = "/api/v1/notifications";
const list = async ({ accessToken: token }: Grant, more = "") =>
  (await ask<List>(node.url, `${PATH}${more}`, { token })).body;

const read = async ({ accessToken: token }: Grant, path: string) =>
  (await ask<string>(node.url, path, { token })).body;

/** Waits until the consumer has been told all events that there are; how far it came. */
async function allTold(): Promise<number> {
  let position = 0;
  await inDatabase(node, (sql) =>
    until("the consumer to be told all", async () => {
      const [row] = await sql<{ left: number; position: number }[]>`
        select position, (
          select count(*)::int from events
          where position is null or position > event_cursors.position
            and event_type = any(${[...NOTIFYING_EVENTS]})
        ) as left
        from event_cursors where consumer = 'notifications'`;
      position = row?.position ?? 0;
      return row?.left === 0;
    }));
  return position;
}

async function ready(grant: Grant, title: string): Promise<string> {
  const sent = await upload(node.url, grant.accessToken, await song("mp3", 1), {
    name: "a.mp3",
    fields: { title },
  });
  const { id } = sent.body.track;
  await waitForTrack(node.url, id, ["ready"]);
  return id;
}

interface Line extends AsyncDisposable {
  readonly frames: NotificationFrame[];
  readonly socket: WebSocket;
}

/** Opens the socket; rejects when it is refused. Resolves when nothing more is missed. */
async function follow(headers: Record<string, string>): Promise<Line> {
  const frames: NotificationFrame[] = [];
  // Deno's own takes headers; the browser's types, which the project is checked with, do not know
  const options = { headers } as unknown as string[];
  const socket = new WebSocket(node.url.replace("http", "ws") + "/ws/notifications", options);
  await new Promise<void>((resolve, reject) => {
    socket.onerror = () => reject(new Error("the socket was refused"));
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.type === "session") resolve();
      else frames.push(frame);
    };
  });
  return {
    frames,
    socket,
    async [Symbol.asyncDispose]() {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
      socket.close();
      await closed;
    },
  };
}
const bearer = ({ accessToken }: Grant) => ({ Authorization: `Bearer ${accessToken}` });

Deno.test("[A21] an upload notifies its owner once though its events are told twice; open pages see it after the commit", async () => {
  const [ada, ben] = [await register(node.url), await register(node.url)];
  await using line = await follow(bearer(ada));
  await using second = await follow(bearer(ada));
  await using other = await follow(bearer(ben));
  const trackId = await ready(ada, "Night ferry");
  await until("the frame", () => Promise.resolve(line.frames.length > 0));
  const [frame] = line.frames;
  ok(frame?.action === "received", JSON.stringify(frame));
  const { items, unreadCount } = await list(ada); // it was told after the commit: it is there
  equal(unreadCount, 1);
  equal(frame.data.unread_count, 1);
  deepEqual(items.map(({ id, kind, about }) => ({ id, kind, about })), [{
    id: frame.data.id,
    kind: "track-ready",
    about: { type: "track", id: trackId, title: "Night ferry" },
  }]);

  await allTold();
  await inDatabase(node, (sql) => eventStore(sql).replay("notifications"));
  ok(await allTold() > 0);
  equal((await list(ada)).items.length, 1);
  equal(line.frames.length, 1);

  const marked = await ask(node.url, PATH, {
    method: "PATCH",
    token: ada.accessToken,
    json: { read: true, ids: [frame.data.id] },
  });
  deepEqual(marked.body, { changed: 1, unreadCount: 0 });
  await until("the other page to know", () => Promise.resolve(second.frames.length === 2));
  deepEqual(second.frames[1], {
    type: "notification",
    action: "read",
    data: { ids: [frame.data.id], before: null, unread_count: 0 },
  });
  equal((await list(ada, "?unread=true")).items.length, 0);
  deepEqual(other.frames, []);
});

Deno.test("[D12] a failure is told with its reason; what is not wanted is not told", async () => {
  const ada = await register(node.url);
  const { accessToken: token } = ada;
  const preferences = `${PATH}/preferences`;
  const chosen = await ask(node.url, preferences, {
    method: "PUT",
    token,
    json: { "track-ready": { inPage: false } },
  });
  deepEqual(chosen.body, {
    "track-ready": { inPage: false },
    "track-failed": { inPage: true },
    "mentioned": { inPage: true },
  });
  deepEqual((await ask(node.url, preferences, { token })).body, chosen.body);
  const unknown = { method: "PUT", token, json: { "track-lost": { inPage: false } } };
  equal((await ask(node.url, preferences, unknown)).status, 422);
  await ready(ada, "Unheard");
  const damaged = await song("mp3", 20);
  damaged.fill(0x37, 3_000);
  const sent = await upload(node.url, token, damaged, { name: "b.mp3", fields: { title: "Bad" } });
  await waitForTrack(node.url, sent.body.track.id, ["failed"], { token });
  await until("the notification", async () => (await list(ada)).items.length > 0);
  await allTold();
  deepEqual(
    (await list(ada)).items.map(({ kind, code, about }) => [
      kind,
      code,
      "title" in about && about.title,
    ]),
    [["track-failed", "corrupt", "Bad"]],
  );
});

Deno.test("[C9] who is mentioned in a room is told, and led to the message; others and edits tell nobody", async () => {
  const [ada, ben, cleo] = await Promise.all([1, 2, 3].map(() => register(node.url)));
  ok(ada && ben && cleo);
  const invited = { kind: "private", name: "Workshop", memberIds: [ben.user.id] };
  const { id: roomId } = await makeRoom(node.url, ada, invited);
  using talk = await probeAs(node.url, ada);
  await using line = await follow(bearer(ben));
  equal((await talk.ask(join(roomId))).action, "joined");
  const names = `@${ben.user.username} and @${cleo.user.username}`;
  const plain = await talk.ask(message(roomId, "Later"));
  const { message_id, seq } = (await talk.ask(message(roomId, `Listen, ${names}`))).data;
  const edit = { room_id: roomId, message_id: plain.data.message_id, content: names };
  await talk.ask({ type: "message", action: "edit", data: edit });
  await until("the frame", () => Promise.resolve(line.frames.length > 0));
  await allTold();
  const about = {
    type: "message",
    id: message_id,
    seq,
    room: { id: roomId, name: "Workshop" },
    by: { id: ada.user.id, name: ada.user.displayName },
  };
  deepEqual((await list(ben)).items.map(({ kind, about }) => [kind, about]), [[
    "mentioned",
    about,
  ]]);
  deepEqual(line.frames.map(({ action, data }) => [action, "about" in data && data.about]), [
    ["received", about],
  ]);
  for (const other of [ada, cleo]) deepEqual((await list(other)).items, []);

  const page = await read(ben, "/notifications");
  match(page, new RegExp(`${ada.user.displayName} mentioned you in Workshop`));
  const link = `/rooms/${roomId}?at=${seq}`;
  ok(page.includes(`href="${link}"`), page);
  match(await read(ben, link), /Listen, /);
  talk.socket.close();
  await talk.closed;
});

Deno.test("[S4] who waits to be let in is told to administrators, and nobody else chooses about it", async () => {
  const [ada, ben] = [await register(node.url), await register(node.url)];
  await setRoles(node, ada.user.id, ["user", "admin"]);
  const username = someName();
  await inDatabase(node, async (sql) => {
    const person = { email: `${username}@example.org`, username, displayName: "Someone New" };
    const account = { id: crypto.randomUUID(), ...person, passwordHash: "x" };
    await userStore(sql).create({ ...account, status: "pending" });
  });
  const own = async (grant: Grant) => (await list(grant)).items.map(({ kind }) => kind);
  await until("the notification", async () => (await own(ada)).length > 0);
  deepEqual(await own(ada), ["registration-waiting"]);
  deepEqual(await own(ben), []);
  match(await read(ada, "/notifications"), /href="\/admin\/registrations"/);

  const box = /name="registration-waiting"/;
  match(await read(ada, "/settings/notifications"), box);
  doesNotMatch(await read(ben, "/settings/notifications"), box);
  // saving the page turns nothing off that it did not show
  const saved = await ask(node.url, "/settings/notifications", {
    method: "POST",
    token: ben.accessToken,
    body: new URLSearchParams({ mentioned: "on" }),
  });
  equal(saved.status, 303);
  await setRoles(node, ben.user.id, ["user", "admin"]);
  const kinds = async () =>
    (await ask(node.url, `${PATH}/preferences`, { token: ben.accessToken })).body;
  await until("the new role to count", async () => "registration-waiting" in await kinds());
  deepEqual(await kinds(), {
    "track-ready": { inPage: false },
    "track-failed": { inPage: false },
    "mentioned": { inPage: true },
    "registration-waiting": { inPage: true },
  });
});

Deno.test("[S4] notifications are one's own: others' are 404, guests are refused, another site's page too", async () => {
  const [ada, ben] = [await register(node.url), await register(node.url)];
  await ready(ada, "Night ferry");
  await until("the notification", async () => (await list(ada)).unreadCount === 1);
  const [one] = (await list(ada)).items;
  const path = `${PATH}/${one!.id}`;
  const { accessToken: token } = ben;
  equal((await ask(node.url, path, { method: "DELETE", token })).status, 404);
  const mark = { method: "PATCH", token, json: { read: true, ids: [one!.id] } };
  deepEqual((await ask(node.url, PATH, mark)).body, { changed: 0, unreadCount: 0 });
  deepEqual((await list(ada)).items, [one]);
  equal((await ask(node.url, PATH)).status, 401);
  equal((await ask(node.url, `${PATH}/preferences`)).status, 401);
  const refused = async (headers: Record<string, string>) => {
    const error = await follow(headers).then(() => null, (reason: Error) => reason);
    match(String(error?.message), /refused/);
  };
  await refused({});
  await refused({ ...bearer(ada), Origin: "https://evil.example" });
  const own = { method: "DELETE", token: ada.accessToken };
  equal((await ask(node.url, path, own)).status, 204);
  equal((await ask(node.url, path, own)).status, 404);
});

Deno.test("[H3] a form that names no notification is refused, and no defect", async () => {
  const { accessToken: token } = await register(node.url);
  const post = async (path: string, fields: Record<string, string> = {}) =>
    (await ask(node.url, path, { method: "POST", token, body: new URLSearchParams(fields) }))
      .status;
  equal(await post("/notifications/read"), 422);
  equal(await post("/notifications/read", { before: "x" }), 422);
  equal(await post("/notifications/x/delete"), 404);
});

Deno.test("[S1] a session that has ended is told nothing more", async () => {
  const ada = await register(node.url);
  const login = await ask<Grant>(node.url, "/api/v1/auth/login", {
    json: { login: ada.user.username, password: "three old brown dogs" },
  });
  await using line = await follow(bearer(login.body));
  const closed = new Promise<CloseEvent>((resolve) => line.socket.onclose = resolve);
  const out = await ask(node.url, "/api/v1/auth/logout", {
    method: "POST",
    token: login.body.accessToken,
  });
  ok(out.status < 300, `${out.status}`);
  await ready(ada, "Night ferry");
  await until("the notification", async () => (await list(ada)).unreadCount === 1);
  equal((await closed).reason, "session_ended");
  deepEqual(line.frames, []);
});

Deno.test("[C12] a socket answers a ping, and takes no speeches", async () => {
  const ada = await register(node.url);
  await using line = await follow(bearer(ada));
  line.socket.send('{"type":"ping"}');
  await until("the pong", () => Promise.resolve(line.frames.length === 1));
  line.socket.send("null");
  await until("the error", () => Promise.resolve(line.frames.length === 2));
  deepEqual(line.frames.map(({ type }) => type as string), ["pong", "error"]);
  const closed = new Promise<CloseEvent>((resolve) => line.socket.onclose = resolve);
  line.socket.send(" ".repeat(2_000));
  equal((await closed).code, 1009);
});
