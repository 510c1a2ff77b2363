/** For tests: an actor of several nodes that keeps a log, in a table that fences. */
import { Rejection } from "../../domain/errors.ts";
import { batch, defineActor } from "./actor.ts";
import { sleep } from "./clock.ts";
import type { ClusterNode } from "./testing_cluster.ts";

/** A table that fences, as the database does. */
export function table() {
  const rows = new Map<string, { epoch: number; log: unknown[] }>();
  return {
    open(key: string) {
      const row = rows.get(key) ?? { epoch: 0, log: [] };
      rows.set(key, row);
      return { key, epoch: ++row.epoch, total: row.log.length };
    },
    append(key: string, epoch: number, entry: unknown) {
      const row = rows.get(key);
      if (row?.epoch !== epoch) throw new Rejection("fenced");
      return row.log.push(entry);
    },
    logOf: (key: string) => rows.get(key)?.log ?? [],
    epochOf: (key: string) => rows.get(key)?.epoch ?? 0,
  };
}

/** Hosts an actor that keeps a log on each node. */
export function hosted(nodes: readonly ClusterNode[], rows = table()) {
  const refs = nodes.map(({ system, clock, members }) =>
    system.host(defineActor("log", {
      start: (key) => rows.open(key),
      idleAfter: 60_000,
      on: {
        add: (state, entry: unknown) => rows.append(state.key, state.epoch, entry),
        addSlowly: async (state, { entry, ms }: { entry: unknown; ms: number }) => {
          await sleep(clock, ms, new AbortController().signal);
          return rows.append(state.key, state.epoch, entry);
        },
        addAll: batch((state, entries: unknown[]) =>
          entries.map((entry) => rows.append(state.key, state.epoch, entry))
        ),
        where: () => members.id,
        refuse: () => {
          throw new Rejection("rate_limited", "Slow down", { retryAfterMs: 7 });
        },
        unavailable: () => {
          throw new Rejection("unavailable", "The handler's own");
        },
        crash: () => {
          throw new Error("on purpose");
        },
        nothing: () => undefined,
      },
    }))
  );
  return { rows, refs };
}
