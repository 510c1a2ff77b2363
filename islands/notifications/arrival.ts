/** What happens in the page when a notification comes: the bell, and a note where it is news. */
import type { Notification } from "../../domain/notifications.ts";
import { playTrack } from "../player/engine.ts";
import { announce } from "../shared/announce.ts";
import { isRoomShown } from "../shared/open_rooms.ts";
import { path } from "../shared/session.ts";
import { toast } from "../shared/toasts.tsx";
import { t } from "../shared/words.ts";
import { fetchTrack } from "../tracks/client.ts";
import { uploads } from "../upload/state.ts";
import { markRead } from "./client.ts";
import { news, noteNews, panelOpen } from "./state.ts";
import { placeOf, reasonOf, textOf } from "./words.ts";

/** Long enough to read it, find its button and press it; it stays behind the bell; ms. */
const STAY_MS = 12_000;

/** Whether the page is about it, and shows what comes. */
function isHere(one: Notification): boolean {
  switch (one.about.type) {
    case "track":
      return path.value === placeOf(one);
    case "message":
      return isRoomShown(one.about.room.id); // on its own page, or beside its stream
    case "user":
      return false; // the queue of those who wait does not show who comes
    default:
      return one.about satisfies never;
  }
}

/** Whether the page shows the same already, in its own place. */
const isShown = ({ about }: Notification): boolean =>
  path.value === "/upload" &&
  uploads.value.some(({ standing }) => "track" in standing && standing.track?.id === about.id);

async function play(one: Notification): Promise<void> {
  const track = await fetchTrack(one.about.id);
  playTrack(track, [track]);
}

/** What the note offers: to hear what is ready, to look at anything else. */
function act(one: Notification, visit: (url: string) => void) {
  const words = t().notifications;
  return one.kind === "track-ready"
    ? { label: words.play, run: () => play(one) }
    : { label: words.open, run: () => visit(placeOf(one)) };
}

/** Takes it in; says it aloud unless the person looks at what it tells of. */
export function arrive(one: Notification, visit: (url: string) => void): void {
  if (!noteNews(one) || one.read) return;
  const failed = (error: unknown) => toast(error instanceof Error ? error.message : textOf(one));
  if (document.visibilityState === "hidden") return; // another window may say it; the bell will
  if (isHere(one)) return void markRead({ ids: [one.id] }).catch(failed);
  if (isShown(one)) return;
  const text = [textOf(one), reasonOf(one)].filter(Boolean).join(". ");
  if (panelOpen.value || path.value === "/notifications") return announce(text);
  const { label, run } = act(one, visit);
  const close = toast(text, {
    stayMs: STAY_MS,
    action: {
      label,
      run() {
        close();
        closers.delete(close);
        Promise.all([markRead({ ids: [one.id] }), run()]).catch(failed);
      },
    },
  });
  closers.add(close);
  setTimeout(() => closers.delete(close), STAY_MS);
}

/** Notes that are shown now: they give way to the panel, which has the same and more. */
const closers = new Set<() => void>();
panelOpen.subscribe((open) => {
  if (open) { for (const close of closers) close(); }
});

/** Those of `items` that came after `last`, the oldest first. */
export const newSince = (items: readonly Notification[], last: string): Notification[] =>
  items.filter(({ id }) => id > last && !news.value.some((known) => known.id === id)).toReversed();
