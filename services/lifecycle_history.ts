/** What lately happened to actors and nodes, for who comes to look afterwards (A19). */
import type { RuntimeEvent, RuntimeEventType } from "../domain/runtime.ts";

/** So many events of any kind are kept. */
export const MOST_KEPT = 200;
/** So many troubles are kept whatever came after them. */
const TROUBLES_KEPT = 20;

const TROUBLES: ReadonlySet<RuntimeEventType> = new Set([
  "runtime.actor.crashed.v1",
  "runtime.actor.gave-up.v1",
]);

const keep = (list: RuntimeEvent[], event: RuntimeEvent, most: number) => {
  list.push(event);
  if (list.length > most) list.shift();
};

/** Keeps the last events in memory; all lists have the newest first. */
export function lifecycleHistory() {
  const all: RuntimeEvent[] = [];
  const troubles: RuntimeEvent[] = [];
  return {
    add(event: RuntimeEvent): void {
      keep(all, event, MOST_KEPT);
      if (TROUBLES.has(event.eventType)) keep(troubles, event, TROUBLES_KEPT);
    },
    events: (): RuntimeEvent[] => all.toReversed(),
    /** Crashes, and actors that were given up. */
    troubles: (): RuntimeEvent[] => troubles.toReversed(),
  };
}

export type LifecycleHistory = ReturnType<typeof lifecycleHistory>;
