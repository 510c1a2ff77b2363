/** Rooms through a whole node: sockets, REST and the database. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { ask, register } from "../support/client.ts";
import { startNode } from "../support/node.ts";
import { join, makeRoom, message, probe, probeAs, type Said, ticket } from "../support/sockets.ts";

const received = (content: string) => (said: Said) =>
  said.action === "received" && said.data?.content === content;
const seqs = (all: readonly Said[]) =>
  all.filter(({ type, data }) => type === "message" && !data.duplicate && !data.unchanged).map((
    { data },
  ) => data.seq);

Deno.test("rooms over the socket", async (t) => {
  await using node = await startNode();
  const [anna, ben] = [await register(node.url), await register(node.url)];
  const room = await makeRoom(node.url, anna);

  await t.step("[C1] a pass opens one socket once; a guest reads and does not write", async () => {
    const pass = await ticket(node.url, anna.accessToken);
    using socket = await probe(node.url, { token: pass });
    equal(socket.all[0].data.user_id, anna.user.id);
    await probe(node.url, { token: pass }).then(
      () => ok(false, "a used pass opened a socket"),
      () => {},
    );
    using guest = await probe(node.url);
    equal(guest.all[0].data.user_id, null);
    const joined = await guest.ask(join(room.id));
    deepEqual([joined.action, joined.data.seq, joined.data.may_write], ["joined", 0, false]);
    const refused = await guest.ask(message(room.id, "hello"));
    deepEqual([refused.type, refused.data.code], ["error", "unauthenticated"]);
  });

  await t.step(
    "[C4] the ack is the sender's copy, at its place; a repetition is a duplicate",
    async () => {
      using a = await probeAs(node.url, anna);
      using b = await probeAs(node.url, ben, { bytes: true });
      await a.ask(join(room.id));
      await b.ask(join(room.id));
      const first = message(room.id, "one");
      const ack = await a.ask(first);
      deepEqual(
        [ack.action, ack.data.seq, ack.data.duplicate, ack.data.sender_id],
        ["received", 1, false, anna.user.id],
      );
      const { request_id: _asked, ...copy } = ack;
      deepEqual(await b.next(received("one")), copy);
      const again = await a.ask(first);
      deepEqual([again.data.seq, again.data.duplicate], [1, true]);
      const other = await a.ask({ ...first, data: { ...first.data, content: "two" } });
      equal(other.data.code, "client_id_conflict");
      // not in the room: the answer comes all the same
      using c = await probeAs(node.url, ben);
      const outside = await c.ask(message(room.id, "from outside"));
      deepEqual([outside.action, outside.data.seq], ["received", 2]);
      await a.next(received("from outside"));
      deepEqual(seqs(a.all), [1, 2]);
    },
  );

  await t.step(
    "[C5] [C6] changes are entries of the log; who comes back gets what was missed",
    async () => {
      using a = await probeAs(node.url, anna);
      const joined = await a.ask(join(room.id));
      const { message_id } = joined.data.messages[0];
      const act = (action: string, more: object = {}) =>
        a.ask({ type: "message", action, data: { room_id: room.id, message_id, ...more } });
      const edited = await act("edit", { content: "one, mended" });
      deepEqual([edited.action, edited.data.seq, edited.data.content], [
        "edited",
        3,
        "one, mended",
      ]);
      deepEqual((await act("react", { emoji: "🎧" })).data.seq, 4);
      deepEqual((await act("react", { emoji: "🎧" })).data.unchanged, true);
      deepEqual((await act("pin")).action, "pinned");
      deepEqual((await act("delete")).action, "deleted");
      deepEqual(seqs(a.all), [3, 4, 5, 6]);
      using b = await probeAs(node.url, ben);
      const back = await b.ask(join(room.id, { gen: joined.data.gen, seq: 1 }));
      deepEqual(back.data.messages.map(({ seq, action }: Said) => [seq, action]), [
        [2, "received"],
        [3, "edited"],
        [4, "reacted"],
        [5, "pinned"],
        [6, "deleted"],
      ]);
      deepEqual([back.data.recovered, back.data.messages[1].content], [true, null]);
      const history = await ask<Said>(
        node.url,
        `/api/v1/rooms/${room.id}/messages?after_seq=0&limit=1`,
      );
      deepEqual(history.body.items[0].content, null, "deleted words are gone from the history");
    },
  );
});
