/** What administrators see of the runtime, and do with it; routes, pages and tasks ask here. */
import { statfs } from "node:fs/promises";
import type { System } from "../actors/runtime/system.ts";
import type { OverviewStore } from "../db/overview.ts";
import { type ActorList, type ActorQuery, listActors } from "../domain/actor_list.ts";
import { actorName } from "../domain/actor_state.ts";
import { Rejection } from "../domain/errors.ts";
import { isId } from "../domain/ids.ts";
import type { Overview, RuntimeSnapshot } from "../domain/overview.ts";
import type { ActorView, NodeView, RuntimeEvent } from "../domain/runtime.ts";
import type { actorRates } from "../services/actor_rates.ts";
import type { LifecycleHistory } from "../services/lifecycle_history.ts";
import type { Vitals } from "../services/vitals.ts";
import type { JobDesk } from "./admin_jobs.ts";

/** So many jobs stand beside the actors; the rest has a page of its own. */
const JOBS_SHOWN = 12;
const DEAD_SHOWN = 5;

export interface RuntimeDesk {
  /** Whether actors may be made to crash. */
  readonly demo: boolean;
  actors(query: ActorQuery): ActorList;
  /** @throws {Rejection} `not_found` where it does not live */
  restart(kind: string, key: string): void;
  /** @throws {Rejection} `not_found` where it does not live, or this is no demonstration */
  crash(kind: string, key: string): void;
  snapshot(query: ActorQuery): Promise<RuntimeSnapshot>;
  overview(): Promise<Overview>;
  /** What lately happened on this node, the newest first. */
  events(): RuntimeEvent[];
}

const time = (ms: number | undefined) => ms === undefined ? null : new Date(ms).toISOString();

/** The actor that an event is of, if it is of one. */
const actorOf = ({ data: { kind, key } }: RuntimeEvent) =>
  kind === undefined || key === undefined ? [] : [{ kind, key }];

export function runtimeDesk({ system, rates, vitals, history, jobs, store, dataDir, node, demo }: {
  system: Pick<System, "inspect" | "restart" | "crash">;
  rates: ReturnType<typeof actorRates>;
  vitals: Pick<Vitals, "read">;
  history: Pick<LifecycleHistory, "events" | "troubles">;
  jobs: Pick<JobDesk, "list" | "open" | "counts">;
  store: OverviewStore;
  dataDir: string;
  node: string;
  demo: boolean;
}): RuntimeDesk {
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
  const actors = (query: ActorQuery) => listActors(views(), query, Date.now());
  /** This node; those of a cluster will tell of themselves over the bus. */
  const nodes = (total: ActorList["total"]): NodeView[] => [{
    ...vitals.read(),
    actors: Object.values(total).reduce((sum, count) => sum + count, 0),
  }];
  const about = async (
    actors: readonly { readonly kind: string; readonly key: string }[],
  ): Promise<RuntimeSnapshot["about"]> => {
    const ids = actors.filter(({ kind, key }) => kind === "track_upload" && isId(key))
      .map(({ key }) => key);
    const tracks = await store.tracksOf([...new Set(ids)]);
    return Object.fromEntries(
      Array.from(tracks, ([key, { id, title }]) => [
        actorName({ kind: "track_upload", key }),
        { title, path: `/tracks/${id}` },
      ]),
    );
  };
  const found = (there: boolean, kind: string, key: string) => {
    if (!there) throw new Rejection("not_found", `No actor ${kind}/${key} lives now`);
  };

  return {
    demo,
    actors,
    restart: (kind, key) => found(system.restart(kind, key), kind, key),
    crash(kind, key) {
      if (!demo) throw new Rejection("not_found", "This is offered only where DEMO=1");
      found(system.crash(kind, key), kind, key);
    },
    async snapshot(query) {
      const list = actors(query);
      const [titles, counts, open, dead] = await Promise.all([
        about([...list.items, ...history.events().flatMap(actorOf)]),
        jobs.counts(),
        jobs.open(JOBS_SHOWN),
        jobs.list({ status: "dead", limit: DEAD_SHOWN }),
      ]);
      return {
        at: new Date().toISOString(),
        actors: list,
        about: titles,
        nodes: nodes(list.total),
        jobs: { counts, open, dead: dead.items },
        demo,
      };
    },
    async overview() {
      const { total } = actors({ sort: "name", limit: 1, offset: 0 });
      const troubles = history.troubles();
      const [figures, counts, disk, titles] = await Promise.all([
        store.figures(),
        jobs.counts(),
        statfs(dataDir),
        about(troubles.flatMap(actorOf)),
      ]);
      return {
        at: new Date().toISOString(),
        ...figures,
        disk: { freeBytes: disk.bavail * disk.bsize, wholeBytes: disk.blocks * disk.bsize },
        jobs: counts,
        actors: total,
        nodes: nodes(total),
        troubles,
        about: titles,
      };
    },
    events: () => history.events(),
  };
}
