/** Words of messages and the search for them, in the database (C7, C9, A21, S13). */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { chatStore } from "../../db/chat.ts";
import type { Sql } from "../../db/open.ts";
import { patient } from "../../db/patience.ts";
import { roomStore } from "../../db/rooms.ts";
import { roomWordStore, type WordsAsked } from "../../db/room_words.ts";
import type { Entry, Message, Person } from "../../domain/chat.ts";
import { newId } from "../../services/ids.ts";
import { roomIndexer } from "../../services/room_indexer.ts";
import { testDatabase } from "../support/database.ts";
import { until } from "../support/processes.ts";

const AT = "2026-11-20T10:00:00.000Z";
const LATER = "2026-11-20T11:00:00.000Z";
const BATCH = 500;
const numbers = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

async function subject() {
  const database = await testDatabase();
  const { sql } = database;
  const words = roomWordStore(sql);
  return {
    sql,
    words,
    connect: database.connect,
    makeRoom: (grown?: (roomId: string) => void) => makeRoom(sql, grown),
    /** The numbers of what is found. */
    async found(roomId: string, text: string, more: Partial<WordsAsked> = {}) {
      const nothing = { senderId: undefined, from: undefined, to: undefined, beforeSeq: undefined };
      const rows = await words.search(roomId, { words: text, most: 20, ...nothing, ...more });
      return rows.map(({ seq }) => seq);
    },
    /** What the index has of a room, and up to where. */
    async index(roomId: string, text?: string) {
      const rows = await sql<{ seq: number }[]>`
        select seq from room_words
        where room_id = ${roomId} ${text ? sql`and words @@ to_tsquery('simple', ${text})` : sql``}
        order by seq`;
      const [cursor] = await sql<{ seq: number }[]>`
        select seq from room_words_cursors where room_id = ${roomId}`;
      return { seqs: rows.map(({ seq }) => seq), cursor: cursor?.seq ?? 0 };
    },
    async putAllIn(roomId: string) {
      while ((await words.advance(roomId, BATCH)).more);
    },
    /**
     * Has the next batch of a room wait in its middle, when the lock on its cursor is taken.
     *
     * @param seq a message of that batch, which is not in yet
     */
    async halt(roomId: string, seq: number) {
      const client = database.connect(1);
      const reached = Promise.withResolvers<void>();
      const go = Promise.withResolvers<void>();
      const held = client.begin(async (tx) => {
        await tx`insert into room_words (room_id, seq, sender_id, created_at, words)
          values (${roomId}, ${seq}, ${newId()}, now(), '')`;
        reached.resolve();
        await go.promise;
        await tx`delete from room_words where room_id = ${roomId} and seq = ${seq}`;
      });
      await reached.promise;
      /** The process of the database that waits there. */
      const waiter = async (): Promise<number | undefined> => {
        const [row] = await sql<{ pid: number }[]>`
          select pid from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'
            and query like '%room_words%'`;
        return row?.pid;
      };
      return {
        waits: () => until("the batch", async () => await waiter() !== undefined),
        async kill() {
          await sql`select pg_terminate_backend(${await waiter() ?? 0})`;
        },
        async [Symbol.asyncDispose]() {
          go.resolve();
          await held;
        },
      };
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** A room, and two who speak in it. */
async function makeRoom(sql: Sql, grown?: (roomId: string) => void) {
  const id = newId();
  const person = async (name: string): Promise<Person> => {
    const userId = newId();
    const handle = `u${userId.replaceAll("-", "").slice(12)}`;
    await sql`insert into users (id, username, email, display_name, password_hash, status)
      values (${userId}, ${handle}, ${`${handle}@example.org`}, ${name}, 'x', 'active')`;
    return { id: userId, name, moderator: false };
  };
  const [anna, ben] = [await person("Anna"), await person("Ben")];
  const room = { id, kind: "public", name: "Workshop", topic: "" } as const;
  await roomStore(sql).create({ ...room, ownerId: anna.id, memberIds: [] }, {});
  const log = chatStore(sql, grown);
  const opened = await log.open(id);
  ok(opened);
  const { epoch } = opened;
  let seq = 0;
  const ids = new Map<number, string>();
  const entered = (by: Person, messageId: string, createdAt = AT) => {
    ids.set(++seq, messageId);
    return { seq, messageId, senderId: by.id, senderName: by.name, createdAt };
  };
  return {
    ...{ id, anna, ben },
    async say(texts: readonly string[], by = anna, createdAt = AT) {
      const messages = texts.map((content): Message => ({
        action: "received",
        ...entered(by, newId(), createdAt),
        clientId: crypto.randomUUID(),
        content,
        ...{ messageType: "text", replyTo: null, threadId: null, metadata: {} },
      }));
      equal(await log.append(id, epoch, messages), "done");
    },
    /** Changes the message that stands at `of`. */
    async change(of: number, more: { action: "edited"; content: string } | { action: "deleted" }) {
      await log.change(id, epoch, { ...entered(anna, ids.get(of)!), ...more } as Entry);
    },
  };
}

Deno.test("[C7] words are found alike before they are put in, in between and after it", async () => {
  await using one = await subject();
  const { found } = one;
  const [{ id, anna, ben, say, change }, other] = [await one.makeRoom(), await one.makeRoom()];
  await other.say(["a drum elsewhere"]);
  await one.putAllIn(other.id);
  const expect = async (cases: readonly [string, number[], Partial<WordsAsked>?][]) => {
    for (const [text, seqs, more] of cases) deepEqual(await found(id, text, more), seqs, text);
  };
  await say(["the kick drum is loud", "a louder snare drum"]);
  await say(["a drum of mine"], ben, LATER);
  const asItIs = () =>
    expect([
      ["drum", [3, 2, 1]],
      ["drum", [3], { most: 1 }],
      ["drum", [2, 1], { beforeSeq: 3 }],
      ["drum", [3], { senderId: ben.id }],
      ["drum", [3], { from: new Date(LATER) }],
      ["drum", [2, 1], { to: new Date(LATER), senderId: anna.id }],
      ["drum -snare", [3, 1]],
      ['"kick drum"', [1]],
      ["DRUM or nothing", [3, 2, 1]],
      ["nothing", []],
      ["& | ! ( ) : *", []],
    ]);
  await asItIs();
  deepEqual(await one.words.advance(id, 2), { read: 2, more: true });
  await asItIs();
  deepEqual(await one.words.advance(id, 2), { read: 1, more: false });
  await asItIs();
  deepEqual(await one.index(id), { seqs: [1, 2, 3], cursor: 3 });

  await change(1, { action: "edited", content: "the bass is loud" });
  await change(2, { action: "deleted" });
  const changed = () => expect([["drum", [3]], ["kick", []], ["snare", []], ["bass", [1]]]);
  await changed();
  deepEqual(await one.words.advance(id, 1), { read: 1, more: true });
  await changed();
  await one.putAllIn(id);
  await changed();
  deepEqual(await one.index(id), { seqs: [1, 3], cursor: 5 }, "deleted words are nowhere (C9)");
  deepEqual(await one.index(id, "drum | kick | snare"), { seqs: [3], cursor: 5 });
});

Deno.test("[C7] many and few that say a word, near and far: all are found, the newest first", async () => {
  await using one = await subject();
  const { id, say, ben } = await one.makeRoom();
  const many = 3_000;
  const text = (n: number) =>
    `take ${n}${n % 3 === 0 ? " often" : ""}${n % 1_000 === 1 ? " seldom" : ""}`;
  for (let n = 1; n < many; n += 1_000) await say(numbers(n, n + 999).map(text));
  await say(["often mine"], ben);
  await one.putAllIn(id);
  const { found } = one;
  deepEqual(await found(id, "seldom"), [2_001, 1_001, 1]);
  deepEqual(await found(id, "seldom", { most: 2 }), [2_001, 1_001]);
  deepEqual(await found(id, "seldom", { beforeSeq: 2_001 }), [1_001, 1]);
  deepEqual(await found(id, "often", { most: 3 }), [3_001, 3_000, 2_997]);
  deepEqual(await found(id, "often", { most: 2, beforeSeq: 9 }), [6, 3]);
  deepEqual(await found(id, "often", { senderId: ben.id }), [3_001]);
  const all: number[] = [];
  for (let last = many + 1; last > 0;) {
    const page = await found(id, "often", { most: 100, beforeSeq: last });
    all.push(...page);
    last = page.at(-1) ?? 0;
  }
  deepEqual(all, numbers(1, many).filter((n) => n % 3 === 0).toReversed(), "page by page");
});

Deno.test("[P6] a seldom word is looked up, and no table is read through for it", async () => {
  await using one = await subject();
  const { id, anna } = await one.makeRoom();
  const many = 20_000;
  await one.sql`
    insert into room_entries (room_id, seq, action, created_at, message_id, sender_id, sender_name,
      client_id, content, message_type, metadata)
    select ${id}, n, 'received', now(), gen_random_uuid(), ${anna.id}, 'Anna', gen_random_uuid(),
      'take ' || n, 'text', '{}' from generate_series(1, ${many}::int) n`;
  await one.sql`update rooms set last_seq = ${many} where id = ${id}`;
  while ((await one.words.advance(id, 5_000)).more);
  // as the server does by itself
  await one.sql`vacuum analyze room_words`;
  await one.sql`analyze room_entries`;
  const sql = one.connect(1);
  const scans = async () => {
    await sql`select pg_stat_force_next_flush()`;
    const [row] = await sql<{ lookups: number; throughs: number }[]>`
      select i.idx_scan as lookups, t.seq_scan as throughs
      from pg_stat_user_indexes i join pg_stat_user_tables t using (relid)
      where i.indexrelname = 'idx_room_words_words'`;
    return row!;
  };
  const before = await scans();
  const asked = { senderId: undefined, from: undefined, to: undefined, beforeSeq: undefined };
  const found = await roomWordStore(sql).search(id, { words: "17", most: 20, ...asked });
  deepEqual(found.map(({ seq }) => seq), [17]);
  const after = await scans();
  ok(after.lookups > before.lookups, "the index was not asked");
  equal(after.throughs, before.throughs);
});

Deno.test("[S13] what is taken out of a log is found no more, whatever the index says", async () => {
  await using one = await subject();
  const { id, say } = await one.makeRoom();
  await say(["my secret", "your secret", "our secret"]);
  await one.putAllIn(id);
  await one.sql`update room_entries set content = null where room_id = ${id} and seq = 1`;
  await one.sql`delete from room_entries where room_id = ${id} and seq = 2`;
  deepEqual(await one.found(id, "secret"), [3]);
  deepEqual(await one.found(id, "secret", { most: 1 }), [3]);
});

Deno.test("[A21] killed in the middle of a batch: nothing is missed, nothing is there twice", async () => {
  await using one = await subject();
  const { id, say } = await one.makeRoom();
  await say(numbers(1, 25).map((n) => `take ${n}`));
  equal((await one.words.advance(id, 10)).read, 10);
  {
    await using halted = await one.halt(id, 15);
    const words = roomWordStore(patient(one.connect()));
    const killed = rejects(words.advance(id, 10));
    await halted.waits();
    await halted.kill();
    await killed;
  }
  deepEqual(await one.index(id), { seqs: numbers(1, 10), cursor: 10 });
  await one.putAllIn(id);
  deepEqual(await one.index(id), { seqs: numbers(1, 25), cursor: 25 });
  deepEqual(await one.words.advance(id, 10), { read: 0, more: false });
});

Deno.test("[A21] of two nodes in one room one works, and the other does not wait", async () => {
  await using one = await subject();
  const { id, say } = await one.makeRoom();
  await say(numbers(1, 20).map((n) => `take ${n}`));
  const other = { words: roomWordStore(one.connect()) };
  let first: Promise<unknown>;
  {
    await using halted = await one.halt(id, 5);
    first = one.words.advance(id, 12);
    await halted.waits();
    deepEqual(await other.words.advance(id, 12), { read: 0, more: true });
  }
  deepEqual(await first, { read: 12, more: true });
  deepEqual(await other.words.advance(id, 12), { read: 8, more: false });
  deepEqual(await one.index(id), { seqs: numbers(1, 20), cursor: 20 });
});

Deno.test("[C7] a message that changes while its batch is under way is put in as it is then", async () => {
  await using one = await subject();
  const { id, say, change } = await one.makeRoom();
  await say(["a kick", "a snare", "a bass"]);
  let batch: Promise<unknown>;
  {
    await using halted = await one.halt(id, 3);
    batch = one.words.advance(id, 10);
    await halted.waits();
    await change(1, { action: "edited", content: "a hat" });
    await change(2, { action: "deleted" });
  }
  await batch;
  deepEqual(await one.index(id, "kick | snare"), { seqs: [1, 2], cursor: 3 });
  const now = async () => [await one.found(id, "hat"), await one.found(id, "kick or snare")];
  deepEqual(await now(), [[1], []]);
  await one.putAllIn(id);
  deepEqual(await now(), [[1], []]);
  deepEqual(await one.index(id), { seqs: [1, 3], cursor: 5 });
  deepEqual(await one.index(id, "kick | snare"), { seqs: [], cursor: 5 });
});

Deno.test("[A21] two nodes put in what was there before, go on after a death, and what comes", async () => {
  await using one = await subject();
  const failed: unknown[] = [];
  const node = () =>
    roomIndexer({ words: roomWordStore(one.connect()), onError: (error) => failed.push(error) });
  const old = await Promise.all([one.makeRoom(), one.makeRoom(), one.makeRoom()]);
  for (const room of old) await room.say(numbers(1, 1_200).map((n) => `old ${n}`));
  {
    await using first = node();
    first.nudge(old[0]!.id);
    const begun = async () => (await one.index(old[0]!.id)).cursor > 0;
    await until("the first batch", begun);
  }
  await using a = node();
  await using b = node();
  const fresh = await one.makeRoom((roomId) => (a.nudge(roomId), b.nudge(roomId)));
  await fresh.say(["new 1"]);
  await fresh.say(["new 2"]);
  const whole = [...old.map(({ id }) => [id, 1_200] as const), [fresh.id, 2] as const];
  await until("all words", async () => {
    const states = await Promise.all(whole.map(([id]) => one.index(id)));
    return states.every(({ cursor }, at) => cursor === whole[at]![1]);
  });
  for (const [id, end] of whole) {
    deepEqual(await one.index(id), { seqs: numbers(1, end), cursor: end });
  }
  const said = performance.now();
  await fresh.say(["new 3"]);
  await until("a new word", async () => (await one.index(fresh.id)).cursor === 3);
  ok(performance.now() - said < 10_000, "it waited for the next look");
  deepEqual(failed, []);
});

Deno.test("[A21] a room that fails holds up no other", async () => {
  const done: string[] = [];
  const failed: (string | null)[] = [];
  await using indexer = roomIndexer({
    words: {
      behind: () => Promise.resolve(["bad", "good"]),
      advance(roomId) {
        if (roomId === "bad") return Promise.reject(new Error("no"));
        done.push(roomId);
        return Promise.resolve({ read: 1, more: false });
      },
    },
    onError: (_error, roomId) => failed.push(roomId),
  });
  await until("the good room", () => Promise.resolve(done.length > 0));
  indexer.nudge("new");
  await until("the new room", () => Promise.resolve(done.includes("new")));
  deepEqual(failed, ["bad"]);
});
