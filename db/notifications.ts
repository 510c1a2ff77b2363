/** Notifications and what people want to be told of: SQL and rows, nothing else. */
import { type Role } from "../domain/auth.ts";
import {
  type Bell,
  knownCode,
  type Marked,
  type Notification,
  type NotificationDraft,
  NotificationKind,
  type NotificationPreferences,
  type NotificationPreferencesPatch,
  type NotificationQuery,
  preferencesFrom,
  type Subject,
} from "../domain/notifications.ts";
import { encodeCursor, type Page, positionOf } from "../domain/pages.ts";
import { mayBeTold } from "./mentions.ts";
import type { Sql, TransactionSql } from "./open.ts";

interface NotificationRow {
  id: string;
  kind: NotificationKind;
  trackId: string | null;
  title: string;
  roomId: string | null;
  roomName: string;
  messageId: string;
  seq: number;
  personId: string;
  personName: string;
  code: string | null;
  createdAt: Date;
  readAt: Date | null;
}

/** A notification to be written, of an event. */
export interface NewNotification extends Omit<NotificationDraft, "to"> {
  readonly id: string;
  readonly userId: string;
  readonly eventId: string;
  /** When it happened; ISO 8601. */
  readonly createdAt: string;
}

/** Which columns are set says what it is about. */
function aboutOf(row: NotificationRow): Notification["about"] {
  if (row.trackId !== null) return { type: "track", id: row.trackId, title: row.title };
  const person = { id: row.personId, name: row.personName };
  if (row.roomId === null) return { type: "user", ...person };
  const { messageId: id, seq, roomId, roomName } = row;
  return { type: "message", id, seq, room: { id: roomId, name: roomName }, by: person };
}

const shown = (row: NotificationRow): Notification => ({
  id: row.id,
  kind: row.kind,
  about: aboutOf(row),
  code: row.code === null ? null : knownCode(row.code),
  read: row.readAt !== null,
  createdAt: row.createdAt.toISOString(),
});

/** The columns of `subject`, from a row that is there as long as `readerId` may see it. */
function found(tx: TransactionSql, subject: Subject, readerId: string) {
  switch (subject.type) {
    case "track":
      return tx`tracks.id, null::uuid, null::uuid, null::bigint, null::uuid
        from tracks where tracks.id = ${subject.trackId} and tracks.creator_id = ${readerId}`;
    case "message":
      return tx`null::uuid, rooms.id, e.message_id, e.seq, e.sender_id
        from rooms
        join users on users.id = ${readerId}
        join room_entries e on e.room_id = rooms.id and e.seq = ${subject.seq}
          and e.message_id = ${subject.messageId} and e.deleted_at is null
        where rooms.id = ${subject.roomId} and ${mayBeTold(tx)}`;
    case "user":
      return tx`null::uuid, null::uuid, null::uuid, null::bigint, users.id
        from users where users.id = ${subject.userId} and users.status = 'pending'
        for share`; // whoever decides meanwhile, decides before or after
    default:
      return subject satisfies never;
  }
}

/** The store of notifications. Every method sees and changes only what is `userId`'s own. */
export const notificationStore = (sql: Sql) => {
  const select = sql`
    select notifications.id, notifications.kind, track_id as "trackId", tracks.title, code,
      room_id as "roomId", rooms.name as "roomName", message_id as "messageId", seq,
      person_id as "personId", person.display_name as "personName",
      notifications.created_at as "createdAt", read_at as "readAt"
    from notifications
    left join tracks on tracks.id = track_id
    left join rooms on rooms.id = room_id
    left join users person on person.id = person_id`;
  const unread = async (userId: string): Promise<number> => {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int as count from notifications
      where user_id = ${userId} and read_at is null and removed_at is null`;
    return row?.count ?? 0;
  };

  return {
    unread,

    /**
     * Writes one in the transaction of a consumer; null when there is one of this event already, or
     * what it is about has gone, or is not for `userId` to see.
     */
    async add(tx: TransactionSql, given: NewNotification): Promise<Notification | null> {
      const { id, userId, eventId, kind, subject, code = null, createdAt } = given;
      const added = await tx`
        insert into notifications (id, user_id, event_id, kind, code, created_at,
          track_id, room_id, message_id, seq, person_id)
        select ${id}, ${userId}, ${eventId}, ${kind}, ${code}, ${createdAt}, ${
        found(tx, subject, userId)
      }
        on conflict on constraint uq_notifications_user_id_event_id do nothing`;
      if (added.count === 0) return null;
      const [row] = await tx<NotificationRow[]>`${select} where notifications.id = ${id}`;
      return row ? shown(row) : null;
    },

    /** Who may sign in and has one of `roles`. */
    async withRoles(tx: TransactionSql, roles: readonly Role[]): Promise<string[]> {
      const rows = await tx<{ id: string }[]>`
        select id from users where status = 'active' and roles && ${[
        ...roles,
      ]}::text[] order by id`;
      return rows.map(({ id }) => id);
    },

    /**
     * The newest first.
     *
     * @throws {Rejection} `invalid` when the cursor is not one of ours
     */
    async list(userId: string, query: NotificationQuery): Promise<Page<Notification>> {
      const position = positionOf(query.cursor);
      const rows = await sql<NotificationRow[]>`
        ${select}
        where user_id = ${userId} and removed_at is null
          and notifications.kind = any(${NotificationKind.options}) -- a later release may have written others
          ${query.unread ? sql`and read_at is null` : sql``}
          ${position === null ? sql`` : sql`and notifications.id < ${position}`}
        order by notifications.id desc limit ${query.limit + 1}`;
      const items = rows.slice(0, query.limit).map(shown);
      const last = items.at(-1);
      return {
        items,
        nextCursor: rows.length > query.limit && last ? encodeCursor(last.id) : null,
      };
    },

    async bell(userId: string): Promise<Bell> {
      const [newest] = await sql<{ id: string }[]>`
        select id from notifications where user_id = ${userId} and removed_at is null
        order by id desc limit 1`;
      return { unread: newest ? await unread(userId) : 0, newest: newest?.id ?? null };
    },

    /** How many of them were unread until now. */
    async markRead(userId: string, { ids, before }: Marked): Promise<number> {
      const which = ids
        ? sql`and id = any(${[...ids]})`
        : before
        ? sql`and id <= ${before}`
        : sql``;
      const done = await sql`
        update notifications set read_at = now()
        where user_id = ${userId} and read_at is null and removed_at is null ${which}`;
      return done.count;
    },

    /** False when there is none, or not any more. */
    async remove(userId: string, id: string): Promise<boolean> {
      const done = await sql`
        update notifications set removed_at = now()
        where user_id = ${userId} and id = ${id} and removed_at is null`;
      return done.count === 1;
    },

    async preferences(
      userId: string,
      of: Sql | TransactionSql = sql,
    ): Promise<NotificationPreferences> {
      const rows = await of<{ kind: NotificationKind; inPage: boolean }[]>`
        select kind, in_page as "inPage" from notification_preferences where user_id = ${userId}`;
      return preferencesFrom(
        Object.fromEntries(rows.map(({ kind, inPage }) => [kind, { inPage }])),
      );
    },

    async setPreferences(userId: string, patch: NotificationPreferencesPatch): Promise<void> {
      const rows = Object.entries(patch).map(([kind, { inPage }]) => ({
        user_id: userId,
        kind,
        in_page: inPage,
      }));
      if (rows.length === 0) return;
      await sql`
        insert into notification_preferences ${sql(rows)}
        on conflict (user_id, kind) do update set in_page = excluded.in_page`;
    },

    /** Removes those of events that are older than `days`; how many. */
    async expire(days: number): Promise<number> {
      const done = await sql`
        delete from notifications where created_at < now() - ${days} * interval '1 day'`;
      return done.count;
    },
  };
};

export type NotificationStore = ReturnType<typeof notificationStore>;
