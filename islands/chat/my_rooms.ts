/** One's rooms as a list that lives: what was said last, and how much of it is not read. */
import { signal } from "@preact/signals";
import type { MyRoomView } from "../../domain/rooms.ts";
import { unreadRooms } from "../shell/rooms_count.ts";
import { newMessages } from "./arrival.ts";
import type { ChatEvent } from "./events.ts";
import { chatOf, hear } from "./session.ts";
import type { ListStart } from "./start.ts";

export const myRooms = signal<readonly MyRoomView[]>([]);

/** Rooms that are followed beside the one that is open; a socket takes 100. */
const FOLLOWED_MOST = 90;

function change(id: string, of: (room: MyRoomView) => MyRoomView): void {
  myRooms.value = myRooms.value.map((room) => room.id === id ? of(room) : room);
  unreadRooms.value = myRooms.value.filter(({ unread }) => unread > 0).length;
}

/** How far rooms were read in this tab, which the server may not have known when it drew the list. */
const readHere = new Map<string, number>();

/** All of a room up to `seq` is read. */
export function noteRead(id: string, seq: number): void {
  readHere.set(id, seq);
  if (myRooms.value.some((room) => room.id === id && room.unread > 0)) {
    change(id, (room) => ({ ...room, unread: 0 }));
  }
}

export function noteLeft(id: string): void {
  myRooms.value = myRooms.value.filter((room) => room.id !== id);
}

function take(event: ChatEvent, me: string): void {
  if (event.kind === "refused") return noteLeft(event.roomId);
  if (event.kind !== "entries" || event.replaced) return;
  const messages = event.entries.filter(({ action, content }) =>
    action === "received" && content != null
  );
  const last = messages.at(-1);
  if (!last) return;
  const theirs = newMessages(messages, me).length;
  change(event.roomId, (room) => ({
    ...room,
    unread: room.unread + theirs,
    lastSeq: last.seq,
    lastMessageAt: last.created_at,
    lastMessage: { content: last.content ?? "", senderName: last.sender_name ?? "" },
  }));
  // who was spoken to last comes first
  const at = (room: MyRoomView) => room.lastMessageAt ?? room.createdAt;
  myRooms.value = myRooms.value.toSorted((a, b) => at(a) < at(b) ? 1 : -1);
}

/** Follows them until what it returns is called; the line and the rooms stay. */
export function followRooms({ me, rooms }: ListStart): () => void {
  myRooms.value = rooms.map((room) =>
    (readHere.get(room.id) ?? -1) >= room.lastSeq ? { ...room, unread: 0 } : room
  );
  unreadRooms.value = myRooms.value.filter(({ unread }) => unread > 0).length;
  if (!me) return () => {};
  const client = chatOf(me);
  for (const { id, gen, lastSeq } of rooms.slice(0, FOLLOWED_MOST)) {
    client.join(id, { gen, seq: lastSeq });
  }
  return hear((event) => take(event, me.id));
}
