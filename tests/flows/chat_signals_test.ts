/** What passes by in rooms and is in no log: typing, receipts, and who is here (C10). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { ask, register } from "../support/client.ts";
import { startNode } from "../support/node.ts";
import { join, makeRoom, message, probe, probeAs, type Said } from "../support/sockets.ts";

Deno.test("what passes by in rooms", async (t) => {
  await using node = await startNode();
  const { url } = node;
  const [anna, ben] = [await register(url), await register(url)];
  const get = async ({ accessToken }: typeof anna, path: string) =>
    (await ask<Said>(url, `/api/v1${path}`, { token: accessToken })).body.items;

  await t.step(
    "[C10] typing, receipts and presence pass by: throttled, and in no log",
    async () => {
      const room = await makeRoom(url, anna);
      using a = await probeAs(url, anna);
      using b = await probeAs(url, ben);
      using guest = await probe(url);
      await a.ask(join(room.id));
      const joined = await b.ask(join(room.id));
      deepEqual(joined.data.online.map(({ user_id }: Said) => user_id).sort(), [
        ...[anna.user.id, ben.user.id].sort(),
      ]);
      await guest.ask(join(room.id));
      const came = await a.next(({ type, data }) =>
        type === "presence" && data.changes?.some(({ user_id }: Said) => user_id === ben.user.id)
      );
      equal(came.data.online, 2);
      await a.ask(message(room.id, "to be read"));
      const at = { room_id: room.id };
      for (let n = 0; n < 10; n++) {
        b.send({ type: "typing", action: "start", data: at });
        b.send({ type: "receipt", action: "read", data: { ...at, seq: 1 } });
        b.send({ type: "receipt", action: "delivered", data: { ...at, seq: 1 } });
      }
      const typing = await a.next(({ type }) => type === "typing");
      deepEqual([typing.action, typing.data.user_id], ["start", ben.user.id]);
      await a.next(({ type, action }) => type === "receipt" && action === "read");
      await a.next(({ type, action }) => type === "receipt" && action === "delivered");
      b.send({ type: "presence", action: "set", data: { status: "away" } });
      const away = await a.next(({ type, data }) =>
        type === "presence" && data.changes?.[0]?.status === "away"
      );
      equal(away.data.changes[0].user_id, ben.user.id);
      const count = (type: string) => a.all.filter((said) => said.type === type).length;
      deepEqual([count("typing"), count("receipt")], [1, 2], "ten in a second are told once");
      equal(b.all.filter(({ type }) => type === "typing").length, 0, "not to who types");
      b[Symbol.dispose]();
      const gone = await a.next(({ type, data }) =>
        type === "presence" && data.changes?.some(({ status }: Said) => status === "offline")
      );
      deepEqual([gone.data.online, typeof gone.data.changes[0].last_seen], [1, "string"]);
      const log = await get(anna, `/rooms/${room.id}/messages`);
      deepEqual(
        log.map(({ action }: Said) => action),
        ["received"],
        "the log has none of it",
      );
      await new Promise((done) => setTimeout(done, 1_100));
      const mine = await get(ben, "/users/me/rooms");
      ok(!mine.some(({ id }: Said) => id === room.id), "reading makes no member");
    },
  );

  await t.step("[C10] [C8] a read mark is kept, and never goes back", async () => {
    const room = await makeRoom(url, anna, {
      kind: "private",
      name: "Marks",
      memberIds: [ben.user.id],
    });
    using a = await probeAs(url, anna);
    using b = await probeAs(url, ben);
    await b.ask(join(room.id));
    for (const text of ["one", "two", "three"]) await a.ask(message(room.id, text));
    const readSeq = async () =>
      (await get(ben, "/users/me/rooms")).find(({ id }: Said) => id === room.id)
        .readSeq;
    equal(await readSeq(), 0);
    for (const seq of [2, 99, 1]) {
      b.send({ type: "receipt", action: "read", data: { room_id: room.id, seq } });
    }
    const until = Date.now() + 5_000;
    while (await readSeq() !== 3 && Date.now() < until) {
      await new Promise((done) => setTimeout(done, 50));
    }
    equal(await readSeq(), 3);
  });
});
