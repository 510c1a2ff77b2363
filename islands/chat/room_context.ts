/** What the parts of a room's page share: the model, the line, and what is open. */
import { signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { ChatClient } from "./client.ts";
import type { ShownMessage } from "./messages.ts";
import type { RoomModel } from "./room_model.ts";
import type { RoomStart } from "./start.ts";

export type Panel = "people" | "pins" | "search" | "settings";

/** Where the picker of signs is open, and what it is for. */
export interface Picking {
  /** A message, or the text that is written. */
  readonly for: ShownMessage | "composer";
  /** What it opens from: it stands beside it, and the focus goes back there. */
  readonly from: HTMLElement;
}

/** `isBeside`: the room stands beside something else, which has the keys at first. */
export function roomPage(
  start: RoomStart,
  model: RoomModel,
  client: ChatClient | null,
  isBeside = false,
) {
  return {
    start,
    isBeside,
    model,
    /** Null on the server. */
    client,
    panel: signal<Panel>("people"),
    /** On a narrow screen a panel lies over the room. */
    panelOpen: signal(false),
    /** The message that has the keys; its acts are shown. */
    active: signal<number | null>(null),
    editing: signal<string | null>(null),
    answering: signal<ShownMessage | null>(null),
    picking: signal<Picking | null>(null),
    /** Puts a text where one writes. */
    insert: { into: (_text: string) => {} },
  };
}
export type RoomPage = ReturnType<typeof roomPage>;

export const RoomContext = createContext<RoomPage | null>(null);

export function useRoom(): RoomPage {
  const page = useContext(RoomContext);
  if (!page) throw new Error("This part was drawn outside of a room");
  return page;
}

/** Whether who looks leads here. */
export const leads = ({ model }: RoomPage): boolean => {
  const { role } = model.info.value;
  return role === "moderator" || role === "owner";
};
