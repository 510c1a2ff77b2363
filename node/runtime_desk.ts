/** What administrators see of a node and do with it, put together. */
import type { Config } from "../config.ts";
import type { Sql } from "../db/open.ts";
import { overviewStore } from "../db/overview.ts";
import type { JobDesk } from "../routes/admin_jobs.ts";
import { type LocalDesk, localDesk } from "../routes/local_desk.ts";
import { type RuntimeDesk, runtimeDesk } from "../routes/runtime_desk.ts";
import { actorRates } from "../services/actor_rates.ts";
import type { Log } from "../services/log.ts";
import { noPeers, peerDesks, serveDesk } from "./peer_desks.ts";
import type { Runtime } from "./runtime.ts";

/** What lives here, for whoever asks from another node: all that a worker tells of itself. */
export function localDeskOf(
  { config, runtime }: { config: Config; runtime: Runtime },
): LocalDesk {
  const desk = localDesk({
    ...runtime,
    rates: actorRates(),
    node: config.nodeName,
    demo: config.demo,
  });
  if (runtime.cluster) serveDesk(runtime.cluster, desk);
  return desk;
}

export function runtimeDeskOf(
  { config, sql, runtime, jobs, log }: {
    config: Config;
    sql: Sql;
    runtime: Runtime;
    jobs: JobDesk;
    log: Log;
  },
): RuntimeDesk {
  const { cluster, history } = runtime;
  return runtimeDesk({
    local: localDeskOf({ config, runtime }),
    peers: cluster ? peerDesks(cluster, log) : noPeers,
    history,
    jobs,
    store: overviewStore(sql),
    dataDir: config.dataDir,
    demo: config.demo,
  });
}
