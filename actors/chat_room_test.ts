/** Tests of the actor of a room: order, one entry for each message, and what is told when. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import type { Message, Person, Post } from "../domain/chat.ts";
import { decodePublished, type Head } from "../domain/chat_batch.ts";
import type { Pace } from "../domain/chat_posts.ts";
import { roomRows } from "../tests/support/room_rows.ts";
import { chatRoom } from "./chat_room.ts";
import type { RoomStore } from "./room_store.ts";
import { fakeClock, refusal } from "./runtime/testing.ts";
import { driveActor } from "./runtime/testing_actor.ts";

const ID = "019a0000-0000-7000-8000-000000000001";
const person = (id: string): Person => ({ id, name: id, moderator: false });
const [owner, anna, ben] = [person("owner"), person("anna"), person("ben")];

/** A room in memory whose actor is driven; `told` is what it published. */
function driveRoom(
  { pace = null, over = (rows) => rows }: {
    pace?: Pace | null;
    over?: (rows: ReturnType<typeof roomRows>) => RoomStore;
  } = {},
) {
  const rows = roomRows();
  rows.make({ id: ID, ownerId: owner.id });
  const told: { head: Head; lines: { action: string; data: Record<string, unknown> }[] }[] = [];
  let made = 0;
  const clock = fakeClock();
  const driven = driveActor(
    chatRoom({
      rooms: over(rows),
      publish(_id, bytes) {
        const { head, body } = decodePublished(bytes as Uint8Array<ArrayBuffer>);
        const lines = new TextDecoder().decode(body).split("\n").filter(Boolean);
        told.push({ head, lines: lines.map((line) => JSON.parse(line)) });
      },
      newId: () => `message-${++made}`,
      now: clock.now,
      pace,
    }),
    ID,
    { clock },
  );
  return {
    driven,
    rows,
    told,
    /** Has the actor answer the one call that waits. */
    async done<T>(call: Promise<T>): Promise<T> {
      await driven.next();
      return await call;
    },
    kinds: () => told.map(({ head }) => head.kind),
    /** Without the word that somebody joined by writing. */
    toldOfLog: () => told.filter(({ head }) => head.kind !== "standing"),
    seqs: () => rows.log(ID).map(({ seq }) => seq),
    [Symbol.asyncDispose]: () => driven[Symbol.asyncDispose](),
  };
}
const post = (clientId: string, more: Partial<Post> = {}): Post => ({
  sender: anna,
  clientId,
  content: `content of ${clientId}`,
  messageType: "text",
  replyTo: null,
  threadId: null,
  metadata: {},
  ...more,
});

Deno.test("[C4] what waits is written in one statement, then told once, then answered", async () => {
  const steps: string[] = [];
  await using room = driveRoom({
    over: (rows) => ({
      ...rows,
      async append(id, epoch, messages) {
        const done = await rows.append(id, epoch, messages);
        steps.push(`written ${messages.length}`);
        return done;
      },
    }),
  });
  const { driven, toldOfLog } = room;
  const posts = ["a", "b", "c"].map((id, index) =>
    driven.send.post(post(id)).then(({ duplicate, ...posted }) => {
      steps.push(`answered ${"seq" in posted ? posted.seq : "?"} with ${toldOfLog().length} told`);
      equal(duplicate, undefined, String(index));
    })
  );
  await driven.next();
  await Promise.all(posts);
  deepEqual(steps, [
    "written 3",
    ...[1, 2, 3].map((seq) => `answered ${seq} with 1 told`),
  ]);
  deepEqual(toldOfLog()[0]?.lines.map(({ data }) => [data.seq, data.client_id]), [
    [1, "a"],
    [2, "b"],
    [3, "c"],
  ]);
});

Deno.test("[C4] what was not written is neither told nor answered as written", async () => {
  await using room = driveRoom({
    over: (rows) => ({ ...rows, append: () => Promise.reject(new Error("the disk is full")) }),
  });
  const { driven, done, toldOfLog } = room;
  equal(await refusal(done(driven.send.post(post("a")))), "crashed");
  deepEqual([toldOfLog(), room.seqs()], [[], []]);
});

Deno.test("[C6] a life that ended between the commit and the telling is told of by the next", async () => {
  let crash = true;
  await using room = driveRoom({
    over: (rows) => ({
      ...rows,
      async append(id, epoch, messages) {
        const done = await rows.append(id, epoch, messages);
        if (crash) throw new Error("it ends here");
        return done;
      },
    }),
  });
  const { driven, done, toldOfLog } = room;
  equal(await refusal(done(driven.send.post(post("a")))), "crashed");
  crash = false;
  const again = driven.send.post(post("a"));
  await driven.next();
  await driven.clock.advance(50);
  const { duplicate } = await again as { duplicate: Message };
  equal(duplicate.seq, 1, "the repetition finds what the crashed life wrote");
  deepEqual(toldOfLog().map(({ head }) => head), [{ kind: "beacon", gen: 1, seq: 1 }]);
  deepEqual(room.seqs(), [1]);
});

Deno.test("[C4] a repetition is answered as at first, after a crash too", async () => {
  await using room = driveRoom();
  const { driven, done } = room;
  driven.crashNext("after");
  equal(await refusal(done(driven.send.post(post("a")))), "crashed");
  const [again, other] = [driven.send.post(post("a")), driven.send.post(post("b"))];
  const conflict = driven.send.post(post("a", { content: "another" }));
  await driven.next();
  await driven.clock.advance(50);
  const { duplicate } = await again as { duplicate: Message };
  deepEqual([duplicate.seq, duplicate.content], [1, "content of a"]);
  equal((await other as { seq: number }).seq, 2);
  equal(await refusal(conflict), "client_id_conflict");
  deepEqual(room.seqs(), [1, 2]);
});

Deno.test("[A2] a life that another has overtaken writes and tells nothing more", async () => {
  await using room = driveRoom();
  const { driven, done, rows, told } = room;
  await done(driven.send.post(post("a")));
  await rows.open(ID);
  const before = told.length;
  const calls = [
    () => driven.send.post(post("b")),
    () => driven.send.act({ by: owner, userId: anna.id, change: { act: "kick" } }),
    () => driven.send.set({ by: owner, patch: { topic: "x" } }),
    () =>
      driven.send.change({
        person: anna,
        change: { action: "edit", messageId: "message-1", content: "x" },
        nonce: null,
      }),
  ];
  for (const call of calls) {
    const called = call();
    await driven.next();
    equal(await refusal(called), "fenced");
    deepEqual(room.seqs(), [1]);
    const opened = driven.send.enter(null); // the next life
    await driven.next();
    await driven.clock.advance(5_000);
    await opened;
    await rows.open(ID);
  }
  deepEqual(told.slice(before).map(({ head }) => head.kind), Array(4).fill("beacon"));
});

Deno.test("[C8] who writes in a public room is a member from then on; in a private one, before", async () => {
  await using room = driveRoom();
  const { driven, done, rows } = room;
  await done(driven.send.post(post("a")));
  deepEqual(rows.acts, [{ by: "anna", target: "anna", act: "join" }]);
  const now = await done(driven.send.enter(anna));
  deepEqual([now.role, now.room.memberCount], ["member", 2]);
  rows.make({ id: ID, kind: "private", ownerId: owner.id });
  await driven.clock.advance(130_000); // it has passivated, and opens the private room
  const refused = [driven.send.post(post("b")), driven.send.enter(anna), driven.send.enter(null)];
  await driven.rest();
  for (const one of refused) equal(await refusal(one), "not_found");
});

Deno.test("[C5] changes take their numbers in the same log; doing it once more adds none", async () => {
  await using room = driveRoom();
  const { driven, done, told } = room;
  await done(driven.send.post(post("a")));
  const change = (action: "pin" | "unpin" | "delete", by = owner) =>
    driven.send.change({ person: by, change: { action, messageId: "message-1" }, nonce: "n" });
  const react = (action: "react" | "unreact") =>
    driven.send.change({
      person: ben,
      change: { action, messageId: "message-1", emoji: "🎧" },
      nonce: null,
    });
  equal(await done(change("pin")), 2);
  equal(await done(change("pin")), null);
  equal(await done(change("unpin")), 3);
  equal(await done(react("react")), 4);
  equal(await done(react("react")), null);
  equal(await done(react("unreact")), 5);
  equal(await done(change("delete")), 6);
  equal(await refusal(done(change("delete"))), "not_found");
  deepEqual(room.seqs(), [1, 2, 3, 4, 5, 6]);
  const heads = told.map(({ head }) => head).filter((head) => head.kind === "log");
  deepEqual(heads.map(({ first }) => first), [1, 2, 3, 4, 5, 6]);
  deepEqual(heads.map(({ keys }) => keys[0]), [
    ...["anna/a", "owner/n", "owner/n"],
    ...[null, null, "owner/n"],
  ]);
});

Deno.test("[C11] a pace holds for changes as for messages, and costs repetitions nothing", async () => {
  await using room = driveRoom({ pace: { perSecond: 10, burst: 3 } });
  const { driven, done } = room;
  const first = ["a", "b"].map((id) => driven.send.post(post(id)));
  await driven.next();
  await Promise.all(first);
  const react = () =>
    driven.send.change({
      person: anna,
      change: { action: "react", messageId: "message-1", emoji: "🎧" },
      nonce: null,
    });
  equal(await done(react()), 3);
  const late = [
    driven.send.change({
      person: anna,
      change: { action: "react", messageId: "message-1", emoji: "👍" },
      nonce: null,
    }),
    driven.send.post(post("c")),
  ];
  await driven.rest();
  for (const one of late) equal(await refusal(one), "rate_limited");
  ok((await done(driven.send.post(post("a")))).duplicate, "a repetition is answered all the same");
  await driven.clock.advance(100);
  equal((await done(driven.send.post(post("c"))) as { seq: number }).seq, 4);
});

Deno.test("[C6] three beacons tell of what was said last, then there is rest", async () => {
  await using room = driveRoom();
  const { driven, done, told } = room;
  await done(driven.send.post(post("a")));
  await driven.clock.advance(60_000);
  const beacons = told.map(({ head }) => head).filter(({ kind }) => kind === "beacon");
  deepEqual(beacons, Array(3).fill({ kind: "beacon", gen: 1, seq: 1 }));
});

Deno.test("[C8] an act is saved, then told; who was kicked is out", async () => {
  await using room = driveRoom();
  const { driven, done, told } = room;
  await done(driven.send.post(post("a")));
  const act = (change: Parameters<typeof driven.send.act>[0]["change"]) =>
    done(driven.send.act({ by: owner, userId: anna.id, change }));
  await act({ act: "mute", untilMs: driven.clock.now() + 10_000 });
  equal((await done(driven.send.enter(anna))).mayWrite, false);
  equal(await refusal(done(driven.send.post(post("b")))), "muted");
  const muted = { code: "muted", retryAfterMs: 10_000 };
  await rejects(done(driven.send.demandVoice(anna)), muted, "as its stream is told");
  await done(driven.send.demandVoice(owner));
  await act({ act: "kick" });
  equal((await done(driven.send.enter(anna))).role, null);
  await act({ act: "ban", untilMs: driven.clock.now() + 20_000, reason: "noise" });
  equal(await refusal(done(driven.send.enter(anna))), "room_banned");
  await driven.clock.advance(20_000);
  equal((await done(driven.send.enter(anna))).mayWrite, true, "it ends by itself");
  const standing = (removed: boolean) => ({ kind: "standing", userId: "anna", removed });
  deepEqual(told.map(({ head }) => head).filter(({ kind }) => kind === "standing"), [
    standing(false), // by writing they joined
    standing(false),
    standing(true),
    standing(false),
  ]);
  deepEqual(room.rows.acts.map(({ act }) => act), ["join", "mute", "kick", "ban"]);
});

Deno.test("[C8] a room that was deleted is not there, at once", async () => {
  await using room = driveRoom();
  const { driven, done, told } = room;
  const refusedTo = (call: Promise<unknown>) => refusal(done(call));
  equal(await refusedTo(driven.send.remove(anna)), "forbidden");
  await done(driven.send.remove(owner));
  deepEqual(told.at(-1)?.head, { kind: "standing", userId: null, removed: true });
  equal(await refusedTo(driven.send.enter(owner)), "not_found");
  equal(await refusedTo(driven.send.post(post("a"))), "not_found");
  equal(await refusedTo(driven.send.set({ by: owner, patch: {} })), "not_found");
});

Deno.test("[C10] read marks are gathered for a second, and never run ahead of the log", async () => {
  await using room = driveRoom();
  const { driven, done, rows } = room;
  await done(driven.send.post(post("a")));
  for (const [userId, seq] of [["anna", 1], ["owner", 99], ["ben", 1]] as const) {
    driven.send.read({ userId, seq });
  }
  await driven.rest();
  equal(rows.reads.size, 0);
  await driven.clock.advance(1_000);
  deepEqual([...rows.reads], [["anna", 1], ["owner", 1]], "and only of members");
  await done(driven.send.post(post("b")));
  driven.send.read({ userId: "anna", seq: 2 });
  await driven.next();
  await driven.system.stop(1_000);
  equal(rows.reads.get("anna"), 2, "what is gathered is saved when it stops");
});
