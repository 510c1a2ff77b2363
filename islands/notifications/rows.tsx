/** Notifications as rows: what happened, when, and a way to be rid of it. */
import { formatDate } from "../../domain/i18n/format.ts";
import type { Notification } from "../../domain/notifications.ts";
import { Icon } from "../icons.tsx";
import { toast } from "../shared/toasts.tsx";
import { language, t } from "../shared/words.ts";
import { goneIds, goSoon } from "../tracks/deletion.ts";
import { deleteNotification, markRead } from "./client.ts";
import { isRead } from "./state.ts";
import { placeOf, reasonOf, textOf } from "./words.ts";

const tell = (error: unknown) => {
  if (error instanceof Error) toast(error.message);
};

/** Whoever throws it away has seen it. */
function removeSoon(one: Notification): void {
  if (!isRead(one)) markRead({ ids: [one.id] }).catch(tell);
  goSoon({
    id: one.id,
    text: t().notifications.removed,
    remove: () => deleteNotification(one.id),
  });
}

/** Whoever came by keys goes on at the next row, else at the one above, else at the head of it all. */
function passFocus(row: Element): void {
  const near = row.nextElementSibling ?? row.previousElementSibling;
  const head = row.closest(".panel, #page")?.querySelector<HTMLElement>("h1, .panel-head button");
  if (head?.matches("h1")) head.tabIndex = -1;
  (near?.querySelector<HTMLElement>("form button") ?? head)?.focus();
}

function NotificationRow({ one, now }: { one: Notification; now: number }) {
  const words = t().notifications;
  const read = isRead(one);
  const reason = reasonOf(one);
  return (
    <li class={read ? "note" : "note is-unread"}>
      <a
        class="note-what"
        href={placeOf(one)}
        onClick={() => {
          if (!read) markRead({ ids: [one.id] }).catch(tell);
        }}
      >
        {!read && <span class="visually-hidden">{`${words.unread}: `}</span>}
        <span class="note-text">{textOf(one)}</span>
        {reason && <span class="note-reason">{reason}</span>}
        <time class="note-time" dateTime={one.createdAt}>
          {formatDate(one.createdAt, now, language())}
        </time>
      </a>
      <form
        method="post"
        action={`/notifications/${one.id}/delete`}
        onSubmit={(event) => {
          event.preventDefault();
          passFocus(event.currentTarget.parentElement!);
          removeSoon(one);
        }}
      >
        <button type="submit" class="key" aria-label={words.remove(textOf(one))}>
          <Icon name="close" />
        </button>
      </form>
    </li>
  );
}

/** Those that were not deleted a moment ago. */
export const present = (items: readonly Notification[]): Notification[] =>
  items.filter(({ id }) => !goneIds.value.has(id));

export function NotificationRows({ items, now }: { items: readonly Notification[]; now: number }) {
  return (
    <ul class="notes">
      {items.map((one) => <NotificationRow key={one.id} one={one} now={now} />)}
    </ul>
  );
}
