/** What the bell and its lists ask of the server. */
import type { Notification } from "../../domain/notifications.ts";
import { request } from "../shared/api.ts";
import { noteRead, unread } from "./state.ts";

/** The first page of the list. */
export const fetchNewest = (): Promise<{ items: Notification[]; unreadCount: number }> =>
  request("/api/v1/notifications?limit=20");

/** Marks them as read, here at once; outlives the page, because it is a click that leaves it. */
export async function markRead(which: { ids: string[] } | { before: string }): Promise<void> {
  noteRead({ ids: null, before: null, ...which });
  const { unreadCount } = await request<{ unreadCount: number }>("/api/v1/notifications", {
    method: "PATCH",
    body: JSON.stringify({ read: true, ...which }),
    keepalive: true,
  });
  unread.value = unreadCount;
}

export const deleteNotification = (id: string): Promise<void> =>
  request<void>(`/api/v1/notifications/${id}`, { method: "DELETE", keepalive: true });
