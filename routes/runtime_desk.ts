/** What administrators see of the runtime, and do with it; routes, pages and tasks ask here. */
import { statfs } from "node:fs/promises";
import type { OverviewStore } from "../db/overview.ts";
import { type ActorList, type ActorQuery, joinLists } from "../domain/actor_list.ts";
import { actorName } from "../domain/actor_state.ts";
import { Rejection } from "../domain/errors.ts";
import { isId } from "../domain/ids.ts";
import type { Overview, RuntimeSnapshot } from "../domain/overview.ts";
import type { RuntimeEvent } from "../domain/runtime.ts";
import type { LifecycleHistory } from "../services/lifecycle_history.ts";
import type { JobDesk } from "./admin_jobs.ts";
import type { Disturbance, LocalDesk, Look } from "./local_desk.ts";

/** So many jobs stand beside the actors; the rest has a page of its own. */
const JOBS_SHOWN = 12;
const DEAD_SHOWN = 5;
/** A node tells of so many actors at once: more would not go into a message of 1 MiB. */
const MOST_TOLD = 2_000;

/** The other nodes. */
export interface PeerDesks {
  /** Of each that answers soon. */
  look(query: ActorQuery): Promise<readonly Look[]>;
  /** Whether it lives on one of them. */
  disturb(act: Disturbance, kind: string, key: string): Promise<boolean>;
}

/** What is seen and done here is that of all nodes. */
export interface RuntimeDesk {
  /** Whether actors may be made to crash. */
  readonly demo: boolean;
  actors(query: ActorQuery): Promise<ActorList>;
  /** @throws {Rejection} `not_found` where it does not live */
  restart(kind: string, key: string): Promise<void>;
  /** @throws {Rejection} `not_found` where it does not live, or this is no demonstration */
  crash(kind: string, key: string): Promise<void>;
  snapshot(query: ActorQuery): Promise<RuntimeSnapshot>;
  overview(): Promise<Overview>;
  /** What lately happened, the newest first. */
  events(): RuntimeEvent[];
}

/** The actor that an event is of, if it is of one. */
const actorOf = ({ data: { kind, key } }: RuntimeEvent) =>
  kind === undefined || key === undefined ? [] : [{ kind, key }];

interface RuntimeDeskParts {
  local: LocalDesk;
  peers: PeerDesks;
  history: Pick<LifecycleHistory, "events" | "troubles">;
  jobs: Pick<JobDesk, "list" | "open" | "counts">;
  store: OverviewStore;
  dataDir: string;
  demo: boolean;
}

export function runtimeDesk(
  { local, peers, history, jobs, store, dataDir, demo }: RuntimeDeskParts,
): RuntimeDesk {
  /** All nodes, this one first; and of their actors what is asked for. */
  const lookAll = async (query: ActorQuery) => {
    const { offset, limit } = query;
    // any of them may have all that comes first
    const whole = { ...query, offset: 0, limit: Math.min(offset + limit, MOST_TOLD) };
    const looks = [local.look(whole), ...await peers.look(whole)];
    return {
      actors: joinLists(looks.map(({ actors }) => actors), query),
      nodes: looks.map(({ node }) => node),
    };
  };
  const about = async (
    actors: readonly { readonly kind: string; readonly key: string }[],
  ): Promise<RuntimeSnapshot["about"]> => {
    const keysOf = (wanted: string) => [
      ...new Set(
        actors.filter(({ kind, key }) => kind === wanted && isId(key)).map(({ key }) => key),
      ),
    ];
    const [tracks, streams, rooms] = await Promise.all([
      store.tracksOf(keysOf("track_upload")),
      store.streamsOf(keysOf("live")),
      store.roomsOf(keysOf("room")),
    ]);
    const named = (kind: string, key: string, title: string, path: string) =>
      [actorName({ kind, key }), { title, path }] as const;
    return Object.fromEntries([
      ...Array.from(
        tracks,
        ([key, { id, title }]) => named("track_upload", key, title, `/tracks/${id}`),
      ),
      ...Array.from(streams, ([key, title]) => named("live", key, title, `/live/${key}`)),
      ...Array.from(
        rooms,
        ([key, { title, streamId }]) =>
          named("room", key, title, streamId === null ? `/rooms/${key}` : `/live/${streamId}`),
      ),
    ]);
  };
  const disturbAnywhere = async (act: Disturbance, kind: string, key: string) => {
    if (local.disturb(act, kind, key) || await peers.disturb(act, kind, key)) return;
    throw new Rejection("not_found", `No actor ${kind}/${key} lives now`);
  };

  return {
    demo,
    actors: async (query) => (await lookAll(query)).actors,
    restart: (kind, key) => disturbAnywhere("restart", kind, key),
    async crash(kind, key) {
      if (!demo) throw new Rejection("not_found", "This is offered only where DEMO=1");
      await disturbAnywhere("crash", kind, key);
    },
    async snapshot(query) {
      const { actors: list, nodes } = await lookAll(query);
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
        nodes,
        jobs: { counts, open, dead: dead.items },
        demo,
      };
    },
    async overview() {
      const { actors: { total }, nodes } = await lookAll({ sort: "name", limit: 1, offset: 0 });
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
        nodes,
        troubles,
        about: titles,
      };
    },
    events: () => history.events(),
  };
}
