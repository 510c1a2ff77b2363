/** `/api/v1/live`: who makes, sees, changes and ends streams, and what each is shown (S4, L8). */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import type { LiveView } from "../../domain/live.ts";
import { inDatabase, setRoles } from "../support/accounts.ts";
import { ask, type Grant, register } from "../support/client.ts";
import { action, creator, frameOf, getLive, goLive, liveProbe, makeLive } from "../support/live.ts";
import { startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";
import { join, probe, probeAs } from "../support/sockets.ts";

Deno.test("live streams by REST", async (t) => {
  await using node = await startNode();
  const { url } = node;
  const anna = await creator(url);
  const ben = await creator(url);
  const carl = await register(url);
  const as = (grant: Grant | null, method: string, path: string, json?: object) =>
    ask<LiveView & { code?: string }>(url, `/api/v1${path}`, {
      method,
      ...(grant && { token: grant.accessToken }),
      ...(json && { json }),
    });
  const codeOf = async (...asked: Parameters<typeof as>) => {
    const { status, body } = await as(...asked);
    return [status, body.code];
  };

  await t.step(
    "[S4] going live takes a creator; one becomes that by a setting, at once",
    async () => {
      const stream = { title: "Night shift" };
      deepEqual(await codeOf(null, "POST", "/live", stream), [401, "unauthenticated"]);
      deepEqual(await codeOf(carl, "POST", "/live", stream), [403, "forbidden"]);
      const settings = "/users/me/settings";
      deepEqual((await as(carl, "GET", settings)).body, { creator: false });
      deepEqual((await as(carl, "PUT", settings, { creator: true })).body, { creator: true });
      const made = await as(carl, "POST", "/live", stream);
      equal(made.status, 201);
      deepEqual((await as(carl, "PUT", settings, { creator: false })).body, { creator: false });
      deepEqual(await codeOf(carl, "POST", "/live", stream), [403, "forbidden"]);
      await liveProbe(url, made.body.id, "publish", carl).then(
        () => ok(false, "who is no creator any more was let in"),
        () => {},
      );
      deepEqual(await codeOf(carl, "PUT", settings, { roles: ["admin"] }), [422, "invalid"]);
    },
  );

  await t.step("[L2] the key is shown to the host alone; a new one ends the old", async () => {
    const made = await makeLive(url, anna, { record: true });
    const host = url.replace(/^http:\/\/([^:]+):.*/, "$1");
    match(made.encoder?.url ?? "", new RegExp(`^http://${host}:\\d+/live/${made.id}$`));
    equal(made.encoder?.user, "source");
    match(made.encoder?.key ?? "", /^[A-Za-z0-9_-]{32}$/);
    deepEqual(
      [made.status, made.hostId, made.record, made.visibility, made.recordingTrackId],
      ["idle", anna.user.id, true, "public", null],
    );
    equal(made.hlsUrl, `${url}/live/${made.id}/index.m3u8`);
    deepEqual(made.httpUrls, {
      opus: `${url}/live/${made.id}/stream.opus`,
      mp3: `${url}/live/${made.id}/stream.mp3`,
    });
    for (const viewer of [null, ben]) {
      const { body } = await as(viewer, "GET", `/live/${made.id}`);
      deepEqual([body.encoder, body.publishUrl, body.coHostId], [null, null, null]);
      ok(!JSON.stringify(body).includes(made.encoder!.key));
    }
    const renewed = await as(anna, "POST", `/live/${made.id}/keys`);
    equal(renewed.status, 200);
    notEqual(renewed.body.encoder?.key, made.encoder?.key);
    equal((await getLive(url, made.id, anna.accessToken)).encoder?.key, renewed.body.encoder?.key);
    await inDatabase(node, async (sql) => {
      const rows = await sql`select to_jsonb(s)::text as text from live_streams s`;
      ok(!rows.some(({ text }) => text.includes(renewed.body.encoder!.key)), "it is stored");
    });
  });

  await t.step(
    "[S4] another's stream is not to be changed, started, ended or deleted",
    async () => {
      const { id } = await makeLive(url, anna);
      for (
        const [method, path, json] of [
          ["PATCH", "", { title: "mine" }],
          ["DELETE", "", undefined],
          ["POST", "/start", undefined],
          ["POST", "/stop", undefined],
          ["POST", "/keys", undefined],
          ["GET", "/stats", undefined],
        ] as const
      ) {
        deepEqual(await codeOf(ben, method, `/live/${id}${path}`, json), [403, "forbidden"], path);
      }
      equal((await getLive(url, id)).title, "Night shift");
      await setRoles(node, carl.user.id, ["moderator"]);
      await until(
        "the role",
        async () => (await as(carl, "GET", `/live/${id}/stats`)).status === 200,
      );
      const stopped = await as(carl, "POST", `/live/${id}/stop`);
      deepEqual([stopped.status, stopped.body.status], [200, "ended"], "a moderator ends it");
      for (const field of ["hostId", "status", "keyGeneration", "epoch", "roomId"]) {
        deepEqual(await codeOf(anna, "PATCH", `/live/${id}`, { [field]: "x" }), [422, "invalid"]);
      }
    },
  );

  await t.step(
    "[L8] a private stream is its host's, with its room; who may not see it any more is out",
    async () => {
      const made = await makeLive(url, anna, { visibility: "private" });
      const path = `/live/${made.id}`;
      for (const viewer of [null, ben]) {
        deepEqual(await codeOf(viewer, "GET", path), [404, "not_found"]);
        deepEqual(await codeOf(viewer, "GET", `/rooms/${made.roomId}`), [404, "not_found"]);
      }
      await liveProbe(url, made.id, "listen").then(() => ok(false, "a guest listens"), () => {});
      equal((await as(anna, "GET", path)).status, 200);
      equal((await as(anna, "PATCH", path, { visibility: "unlisted" })).status, 200);
      equal((await as(ben, "GET", path)).status, 200);
      equal((await as(ben, "GET", `/rooms/${made.roomId}`)).status, 200);
      const list = await as(null, "GET", "/live?limit=100") as unknown as {
        body: { items: LiveView[] };
      };
      ok(!list.body.items.some(({ id }) => id === made.id), "unlisted");
      await using listener = await liveProbe(url, made.id, "listen");
      await listener.next(action("state"));
      using chatting = await probe(url);
      equal((await chatting.ask(join(made.roomId))).action, "joined");
      equal((await as(anna, "PATCH", path, { visibility: "private" })).status, 200);
      equal((await listener.next(action("error"))).data.code, "not_found");
      equal((await chatting.next(({ action }) => action === "removed")).data.room_id, made.roomId);
    },
  );

  await t.step(
    "[C8] the room of a stream is open to its listeners, led by its host, and ends with it",
    async () => {
      const { id, roomId } = await makeLive(url, anna, { title: "Vinyl only" });
      const { body: room } = await as(null, "GET", `/rooms/${roomId}`) as unknown as {
        body: { kind: string; name: string; ownerId: string };
      };
      deepEqual([room.kind, room.name, room.ownerId], ["live", "Vinyl only", anna.user.id]);
      using chatting = await probeAs(url, ben);
      await chatting.ask(join(roomId));
      const said = await chatting.ask({
        type: "message",
        action: "send",
        data: { room_id: roomId, client_id: crypto.randomUUID(), content: "Hello" },
      });
      equal(said.action, "received");
      const mine = await as(ben, "GET", "/users/me/rooms") as unknown as {
        body: { items: { id: string }[] };
      };
      ok(!mine.body.items.some((one) => one.id === roomId), "it is not among one's rooms");
      deepEqual(await codeOf(anna, "DELETE", `/rooms/${roomId}`), [409, "conflict"]);
      deepEqual(await codeOf(anna, "POST", "/rooms", { kind: "live", name: "x" }), [
        422,
        "invalid",
      ]);
      equal((await as(anna, "DELETE", `/live/${id}`)).status, 204);
      equal((await chatting.next(({ action }) => action === "removed")).data.room_id, roomId);
      deepEqual(await codeOf(anna, "GET", `/live/${id}`), [404, "not_found"]);
      deepEqual(await codeOf(anna, "GET", `/rooms/${roomId}`), [404, "not_found"]);
    },
  );

  await t.step("[H4] [L8] the list: by status, announced, of one host, page by page", async () => {
    const dora = await creator(url);
    const at = new Date(Date.now() + 30 * 86_400_000).toISOString();
    const [first, second, third] = [
      await makeLive(url, dora, { title: "one" }),
      await makeLive(url, dora, { title: "two", scheduledAt: at }),
      await makeLive(url, dora, { title: "three" }),
    ];
    equal(second?.scheduledAt, at);
    const past = { scheduledAt: new Date(Date.now() - 3_600_000).toISOString() };
    deepEqual(await codeOf(dora, "POST", "/live", { title: "too late", ...past }), [
      422,
      "invalid",
    ]);
    deepEqual(await codeOf(dora, "PATCH", `/live/${first!.id}`, past), [422, "invalid"]);
    const titles = async (query: string) => {
      const { body } = await as(null, "GET", `/live?host_id=${dora.user.id}&${query}`);
      const { items, nextCursor } = body as unknown as {
        items: LiveView[];
        nextCursor: string | null;
      };
      return { titles: items.map(({ title }) => title), nextCursor };
    };
    deepEqual((await titles("")).titles, ["three", "two", "one"]);
    deepEqual((await titles("scheduled=true")).titles, ["two"]);
    const page = await titles("limit=2");
    deepEqual(page.titles, ["three", "two"]);
    deepEqual(await titles(`limit=2&cursor=${page.nextCursor}`), {
      titles: ["one"],
      nextCursor: null,
    });
    const { host } = await goLive(url, first!.id, dora);
    deepEqual((await titles("status=live")).titles, ["one"]);
    await host[Symbol.asyncDispose]();
    await as(dora, "POST", `/live/${third!.id}/stop`);
    deepEqual((await titles("status=ended")).titles, ["three"]);
    deepEqual((await titles("status=idle")).titles, ["two"]);
  });

  await t.step("[L2] start puts it on air before its host comes", async () => {
    const { id } = await makeLive(url, anna);
    const started = await as(anna, "POST", `/live/${id}/start`);
    deepEqual([started.status, started.body.status], [200, "live"]);
    const { host, epoch } = await goLive(url, id, anna);
    equal(epoch, 1);
    await host[Symbol.asyncDispose]();
  });

  await t.step("[A20] beginning, listeners and end are told as events", async () => {
    const { id } = await makeLive(url, anna);
    const { host } = await goLive(url, id, anna);
    host.send(frameOf(0));
    await using guest = await liveProbe(url, id, "listen");
    await using known = await liveProbe(url, id, "listen", ben);
    await Promise.all([guest, known].map((one) => one.next(action("started"))));
    host.say({ type: "live", action: "stop" });
    await host.closed;
    const eventsOf = async () => {
      let rows: { type: string; data: Record<string, unknown> }[] = [];
      await inDatabase(node, async (sql) => {
        rows = await sql<typeof rows>`select event_type as type, data from events
          where aggregate_id = ${id} order by event_type`;
      });
      return rows;
    };
    let rows: Awaited<ReturnType<typeof eventsOf>> = [];
    await until("the events", async () => (rows = await eventsOf()).length === 3, 15_000);
    const [ended, started, joined] = rows;
    deepEqual(
      [ended?.type, ended?.data.hostId, typeof ended?.data.durationMs],
      ["live.stream.ended.v1", anna.user.id, "number"],
    );
    deepEqual([started?.type, started?.data], ["live.stream.started.v1", { hostId: anna.user.id }]);
    deepEqual([joined?.type, joined?.data], ["live.viewer.joined.v1", {
      viewerIds: [ben.user.id],
      guests: 1,
    }]);
  });
});
