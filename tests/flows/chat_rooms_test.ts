/** Who may what in rooms, and how fast it takes effect on sockets that are open (C8). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { inDatabase, setRoles } from "../support/accounts.ts";
import { ask, type Grant, register } from "../support/client.ts";
import { startNode } from "../support/node.ts";
import {
  join,
  makeRoom,
  message,
  type Probe,
  probe,
  probeAs,
  type Said,
} from "../support/sockets.ts";

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
/** What is effective on open sockets is so within a second (C8), in ms. */
const SOON_MS = 1_000;

Deno.test("rooms and who is in them", async (t) => {
  await using node = await startNode();
  const { url } = node;
  const [anna, ben, carl, dora] = await Promise.all([1, 2, 3, 4].map(() => register(url)));
  if (!anna || !ben || !carl || !dora) throw new Error("No accounts");
  const rest = async (who: Grant | null, method: string, path: string, json?: unknown) =>
    await ask<Said>(url, `/api/v1${path}`, {
      method,
      ...(who && { token: who.accessToken }),
      ...(json !== undefined && { json }),
    });
  const status = async (...of: Parameters<typeof rest>): Promise<number> =>
    (await rest(...of)).status;
  const code = async (socket: Probe, frame: object) => {
    const said = await socket.ask(frame);
    return said.type === "error" ? said.data.code : said.action;
  };
  const acts = async (roomId: string) => {
    let found: string[] = [];
    await inDatabase(node, async (sql) => {
      const rows = await sql<{ act: string }[]>`
        select act from room_acts where room_id = ${roomId} order by id`;
      found = rows.map((row) => row.act);
    });
    return found;
  };

  await t.step("[C8] who writes in a public room is a member from then on", async () => {
    const room = await makeRoom(url, anna);
    using socket = await probeAs(url, ben);
    equal((await socket.ask(join(room.id))).data.role, null);
    deepEqual((await rest(ben, "GET", "/users/me/rooms")).body.items, []);
    equal(await code(socket, message(room.id, "hello")), "received");
    const members = (await rest(null, "GET", `/rooms/${room.id}/members`)).body.items;
    deepEqual(members.map(({ role }: Said) => role).sort(), ["member", "owner"]);
    equal((await rest(ben, "GET", "/users/me/rooms")).body.items[0].id, room.id);
    equal(await status(ben, "DELETE", `/rooms/${room.id}/members/${ben.user.id}`), 204);
    equal(await status(ben, "POST", `/rooms/${room.id}/members`, { userId: ben.user.id }), 204);
    equal(await status(anna, "DELETE", `/rooms/${room.id}/members/${anna.user.id}`), 403);
  });

  await t.step("[C8] private and direct rooms are not there for others, by any route", async () => {
    const secret = await makeRoom(url, anna, {
      kind: "private",
      name: "Secret",
      memberIds: [ben.user.id],
    });
    const direct = await makeRoom(url, anna, { kind: "direct", memberIds: [ben.user.id] });
    using inside = await probeAs(url, ben);
    for (const room of [secret, direct]) {
      equal(await code(inside, join(room.id)), "joined");
      const said = await inside.ask(message(room.id, "a secret word"));
      const { message_id, seq } = said.data;
      using socket = await probeAs(url, carl);
      using guest = await probe(url);
      const at = { room_id: room.id, message_id };
      for (const one of [socket, guest]) {
        equal(await code(one, join(room.id)), "not_found");
        equal(await code(one, join(room.id, { gen: 1, seq: 0 })), "not_found");
      }
      for (
        const [action, more] of [
          ["send", { client_id: crypto.randomUUID(), content: "x" }],
          ["edit", { content: "x" }],
          ["delete", {}],
          ["react", { emoji: "🎧" }],
          ["pin", {}],
        ] as const
      ) {
        equal(
          await code(socket, { type: "message", action, data: { ...at, ...more } }),
          "not_found",
        );
      }
      for (const [type, action] of [["typing", "start"], ["receipt", "read"]]) {
        equal(await code(socket, { type, action, data: { ...at, seq } }), "not_joined");
      }
      const path: string = `/rooms/${room.id}`;
      const mine: string = carl.user.id;
      for (const who of [carl, null]) {
        for (
          const read of [
            path,
            `${path}/messages`,
            `${path}/messages?after_seq=0`,
            `${path}/members`,
            `${path}/search?q=secret`,
            `${path}/pins`,
            `${path}/messages/${message_id}`,
          ]
        ) equal(await status(who, "GET", read), 404, read);
      }
      const writes: [string, string, unknown][] = [
        ["PATCH", path, { topic: "x" }],
        ["DELETE", path, undefined],
        ["POST", `${path}/members`, { userId: mine }],
        ["POST", `${path}/members`, { userId: dora.user.id }],
        ["PATCH", `${path}/members/${ben.user.id}`, { mutedUntil: inAnHour() }],
        ["PATCH", `${path}/members/${mine}`, { role: "moderator" }],
        ["DELETE", `${path}/members/${ben.user.id}`, undefined],
        ["DELETE", `${path}/members/${mine}`, undefined],
        ["GET", `${path}/bans`, undefined],
        ["POST", `${path}/bans`, { userId: ben.user.id }],
        ["DELETE", `${path}/bans/${ben.user.id}`, undefined],
        ["POST", `${path}/invites`, {}],
      ];
      for (const [method, to, json] of writes) {
        equal(await status(carl, method, to, json), 404, `${method} ${to}`);
      }
      const lists: Said[] = [
        (await rest(carl, "GET", "/rooms?limit=100")).body.items,
        (await rest(carl, "GET", "/users/me/rooms")).body.items,
      ].flat();
      ok(!lists.some(({ id }: Said) => id === room.id));
      deepEqual(
        inside.all.filter(({ action }) => action === "removed"),
        [],
        "and nothing happened",
      );
    }
  });

  await t.step(
    "[C8] a direct room of the same people is the same; who leaves may begin anew",
    async () => {
      const others = { kind: "direct", memberIds: [dora.user.id] };
      const first = await makeRoom(url, carl, others);
      const again = await rest(dora, "POST", "/rooms", {
        kind: "direct",
        memberIds: [carl.user.id],
      });
      deepEqual([again.status, again.body.id], [200, first.id]);
      equal(await status(carl, "DELETE", `/rooms/${first.id}/members/${carl.user.id}`), 403);
      equal(await status(dora, "DELETE", `/rooms/${first.id}/members/${dora.user.id}`), 204);
      const anew = await rest(dora, "POST", "/rooms", {
        kind: "direct",
        memberIds: [carl.user.id],
      });
      equal(anew.status, 201);
      equal(await status(dora, "GET", `/rooms/${anew.body.id}`), 200);
      for (
        const memberIds of [
          [],
          [carl.user.id],
          Array(10).fill(0).map(() => dora.user.id.replace(/.$/, "1")),
        ]
      ) {
        ok(await status(carl, "POST", "/rooms", { kind: "direct", memberIds }) >= 400);
      }
    },
  );

  await t.step("[C8] a link lets in as often as it says, until it ends", async () => {
    const room = await makeRoom(url, anna, { kind: "private", name: "By link" });
    const made = await rest(anna, "POST", `/rooms/${room.id}/invites`, { uses: 2, hours: 1 });
    equal(made.status, 201);
    ok(made.body.url.endsWith(`/rooms/invites/${made.body.code}`));
    equal(await status(null, "POST", `/rooms/invites/${made.body.code}`), 401);
    equal((await rest(ben, "POST", `/rooms/invites/${made.body.code}`)).body.id, room.id);
    equal(await status(ben, "POST", `/rooms/invites/${made.body.code}`), 200, "that is no use");
    equal(await status(dora, "POST", `/rooms/invites/${made.body.code}`), 200);
    equal(await status(carl, "POST", `/rooms/invites/${made.body.code}`), 403, "it is used up");
    const other = await rest(ben, "POST", `/rooms/${room.id}/invites`, { uses: 5, hours: 1 });
    await inDatabase(node, (sql) => sql`update room_invites set expires_at = now()`);
    equal(await status(carl, "POST", `/rooms/invites/${other.body.code}`), 403, "it has ended");
    equal(await status(carl, "POST", `/rooms/invites/${"A".repeat(43)}`), 403);
    equal(await status(carl, "GET", `/rooms/${room.id}`), 404);
  });

  await t.step(
    "[C8] mute, kick and ban hold on open sockets within a second, and are recorded",
    async () => {
      const room = await makeRoom(url, anna);
      const path = `/rooms/${room.id}`;
      using socket = await probeAs(url, ben);
      using other = await probeAs(url, carl);
      for (const one of [socket, other]) await one.ask(join(room.id));
      const first = await socket.ask(message(room.id, "first"));
      await other.ask(message(room.id, "second"));
      const changed = () =>
        socket.next(({ type, action }) => type === "room" && action !== "joined", SOON_MS);
      equal((await changed()).data.role, "member", "who writes joins, and is told so");

      const member = `${path}/members/${ben.user.id}`;
      equal(
        await status(carl, "PATCH", member, { mutedUntil: inAnHour() }),
        403,
        "not a moderator",
      );
      equal(await status(anna, "PATCH", member, { mutedUntil: inAnHour() }), 204);
      deepEqual([(await changed()).data.may_write], [false]);
      const refused = await socket.ask(message(room.id, "muted"));
      equal(refused.data.code, "muted");
      ok(refused.data.retry_after_ms > 3_500_000);
      const { message_id } = first.data;
      const edit = {
        type: "message",
        action: "edit",
        data: { room_id: room.id, message_id, content: "x" },
      };
      equal(await code(socket, edit), "muted");
      equal(await status(ben, "DELETE", member), 204);
      await changed();
      equal(
        await code(socket, message(room.id, "after leaving")),
        "muted",
        "leaving does not unmute",
      );
      equal(await status(ben, "POST", `${path}/members`, { userId: ben.user.id }), 204);
      await changed();
      equal(await code(socket, message(room.id, "and coming again")), "muted");
      equal(await status(anna, "PATCH", member, { mutedUntil: null }), 204);
      deepEqual([(await changed()).data.may_write], [true]);
      equal(await code(socket, message(room.id, "free")), "received");

      equal(await status(carl, "DELETE", member), 403);
      equal(await status(anna, "DELETE", member), 204);
      deepEqual([(await changed()).action], ["removed"]);
      const unseen = message(room.id, "while out");
      await other.ask(unseen);
      equal(
        await code(socket, { type: "typing", action: "start", data: { room_id: room.id } }),
        "not_joined",
      );
      ok(!socket.all.some(({ data }) => data?.content === "while out"), "it hears no more");
      equal(await code(socket, join(room.id)), "joined", "a public room is open to who was kicked");

      const ban = { userId: ben.user.id, until: inAnHour(), reason: "noise" };
      equal(await status(carl, "POST", `${path}/bans`, ban), 403);
      equal(await status(anna, "POST", `${path}/bans`, { ...ban, userId: room.id }), 404, "nobody");
      equal(await status(anna, "POST", `${path}/bans`, ban), 204);
      deepEqual([(await changed()).data.code], ["room_banned"]);
      equal(await code(socket, join(room.id)), "room_banned");
      equal(await code(socket, message(room.id, "banned")), "room_banned");
      equal(await status(ben, "GET", `${path}/messages`), 403);
      equal((await rest(anna, "GET", `${path}/bans`)).body.items[0].reason, "noise");
      equal(await status(carl, "GET", `${path}/bans`), 403);
      equal(await status(anna, "DELETE", `${path}/bans/${ben.user.id}`), 204);
      equal(await code(socket, join(room.id)), "joined");
      const short = { ...ban, until: new Date(Date.now() + 300).toISOString() };
      equal(await status(anna, "POST", `${path}/bans`, short), 204);
      await changed();
      await new Promise((done) => setTimeout(done, 350));
      equal(await code(socket, join(room.id)), "joined", "a timed ban ends by itself");
      deepEqual(
        (await acts(room.id)).filter((act) => !["join", "leave"].includes(act)),
        ["mute", "unmute", "kick", "ban", "unban", "ban"],
      );
    },
  );

  await t.step(
    "[C8] owners name moderators, who act on those below; moderators of the site too",
    async () => {
      const room = await makeRoom(url, anna);
      const path = `/rooms/${room.id}`;
      for (const who of [ben, carl]) {
        equal(await status(who, "POST", `${path}/members`, { userId: who.user.id }), 204);
      }
      const member = (who: Grant) => `${path}/members/${who.user.id}`;
      equal(await status(ben, "PATCH", member(ben), { role: "moderator" }), 403);
      equal(await status(anna, "PATCH", member(ben), { role: "moderator" }), 204);
      equal(await status(ben, "PATCH", member(carl), { mutedUntil: inAnHour() }), 204);
      equal(await status(ben, "PATCH", member(anna), { mutedUntil: inAnHour() }), 403);
      equal(await status(ben, "PATCH", path, { topic: "Mixing" }), 200);
      equal(await status(carl, "PATCH", path, { topic: "Mine" }), 403);
      equal(await status(ben, "DELETE", path), 403);
      equal(await status(dora, "PATCH", member(ben), { mutedUntil: inAnHour() }), 403);
      await setRoles(node, dora.user.id, ["moderator"]);
      equal(await status(dora, "PATCH", member(carl), { mutedUntil: null }), 204, "of the site");
    },
  );

  await t.step("[C8] slow mode and blocked words, from the moment that they are set", async () => {
    const room = await makeRoom(url, anna);
    using socket = await probeAs(url, ben);
    using owner = await probeAs(url, anna);
    await socket.ask(join(room.id));
    const set = { slowModeMs: 60_000, blockedWords: ["rude", "two words"], topic: "Slow" };
    equal(await status(anna, "PATCH", `/rooms/${room.id}`, set), 200);
    const told = await socket.next(({ action }) => action === "changed", SOON_MS);
    deepEqual([told.data.slow_mode_ms, told.data.topic], [60_000, "Slow"]);
    equal(await code(socket, message(room.id, "how RUDE")), "blocked_word");
    equal(await code(socket, message(room.id, "two words")), "blocked_word");
    const said = await socket.ask(message(room.id, "prudent"));
    equal(said.action, "received");
    const data = { room_id: room.id, message_id: said.data.message_id, content: "rude" };
    equal(await code(socket, { type: "message", action: "edit", data }), "blocked_word");
    const early = await socket.ask(message(room.id, "again"));
    equal(early.data.code, "slow_mode");
    ok(early.data.retry_after_ms > 55_000 && early.data.retry_after_ms <= 60_000);
    for (const text of ["one", "two rude"]) {
      equal(await code(owner, message(room.id, text)), "received", "not for who leads");
    }
  });

  await t.step("[C8] a room that is deleted is gone for all at once", async () => {
    const room = await makeRoom(url, anna);
    using socket = await probeAs(url, ben);
    await socket.ask(join(room.id));
    equal(await status(ben, "DELETE", `/rooms/${room.id}`), 403);
    equal(await status(anna, "DELETE", `/rooms/${room.id}`), 204);
    const told = await socket.next(({ action }) => action === "removed", SOON_MS);
    equal(told.data.room_id, room.id);
    for (const frame of [join(room.id), message(room.id, "x")]) {
      equal(await code(socket, frame), "not_found");
    }
    for (const path of ["", "/messages", "/members", "/search?q=x"]) {
      equal(await status(anna, "GET", `/rooms/${room.id}${path}`), 404, path);
    }
  });
});
