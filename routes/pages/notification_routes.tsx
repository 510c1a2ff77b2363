/** The addresses of the notifications' pages: the list, read, deleted, and what one wants. */
import { Hono } from "hono";
import { Rejection } from "../../domain/errors.ts";
import { isId } from "../../domain/ids.ts";
import {
  kindsFor,
  NotificationPreferencesPatch,
  NotificationQuery,
  preferencesFor,
} from "../../domain/notifications.ts";
import type { AppEnv } from "../env.ts";
import { signedIn, viewOf } from "./context.ts";
import { readForm } from "./forms.ts";
import { notificationSettingsPage, notificationsPage } from "./notifications.tsx";
import type { Site } from "./site.ts";
import { answer } from "./view.tsx";

export function notificationRoutes(site: Site): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const { notifications } = site;

  app.get("/notifications", async (c) => {
    const { userId } = signedIn(c);
    const parsed = NotificationQuery.safeParse(c.req.query());
    const query = parsed.success ? parsed.data : NotificationQuery.parse({});
    const page = await notifications.list(userId, query);
    const shown = { onlyUnread: query.unread === true, first: query.cursor === undefined };
    const view = viewOf(site, c);
    return answer(c, view, notificationsPage(view, page, shown));
  });
  app.post("/notifications/read", async (c) => {
    const { userId } = signedIn(c);
    const { before } = await readForm(c);
    if (!before || !isId(before)) throw new Rejection("invalid", "The form names no notification");
    await notifications.markRead(userId, { before });
    return c.redirect("/notifications", 303);
  });
  app.post("/notifications/:id/delete", async (c) => {
    const { userId } = signedIn(c);
    const { id } = c.req.param();
    if (!isId(id)) throw new Rejection("not_found", `No notification ${id}`);
    await notifications.remove(userId, id);
    return c.redirect("/notifications", 303);
  });
  app.get("/settings/notifications", async (c) => {
    const { userId, roles } = signedIn(c);
    const view = viewOf(site, c);
    const saved = c.req.query("saved") !== undefined;
    const preferences = preferencesFor(roles, await notifications.preferences(userId));
    return answer(c, view, notificationSettingsPage(view, preferences, saved));
  });
  app.post("/settings/notifications", async (c) => {
    const { userId, roles } = signedIn(c);
    const chosen = await readForm(c); // a box that is not ticked is not sent
    const patch = kindsFor(roles).map((kind) => [kind, { inPage: chosen[kind] === "on" }]);
    await notifications.setPreferences(
      userId,
      NotificationPreferencesPatch.parse(Object.fromEntries(patch)),
    );
    return c.redirect("/settings/notifications?saved", 303);
  });
  return app;
}
