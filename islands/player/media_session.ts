/** Media keys and the lock screen, where the browser has them (Media Session). */
import { effect } from "@preact/signals";
import { COVER_SIZES } from "../../domain/covers.ts";
import { withField } from "../shared/addresses.ts";
import type { Playable } from "./queue.ts";
import * as state from "./state.ts";

/** What the keys may do. */
interface Actions {
  play(): void;
  pause(): void;
  next(): void;
  previous(): void;
  seek(ms: number): void;
}

/** Connects the keys, once. */
export function bindSession({ play, pause, next, previous, seek }: Actions): void {
  const session = navigator.mediaSession;
  if (!session) return;
  session.setActionHandler("play", play);
  session.setActionHandler("pause", pause);
  session.setActionHandler("nexttrack", next);
  session.setActionHandler("previoustrack", previous);
  session.setActionHandler("seekto", ({ seekTime }) => seek((seekTime ?? 0) * 1000));
  session.setActionHandler("seekbackward", () => seek(state.position.value - 10_000));
  session.setActionHandler("seekforward", () => seek(state.position.value + 10_000));
  effect(() => {
    const { value } = state.phase;
    session.playbackState = value === "empty" ? "none" : state.active.value ? "playing" : "paused";
    const duration = state.duration.value / 1000;
    if (duration <= 0) return;
    const position = Math.min(duration, state.position.peek() / 1000);
    session.setPositionState?.({ duration, position, playbackRate: 1 });
  });
}

/** The cover in each of its sizes, for the system to choose from. */
const artworkOf = ({ coverUrl }: Playable): MediaImage[] =>
  coverUrl === null ? [] : COVER_SIZES.map(({ px }) => ({
    src: withField(coverUrl, "size", px),
    sizes: `${px}x${px}`,
    type: "image/webp",
  }));

/** Shows `track` there. */
export function announceSession(track: Playable): void {
  if (!navigator.mediaSession) return;
  navigator.mediaSession.metadata = new MediaMetadata({
    title: track.title,
    artist: track.artist,
    artwork: artworkOf(track),
  });
}
