/** One suite for the stores of rooms: in memory, and in the database (C4, C5, C8, C9). */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { RoomStore } from "../../actors/room_store.ts";
import { refusal } from "../../actors/runtime/testing.ts";
import { chatStore } from "../../db/chat.ts";
import { roomStore } from "../../db/rooms.ts";
import type { Entry, Message, Person } from "../../domain/chat.ts";
import type { RoomLog } from "../../routes/sockets/hub.ts";
import { newId } from "../../services/ids.ts";
import { testDatabase } from "../support/database.ts";
import { roomRows } from "../support/room_rows.ts";

interface Subject extends AsyncDisposable {
  readonly store: RoomStore & RoomLog;
  /** Puts a room there, and says who owns it. */
  makeRoom(id: string): Promise<Person>;
  person(): Promise<Person>;
  acts(roomId: string): Promise<string[]>;
}

const named = (id: string): Person => ({ id, name: "Anna", moderator: false });

const SUBJECTS: Record<string, () => Promise<Subject>> = {
  memory: () => {
    const store = roomRows();
    return Promise.resolve({
      store,
      makeRoom(id: string) {
        const owner = named(newId());
        store.make({ id, ownerId: owner.id });
        return Promise.resolve(owner);
      },
      person: () => Promise.resolve(named(newId())),
      acts: () => Promise.resolve(store.acts.map(({ act }) => act)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  },
  PostgreSQL: async () => {
    const database = await testDatabase();
    const { sql } = database;
    const person = async () => {
      const id = newId();
      const name = `u${id.replaceAll("-", "").slice(12)}`;
      await sql`insert into users (id, username, email, display_name, password_hash, status)
        values (${id}, ${name}, ${`${name}@example.org`}, 'Anna', 'x', 'active')`;
      return named(id);
    };
    return {
      store: chatStore(sql),
      person,
      async makeRoom(id: string) {
        const owner = await person();
        const room = { id, kind: "public", name: "Workshop", topic: "" } as const;
        await roomStore(sql).create({ ...room, ownerId: owner.id, memberIds: [] }, {});
        return owner;
      },
      acts: async (roomId: string) =>
        (await sql<{ act: string }[]>`
          select act from room_acts where room_id = ${roomId} order by id`).map(({ act }) => act),
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    };
  },
};

const AT = "2026-11-20T10:00:00.000Z";
const said = (seq: number, sender: Person, more: Partial<Message> = {}): Message => ({
  action: "received",
  seq,
  messageId: newId(),
  clientId: crypto.randomUUID(),
  senderId: sender.id,
  senderName: sender.name,
  content: `message ${seq}`,
  messageType: "text",
  replyTo: null,
  threadId: null,
  metadata: { tempo: 120, tags: ["a", { b: null }] },
  createdAt: AT,
  ...more,
});
const seqs = (entries: readonly Entry[]) => entries.map(({ seq }) => seq);

for (const [where, make] of Object.entries(SUBJECTS)) {
  const rooms = async () => {
    const subject = await make();
    const id = newId();
    const owner = await subject.makeRoom(id);
    const opened = await subject.store.open(id);
    ok(opened);
    return { ...subject, id, owner, epoch: opened.epoch, room: opened.room, opened };
  };

  Deno.test(`[A2] rooms in ${where}: each opening takes the next epoch, and fences the last`, async () => {
    await using subject = await rooms();
    const { store, id, epoch, owner } = subject;
    equal(await store.open(newId()), null);
    const next = await store.open(id);
    equal(next?.epoch, epoch + 1);
    const change = { action: "pinned", ...entered(1, owner, newId()) } as const;
    const place = { by: owner, userId: owner.id, change: { act: "join" } } as const;
    for (
      const stale of [
        () => store.append(id, epoch, [said(1, owner)]),
        () => store.change(id, epoch, change),
        () => store.stand(id, epoch, place),
        () => store.set(id, epoch, owner, { topic: "late" }),
        () => store.remove(id, epoch, owner),
      ]
    ) equal(await refusal(stale()), "fenced");
    deepEqual(await store.after(id, 0, 10), []);
    deepEqual(await store.heads([id, newId()]), [
      { roomId: id, gen: 1, lastSeq: 0, epoch: epoch + 1 },
    ]);
    deepEqual(await subject.acts(id), []);
  });

  Deno.test(`[C5] rooms in ${where}: a log has no gap and no second entry of a number`, async () => {
    await using subject = await rooms();
    const { store, id, epoch, owner } = subject;
    deepEqual([subject.room.lastSeq, subject.room.gen], [0, 1], "making a room adds no entry");
    equal(await store.append(id, epoch, [said(1, owner), said(2, owner), said(3, owner)]), "done");
    equal(await refusal(store.append(id, epoch, [said(3, owner)])), "fenced");
    equal(await refusal(store.append(id, epoch, [said(5, owner)])), "fenced");
    deepEqual(seqs(await store.after(id, 0, 10)), [1, 2, 3]);
    deepEqual(seqs(await store.after(id, 1, 1)), [2], "after is exclusive, ascending, and bounded");
    deepEqual(seqs(await store.before(id, 3, 1)), [2], "before is the nearest, ascending");
    deepEqual(await store.after(id, 3, 10), []);
    equal((await store.open(id))?.room.lastSeq, 3);
  });

  Deno.test(`[C4] rooms in ${where}: a client_id is written once by each sender, for ever`, async () => {
    await using subject = await rooms();
    const { store, id, epoch, owner } = subject;
    const other = await subject.person();
    const first = said(1, owner);
    await store.append(id, epoch, [first]);
    const { clientId } = first;
    equal(
      await store.append(id, epoch, [said(2, owner), said(3, owner, { clientId })]),
      "repeated",
    );
    deepEqual(seqs(await store.after(id, 0, 10)), [1], "nothing of that statement was written");
    equal(await store.append(id, epoch, [said(2, other, { clientId })]), "done");
    const found = await store.known(id, [
      { senderId: owner.id, clientId },
      { senderId: owner.id, clientId: crypto.randomUUID() },
    ]);
    deepEqual(found, [first], "all that it said comes back as it was");
    const again = await store.open(id);
    equal(await store.append(id, again!.epoch, [said(3, owner, { clientId })]), "repeated");
    equal(await store.append(id, again!.epoch, [said(3, owner)]), "done");
  });

  Deno.test(`[C9] rooms in ${where}: what was deleted is gone, in each of its wordings`, async () => {
    await using subject = await rooms();
    const { store, id, epoch, owner } = subject;
    const { messageId } = said(1, owner);
    await store.append(id, epoch, [said(1, owner, { messageId })]);
    const now = () => store.messageNow(id, { action: "pin", messageId }, owner.id);
    const change = (seq: number, more: object) =>
      store.change(id, epoch, { ...entered(seq, owner, messageId), ...more } as Entry);
    await change(2, { action: "edited", content: "better" });
    await change(3, { action: "pinned" });
    deepEqual(await now(), { senderId: owner.id, deleted: false, pinned: true, reacted: false });
    await change(4, { action: "reacted", emoji: "🎧" });
    const react = { action: "react", messageId, emoji: "🎧" } as const;
    equal((await store.messageNow(id, react, owner.id))?.reacted, true);
    equal((await store.messageNow(id, react, (await subject.person()).id))?.reacted, false);
    await change(5, { action: "deleted" });
    const entries = await store.after(id, 0, 10);
    deepEqual(entries.map((one) => "content" in one ? one.content : one.action), [
      null,
      null,
      ...["pinned", "reacted", "deleted"],
    ]);
    deepEqual("metadata" in entries[0]! && entries[0].metadata, {});
    deepEqual([(await now())?.deleted, (await now())?.pinned], [true, false]);
    equal(await store.messageNow(id, { action: "pin", messageId: newId() }, owner.id), null);
  });

  Deno.test(`[C8] rooms in ${where}: places are changed with the record of it`, async () => {
    await using subject = await rooms();
    const { store, id, owner } = subject;
    let { epoch } = subject;
    const ben = await subject.person();
    const act = async (change: Parameters<RoomStore["stand"]>[2]["change"], by = owner) =>
      await store.stand(id, epoch, { by, userId: ben.id, change });
    const until = Date.parse("2030-01-01T00:00:00Z");
    const muted = { role: "member", mutedUntil: until, bannedUntil: 0 } as const;
    deepEqual(await act({ act: "join" }, ben), {
      standing: { role: "member", mutedUntil: 0, bannedUntil: 0 },
      memberCount: 2,
    });
    deepEqual((await act({ act: "mute", untilMs: until })).standing, muted);
    deepEqual(await act({ act: "leave" }, ben), {
      standing: { ...muted, role: null },
      memberCount: 1,
    });
    deepEqual((await store.open(id))?.standings.get(ben.id), { ...muted, role: null });
    epoch += 1;
    deepEqual((await act({ act: "join" }, ben)).standing, muted, "leaving does not unmute");
    equal((await act({ act: "unmute" })).standing?.mutedUntil, 0);
    equal((await act({ act: "role", role: "moderator" })).standing?.role, "moderator");
    const banned = { role: null, mutedUntil: 0, bannedUntil: until };
    const ban = { act: "ban", untilMs: until, reason: "noise" } as const;
    deepEqual(await act(ban), { standing: banned, memberCount: 1 });
    deepEqual((await store.open(id))?.standings.get(ben.id), banned);
    const again = await store.open(id);
    const { standing } = await store.stand(id, again!.epoch, {
      by: owner,
      userId: ben.id,
      change: { act: "unban" },
    });
    equal(standing, undefined);
    deepEqual(await subject.acts(id), [
      ...["join", "mute", "leave", "join", "unmute", "role", "ban", "unban"],
    ]);
  });

  Deno.test(`[C8] rooms in ${where}: settings, and the end of a room`, async () => {
    await using subject = await rooms();
    const { store, id, epoch, owner } = subject;
    const patch = { topic: "Mixing", slowModeMs: 1_000, blockedWords: ["rude"] };
    const room = await store.set(id, epoch, owner, patch);
    deepEqual([room.name, room.topic, room.slowModeMs, room.blockedWords], [
      ...["Workshop", "Mixing", 1_000],
      ["rude"],
    ]);
    deepEqual((await store.open(id))?.room, room);
    await store.remove(id, epoch + 1, owner);
    equal(await store.open(id), null);
    equal(await refusal(store.append(id, epoch + 1, [said(1, owner)])), "fenced");
    deepEqual(await subject.acts(id), ["settings", "delete"]);
  });
}

function entered(seq: number, by: Person, messageId: string) {
  return { seq, messageId, senderId: by.id, senderName: by.name, createdAt: AT };
}
