/** A worker: of all that a node is, only what makes music of uploads. It answers no visitor. */
import { type Config, ConfigError, type ConfigProblem } from "../config.ts";
import { migrate } from "../db/migrate.ts";
import { openDatabase } from "../db/open.ts";
import { trackCovers } from "../media/track_covers.ts";
import { startLogging } from "../services/log.ts";
import { tellFigures } from "./figures.ts";
import { mediaToolOf, tellMissingCodecs } from "./media_tool.ts";
import { metersOf } from "./meters.ts";
import { type Running, survive } from "./run.ts";
import { runtimeOf } from "./runtime.ts";
import { localDeskOf } from "./runtime_desk.ts";
import { sharedOf } from "./shared.ts";
import { storageOf } from "./storage.ts";
import { sweeping } from "./sweeping.ts";
import { together } from "./together.ts";
import { trackRows } from "./track_rows.ts";
import { transcodingOf } from "./transcoding.ts";
import { answerWatchers } from "./watchers.ts";

/** What dead workers left in DATA_DIR is looked for this often, in ms. */
const SWEEP_MS = 600_000;

/**
 * What a worker cannot do without: the rows of the nodes, and the bus to be woken and to tell
 * listeners by. Blobs are in S3, or in a DATA_DIR that all of them share.
 */
export function demandCluster(config: Pick<Config, "databaseUrl" | "natsUrl">): void {
  const message =
    "wanted, because a worker works for the nodes of a cluster: set it as they have it";
  const problems: ConfigProblem[] = [];
  if (!config.databaseUrl) problems.push({ variable: "DATABASE_URL", value: undefined, message });
  if (!config.natsUrl) problems.push({ variable: "NATS_URL", value: undefined, message });
  if (problems.length > 0) throw new ConfigError(problems);
}

/**
 * Starts a worker; resolves when it takes jobs. Disposing of it gives back what it works on at once.
 *
 * @throws {ConfigError} without NATS_URL or DATABASE_URL
 */
export async function startWorker(given: Config): Promise<Running> {
  demandCluster(given);
  const config: Config = { ...given, roles: ["worker"] };
  await using owned = new AsyncDisposableStack();
  const log = owned.use(
    startLogging({
      level: config.logLevel,
      format: config.logFormat ?? (Deno.stderr.isTerminal() ? "pretty" : "json"),
      node: config.nodeName,
    }),
  );
  const meters = metersOf({ config, log });
  const alone = false;
  const [{ ffmpeg, dangers }, { sql, ping }, shared] = await together(
    mediaToolOf({ config, meters, log }),
    openDatabase(config, log, { measure: meters.query }).then((opened) => owned.use(opened)),
    sharedOf({ config, alone, meters, log }).then((opened) => owned.use(opened)),
  );
  if (config.migrate) await migrate(sql, undefined, log);
  const storage = await storageOf({ config, alone, log });
  const rows = trackRows({ sql, cacheOf: shared.cacheOf });
  const covers = owned.use(trackCovers({ ...storage, ffmpeg, rows: rows.covers }));
  const runtime = owned.use(await runtimeOf({ config, sql, ping, meters, log }));
  const { system, bus } = runtime;
  // what its uploads tell is relayed by the nodes, which look for it each second
  const told = () => {};
  const { jobs } = owned.use(
    await transcodingOf({
      ...{ config, sql, rows, alone, storage, ffmpeg, dangers, system, bus, covers, told },
      ...{ meters, log },
    }),
  );
  tellFigures({ meters, config, runtime, jobs });
  localDeskOf({ config, runtime });
  const server = config.metricsPort === undefined
    ? undefined
    : owned.use(await answerWatchers({ config, meters, ping, reach: runtime.reach, ffmpeg, log }));
  const sweeps = [{ name: "scratch", run: storage.sweep }];
  owned.use(sweeping({ sweeps, everyMs: SWEEP_MS, log }));
  await tellMissingCodecs({ ffmpeg, log });
  survive(log);
  owned.defer(runtime.drain); // the actors of uploads move while their callers are still answered
  log.info("this worker takes jobs", { worker: config.nodeName, metrics_port: server?.port });
  const kept = owned.move();
  return {
    failed: new Promise(() => {}),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
