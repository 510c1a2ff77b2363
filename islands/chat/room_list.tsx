/** One's rooms: who spoke last, what, and how much is not read. */
import { useEffect } from "preact/hooks";
import { formatDate } from "../../domain/i18n/format.ts";
import type { MyRoomView } from "../../domain/rooms.ts";
import { language } from "../shared/words.ts";
import { followRooms, myRooms } from "./my_rooms.ts";
import type { ListStart } from "./start.ts";
import { plainText } from "./text.ts";
import { words } from "./words.ts";

/** Letters of a message in the list. */
const LINE = 80;

/** A direct room is called by the others in it. */
export const roomName = ({ name, kind, others }: Pick<MyRoomView, "name" | "kind" | "others">) =>
  kind === "direct" ? others.map(({ displayName }) => displayName).join(", ") : name;

function Row({ room, here, now }: { room: MyRoomView; here: boolean; now: number }) {
  const { list } = words();
  const { id, kind, unread, lastMessage, lastMessageAt } = room;
  const said = lastMessage && plainText(lastMessage.content, LINE);
  return (
    <li class={unread > 0 ? "my-room is-unread" : "my-room"} data-kind={kind}>
      <a href={`/rooms/${id}`} aria-current={here ? "page" : undefined}>
        <span class="my-room-name">
          {kind !== "direct" && (
            <span class="my-room-sign" aria-hidden="true">{kind === "public" ? "#" : "∙"}</span>
          )}
          <span class="my-room-title">{roomName(room)}</span>
        </span>
        {lastMessageAt && (
          <time class="my-room-time" dateTime={lastMessageAt}>
            {formatDate(lastMessageAt, now, language())}
          </time>
        )}
        <span class="my-room-last">
          {said && lastMessage ? `${lastMessage.senderName}: ${said}` : list.nothing}
        </span>
        {unread > 0 && (
          <span class="my-room-count">
            <span aria-hidden="true">{unread > 99 ? "99+" : unread}</span>
            <span class="visually-hidden">{list.unread(unread)}</span>
          </span>
        )}
      </a>
    </li>
  );
}

export default function RoomList(start: ListStart) {
  const inBrowser = typeof document !== "undefined";
  useEffect(() => followRooms(start), []);
  const known = inBrowser && myRooms.value.length > 0 ? myRooms.value : start.rooms;
  // what came in another page of this tab is newer than what the server drew
  return (
    <ul class="my-rooms" aria-label={words().list.mine}>
      {known.map((room) => (
        <Row
          key={room.id}
          room={room}
          here={room.id === start.here}
          now={inBrowser ? Date.now() : start.now}
        />
      ))}
    </ul>
  );
}
