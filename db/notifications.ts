/** Notifications and what people want to be told of: SQL and rows, nothing else. */
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
} from "../domain/notifications.ts";
import { encodeCursor, type Page, positionOf } from "../domain/pages.ts";
import type { Sql, TransactionSql } from "./open.ts";

interface NotificationRow {
  id: string;
  kind: NotificationKind;
  trackId: string;
  title: string;
  code: string | null;
  createdAt: Date;
  readAt: Date | null;
}

/** A notification to be written, of an event. */
export interface NewNotification extends NotificationDraft {
  readonly id: string;
  readonly eventId: string;
  /** When it happened; ISO 8601. */
  readonly createdAt: string;
}

const shown = (row: NotificationRow): Notification => ({
  id: row.id,
  kind: row.kind,
  about: { type: "track", id: row.trackId, title: row.title },
  code: row.code === null ? null : knownCode(row.code),
  read: row.readAt !== null,
  createdAt: row.createdAt.toISOString(),
});

/** The store of notifications. Every method sees and changes only what is `userId`'s own. */
export const notificationStore = (sql: Sql) => {
  const columns = sql`notifications.id, kind, track_id as "trackId", tracks.title, code,
    notifications.created_at as "createdAt", read_at as "readAt"`;
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
     * what it is about has gone or is another's.
     */
    async add(tx: TransactionSql, given: NewNotification): Promise<Notification | null> {
      const { id, userId, eventId, kind, trackId, code = null, createdAt } = given;
      const [row] = await tx<NotificationRow[]>`
        with added as (
          insert into notifications (id, user_id, event_id, kind, track_id, code, created_at)
          select ${id}, ${userId}, ${eventId}, ${kind}, tracks.id, ${code}, ${createdAt}
          from tracks where tracks.id = ${trackId} and tracks.creator_id = ${userId}
          on conflict on constraint uq_notifications_user_id_event_id do nothing
          returning *
        )
        select added.id, kind, track_id as "trackId", tracks.title, code,
          added.created_at as "createdAt", read_at as "readAt"
        from added join tracks on tracks.id = added.track_id`;
      return row ? shown(row) : null;
    },

    /**
     * The newest first.
     *
     * @throws {Rejection} `invalid` when the cursor is not one of ours
     */
    async list(userId: string, query: NotificationQuery): Promise<Page<Notification>> {
      const position = positionOf(query.cursor);
      const rows = await sql<NotificationRow[]>`
        select ${columns} from notifications join tracks on tracks.id = track_id
        where user_id = ${userId} and removed_at is null
          and kind = any(${NotificationKind.options}) -- a later release may have written others
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
