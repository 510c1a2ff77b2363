/** Tests of the instrument of a live page, as it is drawn. */
import { equal } from "node:assert/strict";
import { signal } from "@preact/signals";
import { renderToString } from "preact-render-to-string";
import { en } from "../../domain/i18n/en.ts";
import type { ErrorCode } from "../../domain/errors.ts";
import type { LiveView } from "../../domain/live.ts";
import type { RoomInfo } from "../chat/room_model.ts";
import { speak } from "../shared/words.ts";
import * as ear from "./hearing.ts";
import { ListenPanel } from "./listen_panel.tsx";

Deno.test("[C8] [L8] who may not write in the chat of a stream finds no key that reacts, nor a hand to raise", () => {
  speak("en", en);
  const stream = { id: "s", status: "live" } as LiveView;
  ear.heard.value = { id: "s", title: "Night shift", hlsUrl: "" };
  ear.mode.value = { kind: "socket" };
  const refused = signal<ErrorCode | null>(null);
  const info = signal({ mayWrite: true } as RoomInfo);
  const offers = () => {
    const threads = { capture: "", playout: "", publish: "", listen: "" };
    const html = renderToString(
      <ListenPanel
        {...{ stream, threads, chat: { info, refused }, isGuest: false, isMine: false }}
      />,
    );
    const keys = html.match(/<button[^>]*reaction-key[^>]*>/g) ?? [];
    return [keys.filter((key) => !/ disabled/.test(key)).length, html.includes("live-hand")];
  };
  equal(`${offers()}`, "5,true");
  info.value = { ...info.value, mayWrite: false };
  equal(`${offers()}`, "0,false", "muted");
  info.value = { ...info.value, mayWrite: true };
  refused.value = "room_banned";
  equal(`${offers()}`, "0,false", "banned");
});
