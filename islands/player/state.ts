/** What the player shows, as signals shared by every island on every page. */
import { computed, signal } from "@preact/signals";
import { current, EMPTY, type Queue } from "./queue.ts";

/** Where playback stands. `waiting` is wanted but out of data; `failed` keeps the track. */
export type Phase = "empty" | "loading" | "playing" | "paused" | "waiting" | "failed";

export const queue = signal<Queue>(EMPTY);
export const phase = signal<Phase>("empty");
/** ms */
export const position = signal(0);
/** What the media itself says, in ms; the track's own duration goes before it. */
export const mediaDuration = signal(0);
/** 0 to 1, as the person set it. */
export const volume = signal(1);
export const muted = signal(false);
export const queueOpen = signal(false);
export const largeOpen = signal(false);

export const track = computed(() => current(queue.value));
export const trackId = computed(() => track.value?.id ?? null);
/** Whether the button should offer to pause. */
export const active = computed(() =>
  phase.value === "playing" || phase.value === "waiting" || phase.value === "loading"
);
export const duration = computed(() => track.value?.durationMs ?? mediaDuration.value);
