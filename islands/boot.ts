/** The browser's entry: brings the page's islands to life, and stays while pages are swapped. */
import { type ComponentType, h, render } from "preact";
import { rememberQueue } from "./player/memory.ts";
import { readSession } from "./shared/session.ts";
import { loadWords } from "./shared/words.ts";
import { bell, readBell } from "./shell/bell.ts";
import { Dock } from "./shell/dock.tsx";
import { helpOpen } from "./shell/help.tsx";
import { keyboard } from "./shell/keyboard.ts";
import { navigation } from "./shell/navigation.ts";
import { followRoomsCount, paintRooms } from "./shell/rooms_count.ts";
import { deleteSoon } from "./tracks/deletion.ts";
import { trackTools } from "./tracks/tools.ts";
import { guardLeaving } from "./upload/state.ts";

/** Every island a page may hold, by the name in `data-island`. Props are what the server wrote. */
type Load = () => Promise<{ default: ComponentType<never> }>;
const islands: Readonly<Record<string, Load>> = {
  "live-page": () => import("./live/live_page.tsx"),
  "live-starts": () => import("./live/starts.tsx"),
  "studio": () => import("./live/studio.tsx"),
  "notification-list": () => import("./notifications/notification_list.tsx"),
  "admin-jobs": () => import("./admin/jobs_board.tsx"),
  "admin-overview": () => import("./admin/overview_board.tsx"),
  "admin-runtime": () => import("./admin/runtime_board.tsx"),
  "room": () => import("./chat/room.tsx"),
  "room-list": () => import("./chat/room_list.tsx"),
  "cover-edit": () => import("./tracks/cover_edit.tsx"),
  "replay-chat": () => import("./tracks/replay_chat.tsx"),
  "track-list": () => import("./tracks/track_list.tsx"),
  "track-stage": () => import("./tracks/track_stage.tsx"),
  "track-versions": () => import("./tracks/versions.tsx"),
  "upload-desk": () => import("./upload/upload_desk.tsx"),
};

async function wake(element: HTMLElement): Promise<void> {
  const load = islands[element.dataset.island ?? ""];
  if (!load) throw new Error(`There is no island "${element.dataset.island}"`);
  const props = JSON.parse(element.dataset.props ?? "{}") as never;
  const { default: Island } = await load();
  // not `hydrate`: that takes the server's attributes as they are, but what this browser knows (what
  // plays, what waits, what was just deleted) may draw another row there, or the same row otherwise
  if (element.isConnected) render(h(Island, props), element);
}

const onPage = () => [...document.querySelectorAll<HTMLElement>("#page [data-island]")];
const wakeAll = () => Promise.all(onPage().map(wake));

/** A `form[data-delete]` deletes with time to think again, where there is script. */
function softDelete(visit: (url: string) => void): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset.delete) return;
    event.preventDefault();
    deleteSoon({ id: form.dataset.delete, title: form.dataset.title ?? "" });
    visit("/library");
  });
}

await loadWords();
readSession();
rememberQueue();
const visit = navigation({
  before: () => onPage().forEach((element) => render(null, element)),
  after() {
    readSession();
    readBell();
    paintRooms();
    void wakeAll();
  },
});
keyboard({ visit, help: () => void (helpOpen.value = !helpOpen.value) });
bell(visit);
followRoomsCount();
softDelete(visit);
trackTools();
guardLeaving();
document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-help]")) helpOpen.value = true;
});
const dock = document.getElementById("dock");
if (dock) render(h(Dock, { visit }), dock);
await wakeAll(); // a button that is seen but does nothing yet is not ready
document.documentElement.dataset.ready = "";
