/** Sockets of several nodes are those of one site: sessions, bans, subscriptions, coming back (C1–C10). */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { memberOf } from "../support/chat_crowd.ts";
import { ask, type Grant, register, signIn } from "../support/client.ts";
import { until } from "../support/processes.ts";
import type { Said } from "../support/sockets.ts";
import { startGateways } from "./gateways.ts";

Deno.test("sockets of several nodes", async (t) => {
  await using cluster = await startGateways(2);
  const { nats, sql, anna, ben, sit } = cluster;
  const [a, b] = cluster.gateways.map(({ node }) => node);
  const id = await cluster.room(0);

  await t.step(
    "[C1] [S1] a session that is ended on one node ends its sockets on another within 5 s",
    async () => {
      const ends: Record<string, (who: Grant) => Promise<unknown>> = {
        "signed out": ({ accessToken: token }) =>
          ask(a!.url, "/api/v1/auth/logout", { method: "POST", token }),
        "ended from elsewhere": async ({ accessToken, user }) => {
          const { accessToken: token } = await signIn(a!.url, user.username);
          const { body } = await ask<Said>(a!.url, "/api/v1/auth/sessions", { token: accessToken });
          const { id } = body.items.find((one: Said) => one.current);
          await ask(a!.url, `/api/v1/auth/sessions/${id}`, { method: "DELETE", token });
        },
        "banned": ({ user }) => sql`update users set status = 'banned' where id = ${user.id}`,
      };
      await Promise.all(
        Object.entries(ends).map(async ([how, end]) => {
          const who = await register(b!.url);
          using socket = await sit(1, who, id);
          await end(who);
          const began = performance.now();
          equal(await socket.closed, { code: 1008, reason: "session_ended" }, how);
          const took = performance.now() - began;
          ok(took < 5_500, `${how}: ${took} ms`);
        }),
      );
    },
  );

  await t.step("[C8] who is banned on one node is out on another within a second", async () => {
    using socket = await sit(1, ben, id);
    const began = performance.now();
    const { status } = await ask(a!.url, `/api/v1/rooms/${id}/bans`, {
      token: anna.accessToken,
      json: { userId: ben.user.id },
    });
    equal(status, 204);
    const { data } = await socket.next(({ action }) => action === "removed");
    equal(data.code, "room_banned");
    ok(performance.now() - began < 3_000); // by the news itself: what looks again does so every 5 s
    await ask(a!.url, `/api/v1/rooms/${id}/bans/${ben.user.id}`, {
      method: "DELETE",
      token: anna.accessToken,
    });
  });

  await t.step(
    "[C2] a node has one subscription to a room, however many sit there, and lets go of it",
    async () => {
      const rooms = [id, await cluster.room(1)];
      const sockets = await Promise.all(
        [0, 0, 0, 1, 1, 1].map((at) => sit(at, anna, ...rooms)),
      );
      const followed = async () =>
        (await nats.connections()).map(({ name, subjects }) => ({
          name: name.slice(0, 1),
          rooms: subjects.filter((one) => one.startsWith("room.")).sort(),
        })).sort((one, other) => one.name.localeCompare(other.name));
      const subjects = rooms.map((one) => `room.${one}`).sort();
      const wanted = [{ name: "a", rooms: subjects }, { name: "b", rooms: subjects }];
      // the server counts a little later
      await until(
        "both nodes to follow both rooms",
        async () => (await followed()).every(({ rooms }) => rooms.length >= subjects.length),
      );
      equal(await followed(), wanted);
      for (const one of sockets) one[Symbol.dispose]();
      await until(
        "the subscriptions to be ended",
        async () => (await followed()).every((one) => one.rooms.length === 0),
      );
    },
  );

  await t.step(
    "[C6] a client whose node is killed goes on at another, without a hole",
    async () => {
      let through = a!.url;
      using client = memberOf(b!, anna, id, { through: () => through, faster: 4 });
      using other = memberOf(b!, ben, id, { faster: 4 });
      for (let n = 0; n < 20; n++) client.send(`before ${n}`);
      await client.settled();
      through = b!.url;
      await a!.kill9();
      for (let n = 0; n < 20; n++) client.send(`after ${n}`);
      other.send("meanwhile");
      await Promise.all([client.settled(), other.settled()]);
      const rows = await sql<{ seq: number; message_id: string }[]>`
      select seq, message_id from room_entries where room_id = ${id} order by seq`;
      equal(rows.map(({ seq }) => seq), rows.map((_, at) => at + 1));
      equal(rows.length, 41, "each is there once");
      await until("it to have all", () => Promise.resolve(client.log.has(rows.length)));
      equal([...client.log].sort(([one], [two]) => one - two), [
        ...rows.map(({ seq, message_id }) => [seq, message_id]),
      ]);
    },
  );
});
