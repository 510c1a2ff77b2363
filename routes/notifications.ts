/** `/api/v1/notifications`: what one was told, and what one wants to be told of (D12). */
import { z } from "zod";
import { Id } from "../domain/ids.ts";
import {
  MarkRead,
  Notification,
  NotificationPreferences,
  NotificationPreferencesPatch,
  NotificationQuery,
  preferencesFor,
} from "../domain/notifications.ts";
import type { Notifications } from "../services/notifications.ts";
import { body, endpoint, json, routes, signedIn } from "./endpoint.ts";

const unreadCount = z.number().int();

const list = endpoint({
  method: "get",
  path: "/notifications",
  tags: ["notifications"],
  operationId: "listNotifications",
  summary: "One's own notifications, the newest first",
  description: "`unread=true` leaves out what was read. `unreadCount` counts beyond this page.",
  permission: "account:own",
  request: { query: NotificationQuery },
  responses: {
    200: json(
      z.object({
        items: z.array(Notification),
        nextCursor: z.string().nullable(),
        unreadCount,
      }),
      "Notifications",
    ),
  },
});

const mark = endpoint({
  method: "patch",
  path: "/notifications",
  tags: ["notifications"],
  operationId: "markNotificationsRead",
  summary: "Mark notifications as read",
  description:
    "Those in `ids`; or with `before` the one of that id and all older; with neither, all.",
  permission: "account:own",
  request: { body: body(MarkRead) },
  responses: {
    200: json(
      z.object({
        /** How many were unread until now. */
        changed: z.number().int(),
        unreadCount,
      }),
      "What is left",
    ),
  },
});

const remove = endpoint({
  method: "delete",
  path: "/notifications/{id}",
  tags: ["notifications"],
  operationId: "deleteNotification",
  summary: "Delete a notification",
  description: "What it told of stays as it is.",
  permission: "account:own",
  problems: [404],
  request: { params: z.object({ id: Id }) },
  responses: { 204: { description: "It is gone" } },
});

const preferences = endpoint({
  method: "get",
  path: "/notifications/preferences",
  tags: ["notifications"],
  operationId: "getNotificationPreferences",
  summary: "What one wants to be told of, by kind",
  description: "All kinds that one can be told of, also those that were not chosen yet.",
  permission: "account:own",
  responses: { 200: json(NotificationPreferences, "The preferences") },
});

const setPreferences = endpoint({
  method: "put",
  path: "/notifications/preferences",
  tags: ["notifications"],
  operationId: "setNotificationPreferences",
  summary: "Choose what one wants to be told of",
  description: "Kinds that are left out stay as they are. It holds for what happens from now on.",
  permission: "account:own",
  request: { body: body(NotificationPreferencesPatch) },
  responses: { 200: json(NotificationPreferences, "The preferences as they are now") },
});

export function notifications({ notifications }: { notifications: Notifications }) {
  const app = routes();
  app.openapi(
    list,
    async (c) => c.json(await notifications.list(signedIn(c).userId, c.req.valid("query")), 200),
  );
  app.openapi(
    mark,
    async (c) => c.json(await notifications.markRead(signedIn(c).userId, c.req.valid("json")), 200),
  );
  app.openapi(remove, async (c) => {
    await notifications.remove(signedIn(c).userId, c.req.valid("param").id);
    return c.body(null, 204);
  });
  app.openapi(preferences, async (c) => {
    const { userId, roles } = signedIn(c);
    return c.json(preferencesFor(roles, await notifications.preferences(userId)), 200);
  });
  app.openapi(setPreferences, async (c) => {
    const { userId, roles } = signedIn(c);
    const now = await notifications.setPreferences(userId, c.req.valid("json"));
    return c.json(preferencesFor(roles, now), 200);
  });
  return app;
}
