/** What a room's actor saves: SQL and rows. Each change is fenced by the epoch. */
import type {
  Act,
  Change,
  Entry,
  Message,
  Person,
  Room,
  RoomHead,
  RoomPatch,
  Standing,
} from "../domain/chat.ts";
import { Rejection } from "../domain/errors.ts";
import { appendMentions, forgetMentions, mentionsOf } from "./mentions.ts";
import type { Sql, TransactionSql } from "./open.ts";
import { applyChange, entryColumns, entryOf, type EntryRow } from "./room_entries.ts";
import { setPlace, standingsOf } from "./room_standings.ts";

/** A room as its actor begins with it. */
export interface OpenRoom {
  readonly room: Room;
  readonly epoch: number;
  readonly standings: Map<string, Standing>;
}

/** A message as it stands now, as far as its changes are decided by it. */
export interface MessageNow {
  readonly senderId: string;
  readonly deleted: boolean;
  readonly pinned: boolean;
}

const fenced = (roomId: string) =>
  new Rejection("fenced", `Room ${roomId} has another epoch or another end than was expected`);

/**
 * The store of logs.
 *
 * @param grown is told, after the commit, which room's log has grown
 */
export const chatStore = (sql: Sql, grown: (roomId: string) => void = () => {}) => {
  const roomColumns = sql`id, kind, hidden, name, topic,
    (select co_host_id from live_streams s where s.room_id = rooms.id) as "coHostId", owner_id as "ownerId",
    slow_mode_ms as "slowModeMs", blocked_words as "blockedWords", member_count as "memberCount",
    gen, last_seq as "lastSeq", created_at as "createdAt"`;

  return {
    /** Loads a room and takes the next epoch; null: there is none. */
    async open(id: string): Promise<OpenRoom | null> {
      const [row] = await sql<(Omit<Room, "createdAt"> & { createdAt: Date; epoch: number })[]>`
        update rooms set epoch = epoch + 1 where id = ${id} and deleted_at is null
        returning ${roomColumns}, epoch`;
      if (!row) return null;
      const { epoch, createdAt, ...room } = row;
      const standings = await standingsOf(sql, id);
      return { room: { ...room, createdAt: createdAt.toISOString() }, epoch, standings };
    },

    /**
     * Appends messages that follow each other, in one statement; where people are mentioned, in one
     * transaction with the events of it. `repeated`: some client_id is there already, and nothing
     * was written.
     *
     * @throws {Rejection} `fenced`
     */
    async append(
      roomId: string,
      epoch: number,
      messages: readonly Message[],
    ): Promise<"done" | "repeated"> {
      const [head] = messages;
      if (!head) return "done";
      const column = <Name extends keyof Message>(name: Name) => messages.map((one) => one[name]);
      const write = async (db: Sql | TransactionSql) => {
        const { count } = await db`
          with fence as (
            update rooms set last_seq = last_seq + ${messages.length},
              last_message_at = ${head.createdAt}
            where id = ${roomId} and epoch = ${epoch} and last_seq = ${head.seq - 1}
              and deleted_at is null
            returning id
          )
          insert into room_entries (room_id, seq, action, created_at, message_id, sender_id,
            sender_name, client_id, content, message_type, reply_to, thread_id, metadata)
          select fence.id, ${head.seq - 1} + one.place, 'received', ${head.createdAt},
            one.message_id, one.sender_id, one.sender_name, one.client_id, one.content,
            one.message_type, one.reply_to, one.thread_id, one.metadata::jsonb
          from fence, unnest(
            ${column("messageId")}::uuid[], ${column("senderId")}::uuid[],
            ${column("senderName")}::text[], ${column("clientId")}::uuid[],
            ${column("content") as string[]}::text[], ${column("messageType")}::text[],
            ${column("replyTo") as string[]}::uuid[], ${column("threadId") as string[]}::uuid[],
            ${messages.map(({ metadata }) => JSON.stringify(metadata))}::text[]
          ) with ordinality as one (message_id, sender_id, sender_name, client_id, content,
            message_type, reply_to, thread_id, metadata, place)`;
        if (count !== messages.length) throw fenced(roomId);
      };
      const mentions = mentionsOf(messages);
      try {
        if (mentions.length === 0) await write(sql);
        else {
          await sql.begin(async (tx) => {
            await write(tx);
            await appendMentions(tx, roomId, mentions);
          });
        }
        grown(roomId);
        return "done";
      } catch (error) {
        const { code, constraint_name: name } = error as Record<string, string | undefined>;
        // the index of a partition has a name of its own
        if (code === "23505" && name?.includes("client_id")) return "repeated";
        throw error;
      }
    },

    /** Those of these messages that are in the log. */
    async known(
      roomId: string,
      keys: readonly { readonly senderId: string; readonly clientId: string }[],
    ): Promise<Message[]> {
      const rows = await sql<EntryRow[]>`
        select ${entryColumns(sql)} from room_entries
        join unnest(${keys.map((key) => key.senderId)}::uuid[],
          ${keys.map((key) => key.clientId)}::uuid[]) as asked (sender_id, client_id)
          using (sender_id, client_id)
        where room_id = ${roomId}`;
      return rows.map(entryOf) as Message[];
    },

    /**
     * Appends one change with what it does to the message.
     *
     * @throws {Rejection} `fenced`
     */
    async change(roomId: string, epoch: number, entry: Entry): Promise<void> {
      await sql.begin(async (tx) => {
        const { count } = await tx`
          update rooms set last_seq = last_seq + 1
          where id = ${roomId} and epoch = ${epoch} and last_seq = ${entry.seq - 1}
            and deleted_at is null`;
        if (count !== 1) throw fenced(roomId);
        await tx`
          insert into room_entries (room_id, seq, action, created_at, message_id, sender_id,
            sender_name, content, emoji)
          values (${roomId}, ${entry.seq}, ${entry.action}, ${entry.createdAt}, ${entry.messageId},
            ${entry.senderId}, ${entry.senderName},
            ${entry.action === "edited" ? entry.content : null},
            ${"emoji" in entry ? entry.emoji : null})`;
        await applyChange(tx, roomId, entry);
      });
      grown(roomId);
    },

    /** A message as it stands now, and whether `reaction` is on it already. */
    async messageNow(
      roomId: string,
      change: Change,
      userId: string,
    ): Promise<(MessageNow & { readonly reacted: boolean }) | null> {
      const emoji = "emoji" in change ? change.emoji : "";
      const [row] = await sql<(MessageNow & { reacted: boolean })[]>`
        select sender_id as "senderId", deleted_at is not null as deleted,
          pinned_at is not null as pinned,
          exists (select from room_reactions r where r.room_id = ${roomId}
            and r.message_id = ${change.messageId} and r.user_id = ${userId}
            and r.emoji = ${emoji}) as reacted
        from room_entries
        where room_id = ${roomId} and message_id = ${change.messageId} and action = 'received'`;
      return row ?? null;
    },

    /** Where the logs of these rooms end; without those that were ended. */
    async heads(roomIds: readonly string[]): Promise<RoomHead[]> {
      return await sql<RoomHead[]>`
        select id as "roomId", gen, last_seq as "lastSeq", epoch from rooms
        where id = any(${roomIds}::uuid[]) and deleted_at is null`;
    },

    /** Entries after `seq`, ascending. */
    async after(roomId: string, seq: number, most: number): Promise<Entry[]> {
      const rows = await sql<EntryRow[]>`
        select ${entryColumns(sql)} from room_entries
        where room_id = ${roomId} and seq > ${seq} order by seq limit ${most}`;
      return rows.map(entryOf);
    },

    /** The newest entries before `seq`, ascending. */
    async before(roomId: string, seq: number, most: number): Promise<Entry[]> {
      const rows = await sql<EntryRow[]>`
        select ${entryColumns(sql)} from room_entries
        where room_id = ${roomId} and seq < ${seq} order by seq desc limit ${most}`;
      return rows.map(entryOf).reverse();
    },

    /**
     * Changes somebody's place in a room, with the record of it (S7); answers how they stand now,
     * and how many members there are.
     *
     * @throws {Rejection} `fenced`
     */
    async stand(
      roomId: string,
      epoch: number,
      { by, userId, change }: { by: Person; userId: string; change: Act },
    ): Promise<{ standing: Standing | undefined; memberCount: number }> {
      return await sql.begin(async (tx) => {
        const [room] = await tx`select from rooms where id = ${roomId} and epoch = ${epoch}
          and deleted_at is null for update`;
        if (!room) throw fenced(roomId);
        await tx`
          insert into room_acts (room_id, actor_id, target_id, act, details)
          values (${roomId}, ${by.id}, ${userId}, ${change.act}, ${tx.json({ ...change })})`;
        await setPlace(tx, roomId, by.id, userId, change);
        const [counted] = await tx<{ memberCount: number }[]>`
          update rooms set member_count = (
            select count(*) from room_members where room_id = ${roomId})
          where id = ${roomId} returning member_count as "memberCount"`;
        const standings = await standingsOf(tx, roomId, userId);
        return { standing: standings.get(userId), memberCount: counted?.memberCount ?? 0 };
      });
    },

    /**
     * Changes a room's settings, with the record of it.
     *
     * @throws {Rejection} `fenced`
     */
    async set(roomId: string, epoch: number, by: Person, patch: RoomPatch): Promise<Room> {
      return await sql.begin(async (tx) => {
        const [row] = await tx<(Omit<Room, "createdAt"> & { createdAt: Date })[]>`
          update rooms set updated_at = now(), name = coalesce(${patch.name ?? null}, name),
            topic = coalesce(${patch.topic ?? null}, topic),
            slow_mode_ms = coalesce(${patch.slowModeMs ?? null}::int, slow_mode_ms),
            blocked_words = coalesce(${patch.blockedWords ?? null}::text[], blocked_words)
          where id = ${roomId} and epoch = ${epoch} and deleted_at is null
          returning ${roomColumns}`;
        if (!row) throw fenced(roomId);
        await tx`insert into room_acts (room_id, actor_id, act, details)
          values (${roomId}, ${by.id}, 'settings', ${tx.json({ ...patch })})`;
        return { ...row, createdAt: row.createdAt.toISOString() };
      });
    },

    /** Shows or hides the room of a stream; who is invited is in its row. @throws {Rejection} `fenced` */
    async hide(roomId: string, epoch: number, hidden: boolean): Promise<void> {
      const { count } = await sql`update rooms set hidden = ${hidden}, updated_at = now()
        where id = ${roomId} and epoch = ${epoch} and deleted_at is null`;
      if (count !== 1) throw fenced(roomId);
    },

    /** Ends a room for all. @throws {Rejection} `fenced` */
    async remove(roomId: string, epoch: number, by: Person): Promise<void> {
      await sql.begin(async (tx) => {
        const { count } = await tx`
          update rooms set deleted_at = now(), direct_key = null
          where id = ${roomId} and epoch = ${epoch} and deleted_at is null`;
        if (count !== 1) throw fenced(roomId);
        await tx`insert into room_acts (room_id, actor_id, act)
          values (${roomId}, ${by.id}, 'delete')`;
        await forgetMentions(tx, roomId);
      });
    },

    /** Notes how far people have read; it never goes back. */
    async read(roomId: string, upTo: ReadonlyMap<string, number>): Promise<void> {
      await sql`
        update room_members set read_seq = greatest(read_seq, one.seq)
        from unnest(${[...upTo.keys()]}::uuid[], ${[
        ...upTo.values(),
      ]}::bigint[]) as one (user_id, seq)
        where room_id = ${roomId} and room_members.user_id = one.user_id`;
    },
  };
};

export type ChatStore = ReturnType<typeof chatStore>;
