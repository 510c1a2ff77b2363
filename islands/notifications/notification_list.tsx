/** The list of the notifications' page: what comes while one looks joins at its head. */
import type { Notification } from "../../domain/notifications.ts";
import { t } from "../shared/words.ts";
import { NotificationRows, present } from "./rows.tsx";
import { isRead, news } from "./state.ts";

interface Props {
  readonly items: readonly Notification[];
  /** The server's clock, so that both draw the same words. */
  readonly now: number;
  /** The list begins with the newest, and what comes belongs to it. */
  readonly first: boolean;
  readonly onlyUnread: boolean;
}

function Empty({ onlyUnread }: { onlyUnread: boolean }) {
  const words = t().notifications;
  return (
    <div class="empty">
      <p>{onlyUnread ? words.nothingUnread : words.empty}</p>
      {!onlyUnread && <a class="button button-main" href="/upload">{words.emptyAct}</a>}
    </div>
  );
}

export default function NotificationList({ items, now, first, onlyUnread }: Props) {
  const words = t().notifications;
  const come = first
    ? news.value.filter((one) => one.id > (items[0]?.id ?? "") && !(onlyUnread && isRead(one)))
    : [];
  const shown = present([...come, ...items]);
  const [newest] = shown;
  if (!newest) return <Empty onlyUnread={onlyUnread} />;
  return (
    <>
      {shown.some((one) => !isRead(one)) && (
        <form class="notes-acts" method="post" action="/notifications/read" data-swap>
          <input type="hidden" name="before" value={newest.id} />
          <button type="submit" class="button">{words.markAll}</button>
        </form>
      )}
      <NotificationRows items={shown} now={come.length > 0 ? Date.now() : now} />
    </>
  );
}
