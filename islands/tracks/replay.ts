/** Which message of a replay is the one that was just said. Pure. */
import type { ReplayMessage } from "../../domain/live_replay.ts";

/** The index of the last message at or before `ms`; -1 before the first. They are in order. */
export function lastUntil(items: readonly Pick<ReplayMessage, "atMs">[], ms: number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle]!.atMs <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
