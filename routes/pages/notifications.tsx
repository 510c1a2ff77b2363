/** The pages of notifications: the list, and what one wants to be told of. */
import {
  type Notification,
  NotificationKind,
  type NotificationPreferencesPatch,
} from "../../domain/notifications.ts";
import type { Page } from "../../domain/pages.ts";
import NotificationList from "../../islands/notifications/notification_list.tsx";
import type { View } from "./context.ts";
import { Island } from "./island.tsx";
import { frame, Saved } from "./settings.tsx";
import type { Content } from "./view.tsx";

/** `first` tells whether the list begins with the newest. */
export function notificationsPage(
  view: View,
  page: Page<Notification>,
  { onlyUnread, first }: { onlyUnread: boolean; first: boolean },
): Content {
  const { t, now } = view;
  const words = t.notifications;
  const older = new URLSearchParams({
    ...(onlyUnread && { unread: "true" }),
    cursor: page.nextCursor ?? "",
  });
  const filters = [
    { href: "/notifications", label: words.everything, here: !onlyUnread },
    { href: "/notifications?unread=true", label: words.unread, here: onlyUnread },
  ];
  const body = () => (
    <div class="notifications">
      <header class="page-head">
        <h1 class="page-title">{words.title}</h1>
        <p class="lead">{words.lead}</p>
        <p>
          <a class="link" href="/settings/notifications">{words.choose}</a>
        </p>
      </header>
      <nav class="tabs" aria-label={words.filters}>
        {filters.map(({ href, label, here }) => (
          <a href={href} aria-current={here ? "page" : undefined}>{label}</a>
        ))}
      </nav>
      <Island
        name="notification-list"
        source="islands/notifications/notification_list.tsx"
        of={NotificationList}
        props={{ items: page.items, now, first, onlyUnread }}
      />
      {page.nextCursor && (
        <p class="more">
          <a class="button" href={`?${older}`}>{words.more}</a>
        </p>
      )}
    </div>
  );
  return { title: words.title, body };
}

export function notificationSettingsPage(
  view: View,
  preferences: NotificationPreferencesPatch,
  saved: boolean,
): Content {
  const { t } = view;
  const words = t.notifications;
  return frame(
    view,
    "notifications",
    () => (
      <form class="form" method="post" action="/settings/notifications" data-swap>
        {saved && <Saved view={view} />}
        <fieldset class="choices">
          <legend>{words.settingsText}</legend>
          {NotificationKind.options.filter((kind) => preferences[kind]).map((kind) => (
            <label class="choice">
              <input type="checkbox" name={kind} checked={preferences[kind]?.inPage === true} />
              <span>
                {words.kinds[kind].choice}
                <small>{words.kinds[kind].help}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <p class="acts">
          <button type="submit" class="button button-main">{t.settings.save}</button>
        </p>
      </form>
    ),
  );
}
