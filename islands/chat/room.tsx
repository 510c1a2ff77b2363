/** A room: its head, its log, where one writes, and the panel beside. */
import { useEffect, useState } from "preact/hooks";
import { Composer } from "./composer.tsx";
import { EmojiPicker } from "./emoji_picker.tsx";
import { LineBanner } from "./line_banner.tsx";
import { MessageLog } from "./message_log.tsx";
import { myRooms } from "./my_rooms.ts";
import { RoomContext, roomPage } from "./room_context.ts";
import { RoomHead } from "./room_head.tsx";
import { RoomModel } from "./room_model.ts";
import { RoomSide } from "./room_side.tsx";
import { chatOf } from "./session.ts";
import type { RoomStart } from "./start.ts";

export default function Room(start: RoomStart) {
  const [page] = useState(() => {
    const client = typeof document === "undefined" ? null : chatOf(start.me);
    return roomPage(start, new RoomModel(start, client), client);
  });
  const { model, client } = page;
  useEffect(() => () => {
    model.dispose();
    // rooms that one is in are followed on, for their numbers in the list
    const isMine = myRooms.peek().some(({ id }) => id === start.id);
    if (!isMine && model.info.peek().role === null) client?.leave(start.id);
  }, []);
  return (
    <RoomContext.Provider value={page}>
      <section class="room" aria-label={model.info.value.name}>
        <RoomHead />
        <LineBanner />
        <MessageLog />
        <Composer />
      </section>
      <RoomSide />
      <EmojiPicker />
    </RoomContext.Provider>
  );
}
