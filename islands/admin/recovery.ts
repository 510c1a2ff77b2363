/** The time line of what happened: bounded, each event once, and how long a recovery took; pure. */
import type { RuntimeEvent } from "../../domain/runtime.ts";

/** More than this nobody scrolls through. */
export const MOST_LINES = 200;

/** `lines` has the newest first; `came` is in any order. Events that are there already are left out. */
export function addEvents(
  lines: readonly RuntimeEvent[],
  came: readonly RuntimeEvent[],
): readonly RuntimeEvent[] {
  const known = new Set(lines.map(({ eventId }) => eventId));
  const fresh = came.filter(({ eventId }) => !known.has(eventId));
  if (fresh.length === 0) return lines;
  return [...fresh.toReversed(), ...lines]
    .sort((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp))
    .slice(0, MOST_LINES);
}

const failed = ({ eventType }: RuntimeEvent) =>
  eventType === "runtime.actor.crashed.v1" || eventType === "runtime.actor.gave-up.v1";

/**
 * How long after its crash an actor started again, in ms; null where the event is no start, or
 * follows no crash among `lines`, which have the newest first.
 */
export function recoveredAfter(event: RuntimeEvent, lines: readonly RuntimeEvent[]): number | null {
  if (event.eventType !== "runtime.actor.started.v1") return null;
  const at = lines.indexOf(event);
  const before = lines.slice(at + 1).find(({ aggregateId }) => aggregateId === event.aggregateId);
  if (before === undefined || !failed(before)) return null;
  return Math.max(0, Date.parse(event.timestamp) - Date.parse(before.timestamp));
}
