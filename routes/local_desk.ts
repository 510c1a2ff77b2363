/** What one node, or worker, tells of itself and its actors, and what may be done to them. */
import type { System } from "../actors/runtime/system.ts";
import { type ActorList, type ActorQuery, listActors } from "../domain/actor_list.ts";
import type { ActorView, NodeView } from "../domain/runtime.ts";
import type { actorRates } from "../services/actor_rates.ts";
import type { Vitals } from "../services/vitals.ts";

/** What may be done to an actor. */
export type Disturbance = "restart" | "crash";

/** What one node tells of itself. */
export interface Look {
  readonly node: NodeView;
  readonly actors: ActorList;
}

/** What this node alone has, for its own desk and those of the others. */
export interface LocalDesk {
  look(query: ActorQuery): Look;
  /** Whether it lives here. Nothing crashes where this is no demonstration. */
  disturb(act: Disturbance, kind: string, key: string): boolean;
}

const time = (ms: number | undefined) => ms === undefined ? null : new Date(ms).toISOString();

export function localDesk({ system, rates, vitals, node, demo }: {
  system: Pick<System, "inspect" | "restart" | "crash">;
  rates: ReturnType<typeof actorRates>;
  vitals: Pick<Vitals, "read">;
  node: string;
  demo: boolean;
}): LocalDesk {
  const views = (): ActorView[] => {
    const all = system.inspect();
    const rate = rates(all);
    return all.map(({ since, epoch, crashedAt, lastError, p50Ms, p99Ms, ...info }) => ({
      ...info,
      node,
      epoch: epoch ?? null,
      since: time(since),
      perSecond: rate(info),
      crashedAt: time(crashedAt),
      lastError: lastError ?? null,
      p50Ms: p50Ms ?? null,
      p99Ms: p99Ms ?? null,
    }));
  };
  return {
    look(query) {
      const actors = listActors(views(), query, Date.now());
      const all = Object.values(actors.total).reduce((sum, count) => sum + count, 0);
      return { node: { ...vitals.read(), actors: all }, actors };
    },
    disturb: (act, kind, key) => (act !== "crash" || demo) && system[act](kind, key),
  };
}
