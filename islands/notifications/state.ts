/** What the page knows of one's notifications. Small, because every page has the bell. */
import { signal } from "@preact/signals";
import type { Notification } from "../../domain/notifications.ts";

export const unread = signal(0);
/** The id of the newest that is known; ids sort by time. */
export const newest = signal("");
/** What came since the site was opened, the newest first. */
export const news = signal<readonly Notification[]>([]);
export const panelOpen = signal(false);

/** What was read since: these, and all up to that id. */
const readIds = signal<ReadonlySet<string>>(new Set());
const readUpTo = signal("");

export const isRead = ({ id, read }: Notification): boolean =>
  read || id <= readUpTo.value || readIds.value.has(id);

/** Remembers what was read here or in another window; neither means all that is known. */
export function noteRead(
  { ids, before }: { ids: readonly string[] | null; before: string | null },
) {
  if (ids) readIds.value = new Set([...readIds.value, ...ids]);
  else if ((before ?? newest.value) > readUpTo.value) readUpTo.value = before ?? newest.value;
}

/** Everything of the one who was here before is forgotten. */
export function forget(): void {
  unread.value = 0;
  newest.value = "";
  news.value = [];
  panelOpen.value = false;
  readIds.value = new Set();
  readUpTo.value = "";
}

/** So many are worth keeping for the lists; the rest is on the server. */
const MOST_NEWS = 50;

/** Takes one in; false when it was known. */
export function noteNews(one: Notification): boolean {
  if (news.value.some(({ id }) => id === one.id)) return false;
  news.value = [one, ...news.value].slice(0, MOST_NEWS);
  if (one.id > newest.value) newest.value = one.id;
  return true;
}
