/** Lifecycle of actors as events that an administrator can follow, bounded in number (A19). */
import type { RuntimeEvent, RuntimeEventType } from "../domain/runtime.ts";

/** What happened to an actor, as the runtime tells it. */
export interface Happened {
  readonly event: string;
  readonly kind: string;
  readonly key: string;
  readonly error?: unknown;
  readonly restartMs?: number | undefined;
  readonly restMs?: number;
  readonly tookMs?: number;
}

/** More than this a second tell nobody anything; crashes have as many places of their own. */
export const MOST_PER_SECOND = 100;

const TYPES: Readonly<Record<string, RuntimeEventType>> = {
  started: "runtime.actor.started.v1",
  crashed: "runtime.actor.crashed.v1",
  "gave-up": "runtime.actor.gave-up.v1",
  passivated: "runtime.actor.passivated.v1",
  moved: "runtime.actor.moved.v1",
};

export interface LifecycleFeed {
  /** Of an actor; what is no event of A19 is left out. */
  actor(happened: Happened): void;
  /** Of this node; or of another, when that cannot tell any more. */
  node(event: "joined" | "left", name?: string): void;
}

const words = (error: unknown) =>
  (error instanceof Error ? `${error.name}: ${error.message}` : typeof error).slice(0, 500);

/** Makes events of what happens on `node`, and hands them to `publish`. */
export function lifecycleFeed({ node, publish, newId, now = Date.now }: {
  readonly node: string;
  readonly publish: (event: RuntimeEvent) => void;
  readonly newId: () => string;
  readonly now?: () => number;
}): LifecycleFeed {
  let second = 0;
  const told = { calm: 0, trouble: 0 };
  let skipped = 0;

  const tell = (
    eventType: RuntimeEventType,
    aggregate: { type: "actor" | "node"; id: string },
    data: Omit<RuntimeEvent["data"], "node" | "skipped"> & { readonly node?: string },
  ) => {
    const left = skipped;
    skipped = 0;
    publish({
      eventId: newId(),
      eventType,
      aggregateId: aggregate.id,
      aggregateType: aggregate.type,
      timestamp: new Date(now()).toISOString(),
      version: 1,
      data: { node, ...data, ...(left > 0 && { skipped: left }) },
      metadata: { correlationId: null, causationId: null, userAgent: null },
    });
  };

  /** Whether one more of its sort goes into this second. */
  const fits = (sort: keyof typeof told): boolean => {
    const present = Math.floor(now() / 1_000);
    if (present !== second) {
      second = present;
      told.calm = told.trouble = 0;
    }
    return ++told[sort] <= MOST_PER_SECOND;
  };

  return {
    actor({ event, kind, key, error, restartMs, restMs, tookMs }) {
      const type = TYPES[event];
      if (type === undefined) return;
      if (!fits(error === undefined ? "calm" : "trouble")) return void skipped++;
      const wait = restartMs ?? restMs;
      tell(type, { type: "actor", id: `${kind}/${key}` }, {
        kind,
        key,
        ...(error !== undefined && { error: words(error) }),
        ...(wait !== undefined && { restartMs: Math.round(wait) }),
        ...(tookMs !== undefined && { tookMs: Math.round(tookMs) }),
      });
    },
    node: (event, name = node) =>
      tell(`runtime.node.${event}.v1`, { type: "node", id: name }, { node: name }),
  };
}
