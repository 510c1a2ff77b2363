/** The bell in the frame of every page: a link to the notifications, with how many were not read. */
import { createMiddleware } from "hono/factory";
import { Icon } from "../../islands/icons.tsx";
import type { AppEnv } from "../env.ts";
import type { View } from "./context.ts";
import type { Site } from "./site.ts";

/** Looks up what the bell and the place of rooms show, before any page of somebody who is signed in. */
export const ringing = (site: Site) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const viewer = c.get("viewer");
    if (viewer.kind === "user") {
      const { userId } = viewer;
      const [bell, unreadRooms] = await Promise.all([
        site.notifications.bell(userId),
        site.rooms.store.unreadRooms(userId),
      ]);
      c.set("bell", bell);
      c.set("unreadRooms", unreadRooms);
    }
    await next();
  });

/** Drawn in each of its places; the browser's part is `islands/shell/bell.ts`. */
export function BellLink({ view, look }: { view: View; look: "rail-link" | "key" }) {
  const { bell, t, path } = view;
  if (!bell) return null;
  return (
    <a
      class={`${look} bell`}
      href="/notifications"
      aria-current={path === "/notifications" ? "page" : undefined}
      data-bell
      data-unread={bell.unread}
      data-newest={bell.newest ?? ""}
    >
      <span class="bell-sign">
        <Icon name="bell" />
        <span class="bell-count" data-bell-count hidden={bell.unread === 0} aria-hidden="true">
          {bell.unread}
        </span>
      </span>
      <span class={look === "key" ? "visually-hidden" : undefined}>
        {t.notifications.title}
        <span class="visually-hidden" data-bell-said>{t.notifications.bell(bell.unread)}</span>
      </span>
    </a>
  );
}
