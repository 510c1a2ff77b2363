/** What makes a node one: its actors with their reminders, its bus, and what happens on it. */
import { inProcessBus } from "../actors/runtime/bus.ts";
import type { Lifecycle } from "../actors/runtime/lifecycle.ts";
import { createSystem } from "../actors/runtime/system.ts";
import { topic } from "../actors/runtime/topic.ts";
import type { Config } from "../config.ts";
import type { Sql } from "../db/open.ts";
import { reminderStore } from "../db/reminders.ts";
import type { RuntimeEvent } from "../domain/runtime.ts";
import { FEED } from "../routes/sockets/runtime.ts";
import { newId } from "../services/ids.ts";
import { lifecycleFeed } from "../services/lifecycle_feed.ts";
import { lifecycleHistory } from "../services/lifecycle_history.ts";
import type { Log } from "../services/log.ts";
import { vitals } from "../services/vitals.ts";
import { watchDatabase } from "./database_watch.ts";
import { compareKeys, keyPrints } from "./key_prints.ts";
import type { Meters } from "./meters.ts";

/**
 * Of DRAIN_SECONDS, within which a node that ends is gone (A13), so much is for actors to move; the
 * rest is for those that could not, and for sockets between.
 */
const MOVING_PART = 0.6;
/** Actors that are to stop have so long in any case, in ms. */
const LEAST_STOP_MS = 1_000;

/**
 * Disposing ends the actors, in reverse order of hosting, and leaves the cluster.
 *
 * @throws {NatsUnreachable} when NATS_URL is set and nobody answers there
 * @throws {KeysDiffer} when another node has other keys
 */
export async function runtimeOf(
  { config, sql, log, meters, ping, signs = false }: {
    config: Config;
    sql: Sql;
    log: Log;
    meters: Pick<Meters, "lifecycle">;
    /** Rejects when the database does not answer in so many ms. */
    ping: (patienceMs: number) => Promise<unknown>;
    /** Whether it uses the keys of the site, which then have to be those of the others. */
    signs?: boolean;
  },
) {
  const { nodeName, natsUrl } = config;
  await using owned = new AsyncDisposableStack();
  // loaded where it is used: a node that is alone need not hold a client of NATS (P10)
  const joined = async (url: string) => {
    const { joinCluster } = await import("./cluster.ts");
    return await joinCluster({ url, name: nodeName, log, tidies: config.roles.includes("web") });
  };
  const cluster = natsUrl ? owned.use(await joined(natsUrl)) : undefined;
  if (cluster && signs) await compareKeys(cluster.bus, await keyPrints(config));
  const bus = cluster?.bus ?? owned.use(inProcessBus());
  const events = topic<RuntimeEvent>(bus, "runtime");
  const history = lifecycleHistory();
  const measured = owned.use(vitals(nodeName));
  const feed = lifecycleFeed({
    node: nodeName,
    publish(event) {
      history.add(event); // also while nobody else is reached
      events.publish(FEED, event);
    },
    newId,
  });
  owned.use(events.subscribe(FEED, ({ event }) => {
    if (event.data.node !== nodeName) history.add(event);
  }));
  cluster?.members.onChange((change, { name }) => {
    if (change !== "lost") return; // who comes and leaves tells it
    const [first] = cluster.members.list().map(({ id }) => id).sort();
    if (first === cluster.members.id) feed.node("left", name);
  });
  const system = createSystem({
    reminders: reminderStore(sql),
    cluster,
    log(happened) {
      logLifecycle(log, happened);
      meters.lifecycle(happened.kind, happened.event);
      feed.actor(happened);
    },
  });
  const drainMs = config.drainSeconds * 1_000;
  /** When a node that ends has to be gone; known once it drains. */
  let endsAt: number | undefined;
  owned.defer(async () => {
    const leftMs = endsAt === undefined ? drainMs : endsAt - performance.now();
    await system.stop(Math.max(LEAST_STOP_MS, leftMs));
    feed.node("left");
    if (bus.connected) await bus.flush();
  });
  const watching = cluster &&
    owned.use(watchDatabase({ ping, system, members: cluster.members, log }));
  feed.node("joined");
  const kept = owned.move();
  return {
    bus,
    system,
    /** The other nodes; undefined where there is no NATS. */
    cluster,
    /** What happens to actors and nodes (A19), on all nodes. */
    events,
    /** The last of what happened. */
    history,
    vitals: measured,
    /** Throws when the other nodes are not reached. */
    async reach(): Promise<void> {
      if (!bus.connected) throw new Error("NATS does not answer");
      await bus.flush();
    },
    /** Moves the actors to other nodes, where there are any; calls go on meanwhile. */
    drain: async () => {
      await watching?.[Symbol.asyncDispose](); // what moves away must not be taken back
      endsAt ??= performance.now() + drainMs;
      await system.drain({ withinMs: drainMs * MOVING_PART });
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** What somebody should look into is a warning; the rest is there for who looks. */
function logLifecycle(log: Log, { event, ...details }: Lifecycle): void {
  if ("error" in details || event === "child-stuck") log.warn(`actor ${event}`, { ...details });
  else log.debug(`actor ${event}`, { ...details });
}

export type Runtime = Awaited<ReturnType<typeof runtimeOf>>;
