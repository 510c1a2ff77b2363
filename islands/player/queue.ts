/** The queue: what plays, what was before it and what follows; pure. */
import type { Track } from "../../domain/tracks.ts";

/** What the player must know of a track. */
export type Playable = Pick<
  Track,
  | "id"
  | "title"
  | "artist"
  | "creatorUsername"
  | "durationMs"
  | "streamUrl"
  | "waveformUrl"
  | "coverUrl"
  | "urlsEndInMs"
>;

/** The tracks in order, and which of them plays; `at` is −1 while there is none. */
export interface Queue {
  readonly items: readonly Playable[];
  readonly at: number;
}

export const EMPTY: Queue = { items: [], at: -1 };

/** More than this is cut off at the far end: a queue is held in memory and in the session. */
export const QUEUE_MAX = 500;

export const current = (queue: Queue): Playable | null => queue.items[queue.at] ?? null;
export const following = (queue: Queue): readonly Playable[] => queue.items.slice(queue.at + 1);
export const hasNext = (queue: Queue): boolean => queue.at + 1 < queue.items.length;
export const hasPrevious = (queue: Queue): boolean => queue.at > 0;

/** A list without what failed: a queue would come to a stand there. */
export const withoutFailed = <T extends Pick<Track, "status">>(list: readonly T[]): T[] =>
  list.filter(({ status }) => status !== "failed");

/**
 * Plays `track` as part of `list` (what the person sees around it): the rest of the list follows.
 * A track outside its list is put before it.
 */
export function playFrom(list: readonly Playable[], track: Playable): Queue {
  const items = list.some(({ id }) => id === track.id) ? list : [track, ...list];
  const kept = items.slice(0, QUEUE_MAX);
  return { items: kept, at: Math.max(0, kept.findIndex(({ id }) => id === track.id)) };
}

/** Adds at the end; what already waits is not added twice. */
export function append(queue: Queue, track: Playable): Queue {
  if (following(queue).some(({ id }) => id === track.id)) return queue;
  if (queue.items.length >= QUEUE_MAX) return queue;
  return { items: [...queue.items, track], at: queue.at };
}

/** Goes on by one; at the end it stays, so that the last track can be played again. */
export const next = (queue: Queue): Queue =>
  hasNext(queue) ? { ...queue, at: queue.at + 1 } : queue;

export const previous = (queue: Queue): Queue =>
  hasPrevious(queue) ? { ...queue, at: queue.at - 1 } : queue;

/** Jumps to the item at `index`; an index outside leaves it as it is. */
export const jump = (queue: Queue, index: number): Queue =>
  index >= 0 && index < queue.items.length ? { ...queue, at: index } : queue;

/** Takes the item at `index` out; what plays stays what plays, save when it is the one. */
export function removeAt(queue: Queue, index: number): Queue {
  if (index < 0 || index >= queue.items.length) return queue;
  const items = queue.items.filter((_, i) => i !== index);
  const at = index < queue.at ? queue.at - 1 : Math.min(queue.at, items.length - 1);
  return { items, at };
}

/** Forgets what follows. */
export const clearFollowing = (queue: Queue): Queue => ({
  ...queue,
  items: queue.items.slice(0, queue.at + 1),
});

/** Puts newer data of a track in its place, for example its address once it is playable. */
export const refresh = (queue: Queue, track: Playable): Queue =>
  queue.items.some(({ id }) => id === track.id)
    ? { ...queue, items: queue.items.map((item) => item.id === track.id ? track : item) }
    : queue;
