/** The words of messages, put in behind the logs of rooms, and the search for them: SQL (C7). */
import type { Sql } from "./open.ts";

/** What is searched for. */
export interface WordsAsked {
  /** As a search engine reads them: `"exactly this"`, `-not`, `or`. */
  readonly words: string;
  readonly senderId: string | undefined;
  /** Not before. */
  readonly from: Date | undefined;
  /** Before. */
  readonly to: Date | undefined;
  readonly beforeSeq: number | undefined;
  readonly most: number;
}

/** A message that was found, as it stands now. */
export interface FoundRow {
  readonly seq: number;
  readonly messageId: string;
  readonly senderId: string;
  readonly senderName: string;
  readonly content: string;
  readonly createdAt: Date;
}

/**
 * So many of the newest entries are looked at one after the other before the index is asked. It has
 * no order: of a word that many messages say, it would give all for the newest few. Reading these
 * takes about 2 ms.
 */
const NEAR = 2_000;
/** So many entries that the index does not know of yet are looked at: about 50 ms of work. */
const TAIL = 5_000;

export const roomWordStore = (sql: Sql) => {
  const search = async (roomId: string, asked: WordsAsked): Promise<FoundRow[]> => {
    const { words, senderId, from, to, beforeSeq, most } = asked;
    // read first: whatever was acked before is either at or below `known`, or between it and the end
    const [head] = await sql<{ end: number; known: number }[]>`
      select r.last_seq as end, coalesce(c.seq, 0) as known
      from rooms r left join room_words_cursors c on c.room_id = r.id where r.id = ${roomId}`;
    if (!head) return [];
    const query = sql`websearch_to_tsquery('simple', ${words})`;
    const filters = sql`
      ${senderId ? sql`and sender_id = ${senderId}` : sql``}
      ${from ? sql`and created_at >= ${from}` : sql``}
      ${to ? sql`and created_at < ${to}` : sql``}
      ${beforeSeq === undefined ? sql`` : sql`and seq < ${beforeSeq}`}`;
    // what an index says is only where to look: what counts is the message as it stands now
    const standing = sql`
      select seq, message_id as "messageId", sender_id as "senderId",
        sender_name as "senderName", coalesce(edited_content, content) as content,
        created_at as "createdAt"
      from room_entries
      where room_id = ${roomId} and action = 'received' and deleted_at is null
        and to_tsvector('simple', coalesce(edited_content, content, '')) @@ ${query} ${filters}`;
    const newest = sql`order by seq desc limit ${most}`;
    const found = new Map<number, FoundRow>();
    const add = (rows: readonly FoundRow[]) => rows.forEach((row) => found.set(row.seq, row));

    if (head.known < head.end) {
      const tail = Math.max(head.known, head.end - TAIL);
      add(
        await sql<FoundRow[]>`
          (${standing} and seq > ${tail} ${newest})
          union all
          (${standing} and message_id in (
            select message_id from room_entries
            where room_id = ${roomId} and seq > ${tail} and action = 'edited') ${newest})`,
      );
    }
    /** Looks at these rows of `room_words`, the newest first, as far as they are needed. */
    const lookAt = async (rows: ReturnType<typeof sql>) =>
      add(
        await sql<FoundRow[]>`
          select found.* from (
            select seq from ${rows} and words @@ ${query} ${filters} order by seq desc offset 0
          ) word cross join lateral (${standing} and seq = word.seq) found
          order by word.seq desc limit ${most}`,
      );
    const near = Math.min(head.end + 1, beforeSeq ?? Infinity) - NEAR;
    // kept apart by its `offset`, else the index is asked here too
    await lookAt(sql`(
      select * from room_words where room_id = ${roomId} and seq >= ${near}
        and seq < ${near + NEAR} offset 0) newest where true`);
    const isEnough = [...found.keys()].filter((seq) => seq >= near).length >= most;
    if (!isEnough && near > 1) {
      const about = senderId ? [roomId, senderId] : [roomId];
      await lookAt(sql`
        room_words where array[room_id, sender_id] @> ${about}::uuid[] and seq < ${near}`);
    }
    return [...found.values()].sort((a, b) => b.seq - a.seq).slice(0, most);
  };

  return {
    /** Messages that say what is asked, the newest first; deleted ones say nothing. */
    search,

    /** Rooms whose words are not all in yet, those of the newest messages first. */
    async behind(most: number): Promise<string[]> {
      const rows = await sql<{ id: string }[]>`
        select r.id from rooms r left join room_words_cursors c on c.room_id = r.id
        where r.deleted_at is null and r.last_seq > coalesce(c.seq, 0)
        order by r.last_message_at desc nulls last limit ${most}`;
      return rows.map(({ id }) => id);
    },

    /**
     * Takes a room's words on by up to `most` entries of its log, which is its own outbox: entries
     * appear in the order of their numbers, so no cursor passes one that comes late (A21). Each
     * message is put in as it stands when its batch is read. A change after that has a number that
     * is not reached yet, and has it put in again.
     *
     * A batch is written with its cursor or not at all. Of several at once in a room one works, and
     * the others do nothing.
     *
     * @returns how many entries were read, and whether there are more now
     */
    async advance(roomId: string, most: number): Promise<{ read: number; more: boolean }> {
      // by `max` and not by `exists`: the end of an index is one page, whatever the planner expects
      const end = sql`(select max(seq) from room_entries where room_id = ${roomId})`;
      // only where there is none: beside a row that is just being changed `on conflict` would wait
      await sql`
        insert into room_words_cursors (room_id) select ${roomId}
        where not exists (select from room_words_cursors where room_id = ${roomId})
        on conflict do nothing`;
      return await sql.begin(async (tx) => {
        // apart, so that what follows sees all that the last holder of the lock has written
        const [cursor] = await tx<{ seq: number }[]>`
          select seq from room_words_cursors where room_id = ${roomId} and seq < ${end}
          for update skip locked`;
        if (!cursor) {
          const [held] = await tx`
            select from room_words_cursors where room_id = ${roomId} and seq < ${end}`;
          return { read: 0, more: held !== undefined };
        }
        const [batch] = await tx<{ read: number }[]>`
          with batch as materialized (
            select seq, action, message_id, sender_id, created_at, deleted_at,
              coalesce(edited_content, content, '') as content
            from room_entries
            where room_id = ${roomId} and seq > ${cursor.seq} order by seq limit ${most}
          ), standing as (
            select seq, sender_id, created_at, deleted_at, content from batch
            where action = 'received'
            union all
            select seq, sender_id, created_at, deleted_at, coalesce(edited_content, content, '')
            from room_entries
            where room_id = ${roomId} and action = 'received' and seq <= ${cursor.seq}
              and message_id in (
                select message_id from batch where action in ('edited', 'deleted'))
          ), gone as (
            delete from room_words where room_id = ${roomId}
              and seq in (select seq from standing where deleted_at is not null)
          ), put as (
            insert into room_words (room_id, seq, sender_id, created_at, words)
            select ${roomId}, seq, sender_id, created_at, to_tsvector('simple', content)
            from standing where deleted_at is null
            on conflict (room_id, seq) do update set words = excluded.words
          ), moved as (
            update room_words_cursors set seq = (select max(seq) from batch)
            where room_id = ${roomId}
          )
          select count(*)::int as read from batch`;
        const read = batch?.read ?? 0;
        return { read, more: read === most };
      });
    },
  };
};

export type RoomWordStore = ReturnType<typeof roomWordStore>;
