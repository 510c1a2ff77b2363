/** What people are told of, put together: the rows, the consumer of events, and the live frames. */
import type { Bus } from "../actors/runtime/bus.ts";
import { topic } from "../actors/runtime/topic.ts";
import { notificationStore } from "../db/notifications.ts";
import type { Sql } from "../db/open.ts";
import type { NotificationFrame } from "../domain/notifications.ts";
import { newId } from "../services/ids.ts";
import { notifications } from "../services/notifications.ts";

export function notificationsOf({ sql, bus }: { sql: Sql; bus: Bus }) {
  /** By the reader's id, on every node where a page of theirs is open. */
  const frames = topic<NotificationFrame>(bus, "user");
  const inbox = notifications({
    rows: notificationStore(sql),
    tell: (userId, frame) => frames.publish(userId, frame),
    newId,
  });
  return { inbox, frames };
}
