/** What the pages that show a room write into it for its island. */
import type { RoomNow } from "../../actors/chat_room.ts";
import type { RoomRole } from "../../domain/chat.ts";
import type { Entry } from "../../domain/chat.ts";
import { encodeCursor } from "../../domain/pages.ts";
import type { MyRoomView } from "../../domain/rooms.ts";
import { roomName } from "../../islands/chat/room_list.tsx";
import type { Me, RoomStart } from "../../islands/chat/start.ts";
import type { View } from "./context.ts";

/** Members of a first page. */
const MEMBERS = 100;
const LEADS: readonly (RoomRole | null)[] = ["moderator", "owner"];

/** Who looks; null: a guest. */
export async function meOf({ site, viewer }: View): Promise<Me | null> {
  if (viewer.kind === "guest") return null;
  const { name } = await site.rooms.person(viewer);
  return { id: viewer.userId, username: viewer.username, name };
}

/** `entries`: the part of the log that is shown; `own`: the room as it is in the viewer's list. */
export async function roomStart(
  view: View,
  { me, now: { room, role, mayWrite }, own, entries, at, text = "", problem = null }: {
    me: Me | null;
    now: RoomNow;
    own?: MyRoomView | undefined;
    entries: readonly Entry[];
    at: number | null;
    text?: string;
    problem?: string | null;
  },
): Promise<RoomStart> {
  const desk = view.site.rooms;
  const { id, kind, topic, slowModeMs, memberCount, gen, lastSeq } = room;
  const members = await desk.store.members(id, MEMBERS + 1, null);
  const shown = members.slice(0, MEMBERS);
  return {
    ...{ me, id, kind, topic, slowModeMs, memberCount, gen, role, mayWrite, lastSeq, at },
    name: own ? roomName(own) : room.name,
    readSeq: own?.readSeq ?? null,
    entries: await desk.entriesNow(id, entries, view.viewer),
    members: shown.map(({ id, username, displayName, role, readSeq, mutedUntil }) => ({
      ...{ id, username, displayName, role },
      readSeq: me ? readSeq : null,
      mutedUntil: mutedUntil && mutedUntil.getTime() > view.now ? mutedUntil.toISOString() : null,
    })),
    moreMembers: members.length > MEMBERS ? encodeCursor(shown.at(-1)?.id ?? "") : null,
    blockedWords: LEADS.includes(role) ? room.blockedWords : null,
    now: view.now,
    plain: { clientId: crypto.randomUUID(), text, problem },
  };
}
