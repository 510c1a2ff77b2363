/** What Prometheus is told of a node when it asks; the names are a contract (O10). */
import type { Config } from "../config.ts";
import type { JobStore } from "../db/jobs.ts";
import type { Meters } from "./meters.ts";
import type { Runtime } from "./runtime.ts";

/** Adds the figures of a node's parts. Live audio adds its own beside these. */
export function tellFigures({ meters, config, runtime, jobs }: {
  meters: Meters;
  config: Config;
  runtime: Pick<Runtime, "system" | "vitals" | "cluster">;
  jobs: Pick<JobStore, "backlog">;
}): void {
  const { system, vitals, cluster } = runtime;
  const { figure } = meters;
  const ofKinds = once(() => {
    const kinds = new Map<string, { actors: number; waiting: number; fullest: number }>();
    for (const { kind, mailbox, mailboxBound } of system.inspect()) {
      const one = kinds.get(kind) ?? { actors: 0, waiting: 0, fullest: 0 };
      kinds.set(kind, {
        actors: one.actors + 1,
        waiting: one.waiting + mailbox,
        fullest: Math.max(one.fullest, mailbox / mailboxBound),
      });
    }
    return [...kinds];
  });
  const backlog = once(() => jobs.backlog());
  const labels = ["kind"];
  figure({
    ...{ name: "actors_active", help: "Actors that live on this node.", labels },
    read: () => ofKinds().map(([kind, { actors }]) => [[kind], actors] as const),
  });
  figure({
    ...{ name: "actor_mailbox_messages", help: "Messages that wait in mailboxes.", labels },
    read: () => ofKinds().map(([kind, { waiting }]) => [[kind], waiting] as const),
  });
  figure({
    name: "actor_mailbox_fullest_ratio",
    help: "How full the fullest mailbox is; at 1 callers are refused.",
    labels,
    read: () => ofKinds().map(([kind, { fullest }]) => [[kind], fullest] as const),
  });
  figure({
    name: "websocket_connections_active",
    help: "Open WebSockets.",
    read: () => vitals.read().sockets,
  });
  figure({
    name: "fanout_deliveries_total",
    help: "Frames of rooms that were sent to sockets.",
    type: "counter",
    read: () => vitals.fanOut.deliveries,
  });
  figure({
    name: "fanout_drops_total",
    help: "Sockets that were cut off because their readers were too slow.",
    type: "counter",
    read: () => vitals.fanOut.drops,
  });
  figure({
    name: "fanout_queue_bytes",
    help: "Bytes that wait for the readers of all open sockets.",
    read: () => vitals.queuedBytes(),
  });
  figure({
    name: "event_loop_lag_seconds",
    help: "How late a timer fired at worst in the last ten seconds.",
    read: () => vitals.read().lagMs / 1_000,
  });
  figure({
    name: "jobs",
    help: "Open and dead jobs of the whole site; every node tells the same.",
    labels: ["status"],
    read: async () => Object.entries((await backlog()).counts).map(labelled),
  });
  figure({
    name: "jobs_oldest_waiting_seconds",
    help: "How long the job that is due and waits longest has been due, on the whole site.",
    read: async () => (await backlog()).oldestMs / 1_000,
  });
  figure({
    name: "cluster_nodes",
    help: "Nodes and workers that this one sees, itself too.",
    read: () => cluster?.members.list().length ?? 1,
  });
  figure({
    name: "process_resident_memory_bytes",
    help: "Memory that the process holds.",
    read: () => vitals.read().rssBytes,
  });
  figure({
    name: "process_heap_bytes",
    help: "What of its memory JavaScript uses.",
    read: () => vitals.read().heapBytes,
  });
  figure({
    name: "process_start_time_seconds",
    help: "When the process started, in seconds since 1970.",
    read: () => Date.parse(vitals.read().since) / 1_000,
  });
  figure({
    name: "veza_node_info",
    help: "Which node this is, and what it runs on; always 1.",
    labels: ["node", "roles", "runs_on"],
    read: () => [[[config.nodeName, config.roles.join(","), vitals.read().runsOn], 1]],
  });
}

const labelled = ([status, count]: [string, number]) => [[status], count] as const;

/** Figures that are asked for within this time are of the same look, in ms. */
const ONE_LOOK_MS = 200;

/** `look`, once for all that are told together. */
function once<T>(look: () => T): () => T {
  let last: { readonly at: number; readonly found: T } | undefined;
  return () => {
    const now = performance.now();
    if (last === undefined || now - last.at > ONE_LOOK_MS) last = { at: now, found: look() };
    return last.found;
  };
}
