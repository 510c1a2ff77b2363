/** What one is told who joins a room: a page of its log, and one's own place there. */
import type { RoomNow } from "../../actors/chat_room.ts";
import type { Entry } from "../../domain/chat.ts";

/** Entries that one `joined` carries; a client asks again after the last of them. */
export const PAGE = 2_000;
/** Characters of one `joined`, about: it waits for its reader like all else (C12). */
const PAGE_SIZE = 400_000;
/** What an entry has beside its words, about. */
const ENTRY_SIZE = 500;

/** As many of the first as one answer holds, and one at least. */
export function ofOnePage(entries: readonly Entry[]): Entry[] {
  let size = 0;
  const end = entries.findIndex((entry) => {
    const words = "content" in entry ? entry.content?.length ?? 0 : 0;
    const more = "metadata" in entry ? JSON.stringify(entry.metadata).length : 0;
    return (size += words + more + ENTRY_SIZE) > PAGE_SIZE;
  });
  return entries.slice(0, end < 0 ? entries.length : Math.max(1, end));
}

/** What a client is told of a room and its own place there. */
export function roomData({ room, role, mayWrite }: RoomNow): Record<string, unknown> {
  return {
    room_id: room.id,
    kind: room.kind,
    name: room.name,
    topic: room.topic,
    owner_id: room.ownerId,
    slow_mode_ms: room.slowModeMs,
    gen: room.gen,
    members: room.memberCount,
    role,
    may_write: mayWrite,
  };
}
