/** The bell in the frame: its number follows what comes and what is read, a press opens the panel. */
import { effect } from "@preact/signals";
import { forget, newest, panelOpen, unread } from "../notifications/state.ts";
import { queueOpen } from "../player/state.ts";
import { path, username } from "../shared/session.ts";
import { t } from "../shared/words.ts";

/** More than this is only many. */
const MOST_SHOWN = 99;

/** A wide screen and a narrow one have each a place for it; one of them is seen. */
const bells = () => [...document.querySelectorAll<HTMLAnchorElement>("a[data-bell]")];

/** The one that is seen, to give the focus back to. */
export const visibleBell = () => bells().find((bell) => bell.checkVisibility());

function paint(): void {
  const [count, open] = [unread.value, panelOpen.value];
  for (const bell of bells()) {
    bell.setAttribute("aria-expanded", String(open));
    const said = bell.querySelector("[data-bell-said]");
    const number = bell.querySelector<HTMLElement>("[data-bell-count]");
    if (!said || !number) continue;
    said.textContent = t().notifications.bell(count);
    number.hidden = count === 0;
    number.textContent = count > MOST_SHOWN ? `${MOST_SHOWN}+` : String(count);
  }
}

/** Reads what the server wrote into the page: anew after each navigation. */
export function readBell(): void {
  const [bell] = bells();
  if (!bell) return forget();
  const { unread: count = "0", newest: last = "" } = bell.dataset;
  // a page that was drawn before the last news came knows less than we do
  if (last >= newest.value) {
    newest.value = last;
    unread.value = Number(count);
  }
  for (const one of bells()) one.setAttribute("role", "button"); // it opens a panel, where there is script
  paint();
}

/** Opens or closes the panel; on the page of all notifications there is nothing to add to it. */
function press(event: Event): void {
  const bell = event.target instanceof Element && event.target.closest("a[data-bell]");
  if (!bell || path.value === "/notifications") return;
  event.preventDefault();
  panelOpen.value = !panelOpen.value;
}

/** Starts it; what follows the server comes late, and only to those who are signed in. */
export function bell(visit: (url: string) => void): void {
  readBell();
  // before the navigation, which leaves alone what is taken already
  document.addEventListener("click", (event) => {
    if (!(event.ctrlKey || event.metaKey || event.shiftKey)) press(event);
  }, { capture: true });
  document.addEventListener("keydown", (event) => {
    if (event.key === " ") press(event);
  });
  effect(paint);
  effect(() => {
    if (queueOpen.value) panelOpen.value = false; // on a narrow screen both have the same place
  });
  effect(() => {
    if (username.value === null) return;
    let stop: (() => void) | null = null;
    let over = false;
    void import("../notifications/live.ts").then(({ follow }) => {
      if (!over) stop = follow(visit);
    });
    return () => {
      over = true;
      stop?.();
    };
  });
}
