/** Rooms as lists and pages show them: SQL and rows. What changes a room goes through its actor. */
import { appendEvents } from "./events.ts";
import type { RoomKind, RoomRole } from "../domain/chat.ts";
import type { EventMetadata } from "../domain/events.ts";
import { Rejection } from "../domain/errors.ts";
import type { Sql, TransactionSql } from "./open.ts";

export interface RoomRow {
  readonly id: string;
  readonly kind: RoomKind;
  readonly name: string;
  readonly topic: string;
  readonly ownerId: string;
  readonly memberCount: number;
  readonly gen: number;
  readonly lastSeq: number;
  readonly lastMessageAt: Date | null;
  readonly slowModeMs: number;
  readonly createdAt: Date;
}

/** A room as somebody who is in it sees it in a list. */
export interface MyRoom extends RoomRow {
  readonly role: RoomRole;
  readonly readSeq: number;
  /** Messages of others since then, at most {@linkcode UNREAD_MOST}. */
  readonly unread: number;
  /** The others of a direct room. */
  readonly others: readonly {
    readonly id: string;
    readonly username: string;
    readonly displayName: string;
  }[];
  readonly lastContent: string | null;
  readonly lastSender: string | null;
}

export interface MemberRow {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly role: RoomRole;
  readonly readSeq: number;
  readonly joinedAt: Date;
  readonly mutedUntil: Date | null;
}

export interface BanRow {
  readonly userId: string;
  readonly username: string;
  readonly displayName: string;
  readonly until: Date | null;
  readonly reason: string;
  readonly createdAt: Date;
}

export interface RoomToMake {
  readonly id: string;
  readonly kind: RoomKind;
  readonly name: string;
  readonly topic: string;
  readonly ownerId: string;
  readonly memberIds: readonly string[];
}

/** More unread messages than these are only many. */
const UNREAD_MOST = 100;

/** The store of rooms. */
export const roomStore = (sql: Sql) => {
  const columns = sql`r.id, r.kind, r.name, r.topic, r.owner_id as "ownerId",
    r.member_count as "memberCount", r.gen, r.last_seq as "lastSeq",
    r.last_message_at as "lastMessageAt", r.slow_mode_ms as "slowModeMs",
    r.created_at as "createdAt"`;
  // what a member `m` of a room `r` has not read; a room without news is not looked into
  const unreadOf = (userId: string) =>
    sql`select from room_entries e
      where r.last_seq > m.read_seq and e.room_id = r.id and e.seq > m.read_seq
        and e.action = 'received' and e.deleted_at is null and e.sender_id <> ${userId}`;
  const byId = async (id: string): Promise<RoomRow | null> => {
    const [row] = await sql<RoomRow[]>`
      select ${columns} from rooms r where id = ${id} and deleted_at is null`;
    return row ?? null;
  };

  return {
    byId,

    /**
     * Makes a room with its first members. A direct room of the same people is the same room.
     *
     * @throws {Rejection} `not_found` for an account that is not there
     */
    async create(
      room: RoomToMake,
      cause: Partial<EventMetadata>,
    ): Promise<{ room: RoomRow; isNew: boolean }> {
      const members = [...new Set([room.ownerId, ...room.memberIds])];
      const directKey = room.kind === "direct" ? members.toSorted().join("/") : null;
      const made = await sql.begin(async (tx) => {
        const [row] = await tx<{ id: string }[]>`
          insert into rooms (id, kind, name, topic, owner_id, direct_key, member_count)
          values (${room.id}, ${room.kind}, ${room.name}, ${room.topic}, ${room.ownerId},
            ${directKey}, ${members.length})
          on conflict (direct_key) do nothing returning id`;
        if (!row) return null;
        await addMembers(tx, room, members);
        await appendEvents(tx, [{
          eventType: "chat.room.created.v1",
          aggregateId: room.id,
          data: { ownerId: room.ownerId, kind: room.kind },
          metadata: cause,
        }]);
        return row.id;
      });
      const [row] = await sql<RoomRow[]>`
        select ${columns} from rooms r
        where ${made ? sql`id = ${made}` : sql`direct_key = ${directKey}`}`;
      if (!row) throw new Rejection("conflict", "The room was deleted at the same moment");
      return { room: row, isNew: made !== null };
    },

    /** Public rooms, those that were spoken in last first; after the room `afterId`. */
    async publicRooms(limit: number, afterId: string | null, search: string): Promise<RoomRow[]> {
      const words = `%${escapeLike(search)}%`;
      return await sql<RoomRow[]>`
        select ${columns} from rooms r
        where r.kind = 'public' and r.deleted_at is null
          and (${search} = '' or r.name ilike ${words} or r.topic ilike ${words})
          and ${
        afterId === null ? sql`true` : sql`(coalesce(r.last_message_at, r.created_at), r.id) < (
          select coalesce(last_message_at, created_at), id from rooms where id = ${afterId})`
      }
        order by coalesce(r.last_message_at, r.created_at) desc, r.id desc limit ${limit}`;
    },

    /** The rooms that somebody is in, but those of streams; last spoken in first; at most 500. */
    async mine(userId: string): Promise<MyRoom[]> {
      return await sql<MyRoom[]>`
        select ${columns}, m.role, m.read_seq as "readSeq",
          (select count(*)::int from (${unreadOf(userId)} limit ${UNREAD_MOST}) u) as unread,
          coalesce((select json_agg(json_build_object('id', u.id, 'username', u.username,
              'displayName', u.display_name) order by u.display_name)
            from room_members o join users u on u.id = o.user_id
            where r.kind = 'direct' and o.room_id = r.id and o.user_id <> ${userId}),
            '[]'::json) as others,
          newest.content as "lastContent", newest.sender_name as "lastSender"
        from room_members m join rooms r on r.id = m.room_id
        left join lateral (
          select left(coalesce(edited_content, content), 200) as content, sender_name
          from room_entries e
          where e.room_id = r.id and e.action = 'received' and e.deleted_at is null
          order by seq desc limit 1) newest on true
        where m.user_id = ${userId} and r.deleted_at is null and r.kind <> 'live'
        order by coalesce(r.last_message_at, r.created_at) desc limit 500`;
    },

    /** How many of somebody's rooms have something unread. */
    async unreadRooms(userId: string): Promise<number> {
      const [row] = await sql<{ count: number }[]>`
        select count(*)::int as count from room_members m join rooms r on r.id = m.room_id
        where m.user_id = ${userId} and r.deleted_at is null and r.kind <> 'live'
          and exists (${unreadOf(userId)})`;
      return row?.count ?? 0;
    },

    /** Members by name, after the account `afterId`. */
    async members(roomId: string, limit: number, afterId: string | null): Promise<MemberRow[]> {
      return await sql<MemberRow[]>`
        select u.id, u.username, u.display_name as "displayName", m.role,
          m.read_seq as "readSeq", m.joined_at as "joinedAt", m.muted_until as "mutedUntil"
        from room_members m join users u on u.id = m.user_id
        where m.room_id = ${roomId} and ${
        afterId === null
          ? sql`true`
          : sql`(u.username, u.id) > (select username, id from users where id = ${afterId})`
      }
        order by u.username, u.id limit ${limit}`;
    },

    async bans(roomId: string): Promise<BanRow[]> {
      return await sql<BanRow[]>`
        select b.user_id as "userId", u.username, u.display_name as "displayName", b.until,
          b.reason, b.created_at as "createdAt"
        from room_bans b join users u on u.id = b.user_id
        where b.room_id = ${roomId} and (b.until is null or b.until > now())
        order by b.created_at desc limit 500`;
    },

    async makeInvite(
      { hash, roomId, madeBy, uses, expiresAt }: {
        hash: Uint8Array;
        roomId: string;
        madeBy: string;
        uses: number;
        expiresAt: Date;
      },
    ): Promise<void> {
      await sql`insert into room_invites (code_hash, room_id, made_by, uses_left, expires_at)
        values (${hash}, ${roomId}, ${madeBy}, ${uses}, ${expiresAt})`;
    },

    /** Where an invite leads; null when it does not count any more. */
    async invite(hash: Uint8Array): Promise<{ room: RoomRow; madeBy: string } | null> {
      const [row] = await sql<(RoomRow & { madeBy: string })[]>`
        select ${columns}, i.made_by as "madeBy"
        from room_invites i join rooms r on r.id = i.room_id
        where i.code_hash = ${hash} and i.uses_left > 0 and i.expires_at > now()
          and r.deleted_at is null`;
      if (!row) return null;
      const { madeBy, ...room } = row;
      return { room, madeBy };
    },

    /** Takes one use of an invite; false when there is none left. */
    async useInvite(hash: Uint8Array): Promise<boolean> {
      const { count } = await sql`update room_invites set uses_left = uses_left - 1
        where code_hash = ${hash} and uses_left > 0 and expires_at > now()`;
      return count === 1;
    },

    /** The `seq` of the first message at or after a time; null: there is none. */
    async seqAt(roomId: string, at: Date): Promise<number | null> {
      const [row] = await sql<{ seq: number }[]>`
        select seq from room_entries
        where room_id = ${roomId} and action = 'received' and created_at >= ${at}
        order by seq limit 1`;
      return row?.seq ?? null;
    },
  };
};
export type RoomStore = ReturnType<typeof roomStore>;

async function addMembers(tx: TransactionSql, room: RoomToMake, members: readonly string[]) {
  const { count } = await tx`
    insert into room_members (room_id, user_id, role)
    select ${room.id}, u.id, case when u.id = ${room.ownerId} then 'owner' else 'member' end
    from users u where u.id = any(${[...members]}::uuid[]) and u.status = 'active'`;
  if (count !== members.length) {
    throw new Rejection("not_found", "One of these accounts is not there");
  }
}

const escapeLike = (text: string) => text.replace(/[\\%_]/g, "\\$&");
