/** What administrators see of a node and do with it, put together. */
import type { Config } from "../config.ts";
import type { Sql } from "../db/open.ts";
import { overviewStore } from "../db/overview.ts";
import type { JobDesk } from "../routes/admin_jobs.ts";
import { type RuntimeDesk, runtimeDesk } from "../routes/runtime_desk.ts";
import { actorRates } from "../services/actor_rates.ts";
import type { Log } from "../services/log.ts";
import { noPeers, peerDesks, serveDesk } from "./peer_desks.ts";
import type { Runtime } from "./runtime.ts";

export function runtimeDeskOf(
  { config, sql, runtime, jobs, log }: {
    config: Config;
    sql: Sql;
    runtime: Runtime;
    jobs: JobDesk;
    log: Log;
  },
): RuntimeDesk {
  const { cluster } = runtime;
  const desk = runtimeDesk({
    ...runtime,
    peers: cluster ? peerDesks(cluster, log) : noPeers,
    jobs,
    rates: actorRates(),
    store: overviewStore(sql),
    dataDir: config.dataDir,
    node: config.nodeName,
    demo: config.demo,
  });
  if (cluster) serveDesk(cluster, desk.local);
  return desk;
}
