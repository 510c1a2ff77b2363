/** How many of one's rooms have something new, at their place in the frame. */
import { effect, signal } from "@preact/signals";
import { t } from "../shared/words.ts";

/** Null: the page knows what the server wrote, and nothing newer. */
export const unreadRooms = signal<number | null>(null);

/** More than this is only many. */
const MOST_SHOWN = 99;

/** Writes what is known into the page; anew after each navigation. */
export function paintRooms(): void {
  const count = unreadRooms.value;
  const sign = document.querySelector<HTMLElement>("[data-rooms-count]");
  if (count === null || !sign) return;
  sign.hidden = count === 0;
  sign.textContent = count > MOST_SHOWN ? `${MOST_SHOWN}+` : String(count);
  const says = document.querySelector("[data-rooms-says]");
  if (says) says.textContent = t().places.roomsNew(count);
}

export const followRoomsCount = () => effect(paintRooms);
