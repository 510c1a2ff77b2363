/** The log of rooms, and who stands how in them: SQL and rows. Each change is fenced by the epoch. */
import type {
  Act,
  Change,
  Entry,
  Message,
  Person,
  Room,
  RoomPatch,
  Standing,
} from "../domain/chat.ts";
import { Rejection } from "../domain/errors.ts";
import { appendMentions, forgetMentions, mentionsOf } from "./mentions.ts";
import type { Sql, TransactionSql } from "./open.ts";

/** A room as its actor begins with it. */
export interface OpenRoom {
  readonly room: Room;
  readonly epoch: number;
  readonly standings: Map<string, Standing>;
}

interface EntryRow {
  seq: number;
  action: Entry["action"];
  messageId: string;
  senderId: string;
  senderName: string;
  clientId: string;
  content: string | null;
  messageType: string;
  replyTo: string | null;
  threadId: string | null;
  metadata: Record<string, unknown>;
  emoji: string;
  createdAt: Date;
}

/** A message as it stands now, as far as its changes are decided by it. */
export interface MessageNow {
  readonly senderId: string;
  readonly deleted: boolean;
  readonly pinned: boolean;
}

function entryOf(row: EntryRow): Entry {
  const { seq, action, messageId, senderId, senderName } = row;
  const entered = { seq, messageId, senderId, senderName, createdAt: row.createdAt.toISOString() };
  switch (action) {
    case "received": {
      const { clientId, content, messageType, replyTo, threadId, metadata } = row;
      return { ...entered, action, clientId, content, messageType, replyTo, threadId, metadata };
    }
    case "edited":
      return { ...entered, action, content: row.content };
    case "deleted":
    case "pinned":
    case "unpinned":
      return { ...entered, action };
    case "reacted":
    case "unreacted":
      return { ...entered, action, emoji: row.emoji };
    default:
      return action satisfies never;
  }
}

const fenced = (roomId: string) =>
  new Rejection("fenced", `Room ${roomId} has another epoch or another end than was expected`);

/** Where a change of a message lands, beside the log. */
async function applyChange(tx: TransactionSql, roomId: string, entry: Entry): Promise<void> {
  const { action, messageId, senderId, createdAt } = entry;
  const message = tx`room_id = ${roomId} and message_id = ${messageId} and action = 'received'`;
  switch (action) {
    case "edited":
      await tx`update room_entries set edited_content = ${entry.content} where ${message}`;
      return;
    case "deleted":
      // gone from the history too, each earlier wording of it (C9)
      await tx`
        update room_entries set content = null, edited_content = null, metadata = '{}',
          deleted_at = ${createdAt}, pinned_at = null
        where room_id = ${roomId} and message_id = ${messageId}
          and action in ('received', 'edited')`;
      await tx`delete from room_reactions where room_id = ${roomId} and message_id = ${messageId}`;
      return;
    case "pinned":
    case "unpinned":
      await tx`update room_entries set pinned_at = ${action === "pinned" ? createdAt : null}
        where ${message}`;
      return;
    case "reacted":
      await tx`insert into room_reactions (room_id, message_id, user_id, emoji)
        values (${roomId}, ${messageId}, ${senderId}, ${entry.emoji})`;
      return;
    case "unreacted":
      await tx`delete from room_reactions where room_id = ${roomId}
        and message_id = ${messageId} and user_id = ${senderId} and emoji = ${entry.emoji}`;
      return;
    case "received":
      throw new TypeError("A message is appended, not applied");
    default:
      entry satisfies never;
  }
}

/** The store of logs. */
export const chatStore = (sql: Sql) => {
  const roomColumns = sql`id, kind, hidden, name, topic, owner_id as "ownerId",
    slow_mode_ms as "slowModeMs", blocked_words as "blockedWords", member_count as "memberCount",
    gen, last_seq as "lastSeq", created_at as "createdAt"`;
  const entryColumns = sql`seq, action, message_id as "messageId", sender_id as "senderId",
    sender_name as "senderName", client_id as "clientId", content, message_type as "messageType",
    reply_to as "replyTo", thread_id as "threadId", metadata, emoji, created_at as "createdAt"`;

  /** Until when each was muted last: it outlives their membership, so the record of it is asked. */
  const mutes = (db: Sql | TransactionSql, roomId: string) =>
    db`
      select distinct on (target_id) target_id as user_id,
        to_timestamp((details->>'untilMs')::float8 / 1000) as until
      from room_acts where room_id = ${roomId} and act in ('mute', 'unmute')
      order by target_id, id desc`;

  const standingsOf = async (db: Sql | TransactionSql, roomId: string, userId: string | null) => {
    const one = userId === null ? db`` : db`and user_id = ${userId}`;
    const rows = await db<
      {
        userId: string;
        role: Standing["role"];
        mutedUntil: Date | null;
        banned: boolean;
        bannedUntil: Date | null;
      }[]
    >`
      select user_id as "userId", m.role, coalesce(m.muted_until, silenced.until) as "mutedUntil",
        b.user_id is not null as banned, b.until as "bannedUntil"
      from (select * from room_members where room_id = ${roomId}) m
      full join (select * from room_bans where room_id = ${roomId}) b using (user_id)
      full join (select * from (${mutes(db, roomId)}) all_mutes where until > now()) silenced
        using (user_id)
      where true ${one}`;
    return new Map<string, Standing>(rows.map((row) => [row.userId, {
      role: row.role,
      mutedUntil: row.mutedUntil?.getTime() ?? 0,
      bannedUntil: row.banned ? row.bannedUntil?.getTime() ?? Infinity : 0,
    }]));
  };

  return {
    /** Loads a room and takes the next epoch; null: there is none. */
    async open(id: string): Promise<OpenRoom | null> {
      const [row] = await sql<(Omit<Room, "createdAt"> & { createdAt: Date; epoch: number })[]>`
        update rooms set epoch = epoch + 1 where id = ${id} and deleted_at is null
        returning ${roomColumns}, epoch`;
      if (!row) return null;
      const { epoch, createdAt, ...room } = row;
      const standings = await standingsOf(sql, id, null);
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
        select ${entryColumns} from room_entries
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

    /** Entries after `seq`, ascending. */
    async after(roomId: string, seq: number, most: number): Promise<Entry[]> {
      const rows = await sql<EntryRow[]>`
        select ${entryColumns} from room_entries
        where room_id = ${roomId} and seq > ${seq} order by seq limit ${most}`;
      return rows.map(entryOf);
    },

    /** The newest entries before `seq`, ascending. */
    async before(roomId: string, seq: number, most: number): Promise<Entry[]> {
      const rows = await sql<EntryRow[]>`
        select ${entryColumns} from room_entries
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

    /** Shows or hides the room of a stream. @throws {Rejection} `fenced` */
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

async function setPlace(
  tx: TransactionSql,
  roomId: string,
  byId: string,
  userId: string,
  change: Act,
): Promise<void> {
  const place = tx`room_id = ${roomId} and user_id = ${userId}`;
  switch (change.act) {
    case "add":
    case "join":
      // who leaves and comes again is as mute as before
      await tx`
        insert into room_members (room_id, user_id, read_seq, muted_until)
        values (${roomId}, ${userId}, (select last_seq from rooms where id = ${roomId}), (
          select to_timestamp((details->>'untilMs')::float8 / 1000) from room_acts
          where room_id = ${roomId} and target_id = ${userId} and act in ('mute', 'unmute')
          order by id desc limit 1))
        on conflict do nothing`;
      return;
    case "leave":
      // a direct room is of all its people: without one of them they can begin another
      await tx`update rooms set direct_key = null where id = ${roomId}`;
      await tx`delete from room_members where ${place}`;
      await forgetMentions(tx, roomId, userId);
      return;
    case "kick":
      await tx`delete from room_members where ${place}`;
      await forgetMentions(tx, roomId, userId);
      return;
    case "mute":
      await tx`update room_members set muted_until = ${new Date(change.untilMs)} where ${place}`;
      return;
    case "unmute":
      await tx`update room_members set muted_until = null where ${place}`;
      return;
    case "ban":
      await tx`delete from room_members where ${place}`;
      await forgetMentions(tx, roomId, userId);
      await tx`
        insert into room_bans (room_id, user_id, until, reason, banned_by)
        values (${roomId}, ${userId}, ${change.untilMs === null ? null : new Date(change.untilMs)},
          ${change.reason}, ${byId})
        on conflict (room_id, user_id) do update
          set until = excluded.until, reason = excluded.reason, banned_by = excluded.banned_by`;
      return;
    case "unban":
      await tx`delete from room_bans where ${place}`;
      return;
    case "role":
      await tx`update room_members set role = ${change.role} where ${place}`;
      return;
    default:
      change satisfies never;
  }
}

export type ChatStore = ReturnType<typeof chatStore>;
