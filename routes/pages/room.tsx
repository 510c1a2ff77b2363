/** The page of one room: the list beside it, and the room itself. */
import { roomWords } from "../../domain/i18n/room_words.ts";
import type { MyRoomView } from "../../domain/rooms.ts";
import Room from "../../islands/chat/room.tsx";
import type { RoomStart } from "../../islands/chat/start.ts";
import type { View } from "./context.ts";
import { Island } from "./island.tsx";
import { MyRooms } from "./rooms.tsx";
import type { Content } from "./view.tsx";

export function roomPage(
  view: View,
  start: RoomStart,
  mine: readonly MyRoomView[],
  status: Content["status"] = 200,
): Content {
  const { list } = roomWords(view.language);
  const body = () => (
    <div class="room-page" data-focus>
      <nav class="room-list" aria-label={list.mine}>
        <p class="room-list-head">
          <a class="link" href="/rooms">{list.all}</a>
        </p>
        <MyRooms view={view} me={start.me} rooms={mine} here={start.id} />
      </nav>
      <Island name="room" source="islands/chat/room.tsx" of={Room} props={start} />
    </div>
  );
  return {
    title: start.name,
    description: start.topic || undefined,
    body,
    noIndex: start.kind !== "public",
    status,
  };
}
