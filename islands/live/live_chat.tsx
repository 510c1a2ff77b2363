/** The chat of a stream, beside it. */
import { useEffect, useState } from "preact/hooks";
import { Composer } from "../chat/composer.tsx";
import { EmojiPicker } from "../chat/emoji_picker.tsx";
import { LineBanner } from "../chat/line_banner.tsx";
import { MessageLog } from "../chat/message_log.tsx";
import { RoomContext, type RoomPage, roomPage } from "../chat/room_context.ts";
import { RoomModel } from "../chat/room_model.ts";
import { chatOf } from "../chat/session.ts";
import type { RoomStart } from "../chat/start.ts";
import { words } from "./words.ts";

/** The room of a stream, joined for as long as its page is shown. */
export function useLiveRoom(start: RoomStart): RoomPage {
  const [page] = useState(() => {
    const client = typeof document === "undefined" ? null : chatOf(start.me);
    return roomPage(start, new RoomModel(start, client), client, true);
  });
  useEffect(() => () => {
    page.model.dispose();
    page.client?.leave(start.id);
  }, []);
  return page;
}

export const LiveChat = ({ start }: { start: RoomStart }) => <LiveRoom page={useLiveRoom(start)} />;

/** The same of a room that more of the page looks at. */
export function LiveRoom({ page }: { page: RoomPage }) {
  return (
    <RoomContext.Provider value={page}>
      <section class="room live-chat" aria-labelledby="live-chat-title">
        <h2 class="live-chat-title" id="live-chat-title">{words().page.chat}</h2>
        <LineBanner />
        <MessageLog />
        <Composer />
      </section>
      <EmojiPicker />
    </RoomContext.Provider>
  );
}
