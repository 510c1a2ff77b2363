/** What people are told: written beside the event's cursor, told to their pages after the commit. */
import { type Role, rolesWith } from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import type { DomainEvent } from "../domain/events.ts";
import {
  type Bell,
  draftsOf,
  type Marked,
  type Notification,
  NOTIFICATION_DAYS,
  type NotificationDraft,
  type NotificationFrame,
  type NotificationPreferences,
  type NotificationPreferencesPatch,
  type NotificationQuery,
  NOTIFYING_EVENTS,
  receivedFrame,
} from "../domain/notifications.ts";
import type { Page } from "../domain/pages.ts";
import type { Consumer } from "./event_pump.ts";

/** The rows, as they are needed here. */
interface Rows<Tx> {
  add(
    tx: Tx,
    draft: Omit<NotificationDraft, "to"> & {
      id: string;
      userId: string;
      eventId: string;
      createdAt: string;
    },
  ): Promise<Notification | null>;
  withRoles(tx: Tx, roles: readonly Role[]): Promise<string[]>;
  unread(userId: string): Promise<number>;
  bell(userId: string): Promise<Bell>;
  list(userId: string, query: NotificationQuery): Promise<Page<Notification>>;
  markRead(userId: string, which: Marked): Promise<number>;
  remove(userId: string, id: string): Promise<boolean>;
  preferences(userId: string, tx?: Tx): Promise<NotificationPreferences>;
  setPreferences(userId: string, patch: NotificationPreferencesPatch): Promise<void>;
  expire(days: number): Promise<number>;
}

/** One's own notifications; of others' there is no word. */
export interface Notifications {
  bell(userId: string): Promise<Bell>;
  /** @throws {Rejection} `invalid` when the cursor is not one of ours */
  list(
    userId: string,
    query: NotificationQuery,
  ): Promise<Page<Notification> & { unreadCount: number }>;
  /** How many were unread until now, and how many still are. */
  markRead(userId: string, which: Marked): Promise<{ changed: number; unreadCount: number }>;
  /** @throws {Rejection} `not_found` */
  remove(userId: string, id: string): Promise<void>;
  preferences(userId: string): Promise<NotificationPreferences>;
  setPreferences(
    userId: string,
    patch: NotificationPreferencesPatch,
  ): Promise<NotificationPreferences>;
  /** Removes those whose time is over; how many. */
  expire(): Promise<number>;
}

/** `tell` reaches the reader's open pages, at most once; what is missed is in the list. */
export function notifications<Tx>({ rows, tell, newId }: {
  rows: Rows<Tx>;
  tell: (userId: string, frame: NotificationFrame) => void;
  newId: () => string;
}): Notifications & { readonly consumer: Consumer<Tx> } {
  return {
    consumer: {
      name: "notifications",
      types: NOTIFYING_EVENTS,
      from: "next", // whoever updates an old site does not wake everybody with old news
      async handle(event: DomainEvent, tx: Tx) {
        const told: (() => Promise<void>)[] = [];
        const { eventId, timestamp: createdAt } = event;
        for (const { to, ...draft } of draftsOf(event)) {
          const readers = "userId" in to
            ? [to.userId]
            : await rows.withRoles(tx, rolesWith(to.right));
          for (const userId of readers) {
            if (!(await rows.preferences(userId, tx))[draft.kind].inPage) continue;
            const given = { ...draft, id: newId(), userId, eventId, createdAt };
            const added = await rows.add(tx, given);
            if (!added) continue;
            // counted when it is told: others may have been read while this was being written
            told.push(async () => tell(userId, receivedFrame(added, await rows.unread(userId))));
          }
        }
        return async () => {
          for (const one of told) await one();
        };
      },
    },

    bell: (userId) => rows.bell(userId),
    async list(userId, query) {
      const [page, unreadCount] = await Promise.all([
        rows.list(userId, query),
        rows.unread(userId),
      ]);
      return { ...page, unreadCount };
    },
    async markRead(userId, which) {
      const changed = await rows.markRead(userId, which);
      const unreadCount = await rows.unread(userId);
      if (changed > 0) {
        const { ids = null, before = null } = which;
        const data = { ids, before, unread_count: unreadCount };
        tell(userId, { type: "notification", action: "read", data });
      }
      return { changed, unreadCount };
    },
    async remove(userId, id) {
      if (!await rows.remove(userId, id)) {
        throw new Rejection("not_found", `No notification ${id}`);
      }
      const data = { id, unread_count: await rows.unread(userId) };
      tell(userId, { type: "notification", action: "removed", data });
    },
    preferences: (userId) => rows.preferences(userId),
    async setPreferences(userId, patch) {
      await rows.setPreferences(userId, patch);
      return await rows.preferences(userId);
    },
    expire: () => rows.expire(NOTIFICATION_DAYS),
  };
}
