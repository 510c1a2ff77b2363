/** The log of a room on a whole node: order, recovery, history and search (C4–C7). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { inDatabase } from "../support/accounts.ts";
import { ask, register } from "../support/client.ts";
import { startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";
import { join, makeRoom, message, probeAs, type Said } from "../support/sockets.ts";

const numbers = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
const seqsOf = (items: readonly Said[]) => items.map(({ seq }) => seq);

Deno.test("the log of a room", async (t) => {
  await using node = await startNode();
  const { url } = node;
  const [anna, ben] = [await register(url), await register(url)];
  const get = async (path: string, token?: string) =>
    await ask<Said>(url, `/api/v1${path}`, token ? { token } : {});

  await t.step(
    "[C4] [C5] many senders at once: one order for all, each seq once, acks in it",
    async () => {
      const room = await makeRoom(url, anna);
      const sockets = await Promise.all(
        [anna, ben, anna, ben].map((who, index) => probeAs(url, who, { bytes: index % 2 === 0 })),
      );
      for (const one of sockets) await one.ask(join(room.id));
      const each = 50;
      sockets.forEach((socket, index) =>
        socket.send(
          ...numbers(1, each).map((n) => ({
            ...message(room.id, `${index}: ${n}`),
            request_id: `order ${index} ${n}`,
          })),
        )
      );
      const last = sockets.length * each;
      for (const socket of sockets) await socket.next(({ data }) => data?.seq === last);
      const logs = sockets.map(({ all }) => all.filter(({ action }) => action === "received"));
      for (const [index, log] of logs.entries()) {
        deepEqual(log.map(({ data }) => data.seq), numbers(1, last));
        const acks = log.filter(({ request_id }) => request_id !== undefined);
        deepEqual(
          acks.map(({ data, request_id }) => [data.content, request_id]),
          numbers(1, each).map((n) => [`${index}: ${n}`, `order ${index} ${n}`]),
          "each sender's messages are in the order in which it sent them",
        );
        deepEqual(log.map(({ data }) => data), logs[0]!.map(({ data }) => data));
        sockets[index]![Symbol.dispose]();
      }
    },
  );

  await t.step(
    "[C4] the same client_id is the same message for ever, also after a restart",
    async () => {
      const room = await makeRoom(url, anna);
      const frame = message(room.id, "once", { metadata: { b: 1, a: [1.5, null] } });
      {
        using socket = await probeAs(url, anna);
        equal((await socket.ask(frame)).data.duplicate, false);
        for (const n of numbers(1, 30)) await socket.ask(message(room.id, `other ${n}`));
        const again = await socket.ask(frame);
        deepEqual([again.data.seq, again.data.duplicate], [1, true]);
        using other = await probeAs(url, ben);
        equal((await other.ask(frame)).data.seq, 32, "another sender's is another message");
      }
      await node.restart();
      using socket = await probeAs(url, anna);
      await socket.ask(join(room.id));
      const again = await socket.ask(frame);
      deepEqual([again.data.seq, again.data.duplicate, again.data.content], [1, true, "once"]);
      for (const more of [{ content: "twice" }, { metadata: {} }, { reply_to: room.id }]) {
        const other = { ...frame, data: { ...frame.data, ...more } };
        equal((await socket.ask(other)).data.code, "client_id_conflict");
      }
      const { message_id } = again.data;
      await socket.ask({
        type: "message",
        action: "delete",
        data: { room_id: room.id, message_id },
      });
      const gone = await socket.ask(frame);
      deepEqual([gone.data.duplicate, gone.data.deleted, gone.data.content], [true, true, null]);
      const { body } = await get(`/rooms/${room.id}/messages?after_seq=0&limit=100`);
      deepEqual(seqsOf(body.items), numbers(1, 33));
    },
  );

  await t.step("[C6] who comes back gets what was missed, in pages, without a hole", async () => {
    const room = await makeRoom(url, anna);
    const many = 4_100;
    using socket = await probeAs(url, anna, { bytes: true });
    const send = (first: number, last: number) =>
      socket.send(
        ...numbers(first, last).map((n) => ({
          ...message(room.id, `${n}`),
          ...(n === last && { request_id: `page ${n}` }),
        })),
      );
    for (let at = 0; at < many; at += 100) {
      send(at + 1, at + 100);
      await socket.next(({ request_id }) => request_id === `page ${at + 100}`, 30_000);
    }
    using back = await probeAs(url, ben);
    const fresh = await back.ask(join(room.id));
    deepEqual([seqsOf(fresh.data.messages), fresh.data.seq, fresh.data.recovered], [
      numbers(many - 49, many),
      many,
      true,
    ]);
    const { gen } = fresh.data;
    using paged = await probeAs(url, ben);
    const got: number[] = [];
    for (let more = true; more;) {
      const said: Said = await paged.ask(join(room.id, { gen, seq: got.at(-1) ?? 10 }), 30_000);
      equal(said.data.recovered, true);
      got.push(...seqsOf(said.data.messages));
      equal(said.data.seq, got.at(-1));
      more = said.data.more === true;
      if (more) await socket.ask(message(room.id, "meanwhile"));
    }
    const last = got.at(-1)!;
    deepEqual(got, numbers(11, last));
    ok(last > many, "what was said between the pages is in them");
    const live = paged.all.filter(({ action, data }) => action === "received" && data.seq <= last);
    deepEqual(live, [], "and came by no other way");
    await socket.ask(message(room.id, "live"));
    equal((await paged.next(({ data }) => data?.content === "live")).data.seq, last + 1);
    deepEqual((await paged.ask(join(room.id, { gen, seq: last + 1 }))).data.messages, []);
  });

  await t.step(
    "[C6] who missed too much, or another log, is told so, with the newest",
    async () => {
      const room = await makeRoom(url, anna);
      using socket = await probeAs(url, anna);
      const fromNowhere = await socket.ask(join(room.id));
      deepEqual([fromNowhere.data.seq, fromNowhere.data.messages, fromNowhere.data.gen], [
        0,
        [],
        1,
      ]);
      for (const n of numbers(1, 60)) await socket.ask(message(room.id, `${n}`));
      await inDatabase(node, (sql) =>
        sql`
        insert into room_entries (room_id, seq, action, created_at, message_id, sender_id,
          sender_name, client_id, content, message_type, metadata)
        select ${room.id}, n, 'received', now(), gen_random_uuid(), ${anna.user.id}, 'Anna',
          gen_random_uuid(), n::text, 'text', '{}' from generate_series(61, 10070) n`.then(() =>
          sql`update rooms set last_seq = 10070 where id = ${room.id}`
        ));
      await node.restart();
      using back = await probeAs(url, anna);
      for (const since of [{ gen: 1, seq: 69 }, { gen: 2, seq: 10_000 }, { gen: 1, seq: 10_071 }]) {
        const { data } = await back.ask(join(room.id, since));
        deepEqual([data.recovered, seqsOf(data.messages)], [false, numbers(10_021, 10_070)]);
      }
      const { data } = await back.ask(join(room.id, { gen: 1, seq: 70 }), 30_000);
      deepEqual([data.recovered, data.more, data.messages[0].seq], [true, true, 71]);
    },
  );

  await t.step("[C6] a room of one's own socket is joined anew, and left", async () => {
    const room = await makeRoom(url, anna);
    using a = await probeAs(url, anna);
    using b = await probeAs(url, ben);
    await a.ask(join(room.id));
    await a.ask(join(room.id));
    await b.ask(message(room.id, "once"));
    await a.next(({ data }) => data?.content === "once");
    const left = await a.ask({ type: "room", action: "leave", data: { room_id: room.id } });
    equal(left.action, "left");
    await b.ask(message(room.id, "unheard"));
    await a.ask({ type: "ping" });
    deepEqual(a.all.filter(({ action }) => action === "received").length, 1);
    const frames = [
      join(room.id),
      join(room.id),
      { ...join(room.id), action: "leave" },
      join(room.id),
    ]
      .map((frame, index) => ({ ...frame, request_id: `quick ${index}` }));
    a.send(...frames);
    for (const { request_id } of frames) await a.next((said) => said.request_id === request_id);
    const answers = a.all.filter(({ request_id }) => request_id?.startsWith("quick"));
    equal(answers.length, 4);
    ok(answers.some(({ request_id, action }) => request_id === "quick 3" && action === "joined"));
    await b.ask(message(room.id, "heard"));
    await a.next(({ data }) => data?.content === "heard");
  });

  await t.step(
    "[C7] history: any part of the log, ascending, and nothing past its end",
    async () => {
      const room = await makeRoom(url, anna);
      using socket = await probeAs(url, anna);
      const said: Said[] = [];
      for (const n of numbers(1, 12)) said.push(await socket.ask(message(room.id, `message ${n}`)));
      const act = (action: string, of: number, more: object = {}) =>
        socket.ask({
          type: "message",
          action,
          data: { room_id: room.id, message_id: said[of - 1].data.message_id, ...more },
        });
      await act("edit", 3, { content: "message 3, mended" });
      await act("delete", 4);
      const path = `/rooms/${room.id}/messages`;
      const part = async (query: string) => {
        const { status, body } = await get(`${path}?${query}`);
        equal(status, 200, query);
        deepEqual([body.nextCursor, body.gen, body.lastSeq], [null, 1, 14]);
        return seqsOf(body.items);
      };
      deepEqual(await part("limit=3"), [12, 13, 14]);
      deepEqual(await part("before_seq=5&limit=3"), [2, 3, 4]);
      deepEqual(await part("before_seq=1"), []);
      deepEqual(await part("after_seq=5&limit=3"), [6, 7, 8]);
      deepEqual(await part("after_seq=0"), numbers(1, 14));
      deepEqual(await part("after_seq=14"), []);
      deepEqual(await part("after_seq=999999"), []);
      deepEqual(await part("around_seq=7&limit=4"), [5, 6, 7, 8]);
      deepEqual(await part("around_seq=1&limit=4"), [1, 2]);
      const at = encodeURIComponent(said[6].data.created_at);
      ok((await part(`at=${at}&limit=6`)).includes(7));
      const { body } = await get(`${path}?after_seq=2&limit=2`);
      const [third, fourth] = body.items;
      deepEqual([third.clientId, third.senderId, third.action, third.type], [
        said[2].data.client_id,
        anna.user.id,
        ...["received", "message"],
      ]);
      deepEqual([fourth.content, fourth.deleted, JSON.stringify(fourth).includes("message 4")], [
        ...[null, true, false],
      ]);
      for (
        const bad of [
          ...["before_seq=-1", "after_seq=x", "limit=0", "limit=101", "at=yesterday"],
          ...["before_seq=1&after_seq=1", "around_seq=99999999999999999999"],
        ]
      ) equal((await get(`${path}?${bad}`)).status, 422, bad);
    },
  );

  await t.step(
    "[C7] search finds words as they stand now, at once and when they are put in",
    async () => {
      const room = await makeRoom(url, anna);
      using a = await probeAs(url, anna);
      using b = await probeAs(url, ben);
      const first = await a.ask(message(room.id, "the kick drum is loud"));
      const second = await b.ask(message(room.id, "a louder snare drum"));
      const third = await b.ask(message(room.id, "a secret drum"));
      const found = async (query: string) => {
        const { status, body } = await get(`/rooms/${room.id}/search?${query}`);
        equal(status, 200);
        return seqsOf(body.items);
      };
      const asTheyStand = async () => {
        deepEqual(await found("q=drum"), [3, 2, 1], "newest first");
        deepEqual(await found("q=drum&limit=1"), [3]);
        deepEqual(await found("q=drum&before_seq=3"), [2, 1]);
        deepEqual(await found("q=drum%20-snare"), [3, 1]);
        deepEqual(await found("q=%22kick%20drum%22"), [1]);
        deepEqual(await found(`q=drum&sender_id=${anna.user.id}`), [1]);
        deepEqual(await found(`q=drum&from=${encodeURIComponent(second.data.created_at)}`), [3, 2]);
        deepEqual(await found(`q=drum&to=${encodeURIComponent(first.data.created_at)}`), []);
      };
      /** Waits for the words of all that was said in this room. */
      const putIn = () =>
        inDatabase(node, (sql) =>
          until("all words", async () => {
            const [row] = await sql`
              select from room_words_cursors c join rooms r on r.id = c.room_id
              where r.id = ${room.id} and c.seq = r.last_seq`;
            return row !== undefined;
          }));
      await asTheyStand();
      await putIn();
      await asTheyStand();
      const change = (action: string, of: Said, more: object = {}) =>
        b.ask({
          type: "message",
          action,
          data: { room_id: room.id, message_id: of.data.message_id, ...more },
        });
      await change("delete", third);
      await change("edit", second, { content: "a louder hi-hat" });
      const changed = async () => {
        deepEqual(await found("q=secret"), []);
        deepEqual(await found("q=snare"), []);
        deepEqual(await found("q=hat"), [2]);
      };
      await changed();
      await putIn();
      await changed();
      for (const odd of ["q=%00", "q="]) {
        equal((await get(`/rooms/${room.id}/search?${odd}`)).status, 422, odd);
      }
      for (const odd of ["'; drop table rooms; --", "& | ! ( ) : *", '"', "\\"]) {
        deepEqual(await found(`q=${encodeURIComponent(odd)}`), []);
      }
    },
  );

  await t.step(
    "[C9] each person each sign once; edits keep their history; who reacts is named",
    async () => {
      const room = await makeRoom(url, anna);
      using a = await probeAs(url, anna);
      using b = await probeAs(url, ben);
      for (const one of [a, b]) await one.ask(join(room.id));
      const { data: { message_id } } = await a.ask(message(room.id, "first wording"));
      const act = async (
        socket: typeof a,
        action: string,
        more: object = {},
      ) => (await socket.ask({
        type: "message",
        action,
        data: { room_id: room.id, message_id, ...more },
      }));
      equal((await act(b, "react", { emoji: "🎧" })).data.seq, 2);
      equal((await act(b, "react", { emoji: "🎧" })).data.unchanged, true);
      equal((await act(a, "react", { emoji: "🎧" })).data.seq, 3);
      equal((await act(b, "unreact", { emoji: "🎧" })).data.seq, 4);
      equal((await act(b, "unreact", { emoji: "🎧" })).data.unchanged, true);
      equal((await act(b, "edit", { content: "not mine" })).data.code, "forbidden");
      equal((await act(b, "delete")).data.code, "forbidden");
      equal((await act(b, "pin")).data.code, "forbidden");
      equal((await act(a, "edit", { content: "second wording" })).data.seq, 5);
      const told = await b.next(({ action }) => action === "edited");
      deepEqual([told.data.content, told.data.user_id, told.request_id], [
        ...["second wording", anna.user.id, undefined],
      ]);
      const { body } = await get(`/rooms/${room.id}/messages`);
      deepEqual(body.items.map(({ content }: Said) => content).filter(Boolean), [
        ...["first wording", "second wording"],
      ]);
    },
  );
});
