/** What administrators see of a node and do with it, put together. */
import type { Config } from "../config.ts";
import type { Sql } from "../db/open.ts";
import { overviewStore } from "../db/overview.ts";
import type { JobDesk } from "../routes/admin_jobs.ts";
import { type RuntimeDesk, runtimeDesk } from "../routes/runtime_desk.ts";
import { actorRates } from "../services/actor_rates.ts";
import type { runtimeOf } from "./runtime.ts";

export const runtimeDeskOf = (
  { config, sql, runtime, jobs }: {
    config: Config;
    sql: Sql;
    runtime: ReturnType<typeof runtimeOf>;
    jobs: JobDesk;
  },
): RuntimeDesk =>
  runtimeDesk({
    ...runtime,
    jobs,
    rates: actorRates(),
    store: overviewStore(sql),
    dataDir: config.dataDir,
    node: config.nodeName,
    demo: config.demo,
  });
