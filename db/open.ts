/** A client of the database, embedded or external, which rides out short outages (O2, O8). */
import postgres from "postgres";
import { Rejection } from "../domain/errors.ts";
import { translate } from "./outages.ts";
import { type Measure, patient } from "./patience.ts";
import { type Embedded, type Log, socketAddress, startEmbedded } from "./embedded.ts";
import { DataDirInUse } from "./data_lock.ts";

/** The client: `int8` comes as a number, `timestamptz` as a Date. */
export type Sql = postgres.Sql<{ bigint: number }>;
/** The same inside `sql.begin`. */
export type TransactionSql = postgres.TransactionSql<{ bigint: number }>;

/** What of the configuration matters here. */
export interface DatabaseConfig {
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly dbPool: number;
}

/** An open database. Disposing of it ends the client, and the embedded server it started. */
export interface Database extends AsyncDisposable {
  readonly sql: Sql;
  /** The embedded server this process runs; undefined when the database is elsewhere. */
  readonly embedded: Embedded | undefined;
  /**
   * How long the database takes to answer now, in milliseconds.
   *
   * @throws {Rejection} `unavailable` when it does not within `patienceMs` (2,000).
   */
  ping(patienceMs?: number): Promise<number>;
}

/** int8 counts and sizes stay below 2^53 here; the driver would give strings. */
const TYPES = {
  bigint: { to: 20, from: [20], parse: (text: string) => Number(text), serialize: String },
};

const CONNECT_SECONDS = 5;
const STATEMENT_MS = 60_000;

/** A client of the server at `where`: an URL, or the address of a socket. */
export function connect(
  where: string | ReturnType<typeof socketAddress>,
  { pool = 10, log }: { pool?: number; log?: Log } = {},
): Sql {
  const options = {
    types: TYPES,
    max: pool,
    connect_timeout: CONNECT_SECONDS,
    idle_timeout: 300,
    // short: while the server is away each query waits this long for its turn to try, in seconds
    backoff: (retries: number) => Math.min(0.05 * 2 ** retries, 0.5),
    // "already exists, skipping" and the like are no news
    onnotice: ({ severity, code }: postgres.Notice) => {
      if (severity === "WARNING") log?.warn("database warning", { code });
    },
  };
  return typeof where === "string"
    // pgBouncer in transaction mode keeps neither prepared statements nor start parameters
    ? postgres(where, { ...options, prepare: false })
    : postgres({ ...options, ...where, connection: { statement_timeout: STATEMENT_MS } });
}

/** How {@linkcode openDatabase} may find an embedded server. */
export interface OpenOptions {
  /** For tasks beside a running node: use its server when one runs on DATA_DIR. */
  readonly share?: boolean;
  readonly binDir?: string;
  /** Looks at all that is asked of the database. */
  readonly measure?: Measure | undefined;
}

/**
 * Opens the database the configuration names, starting the embedded server when it names none.
 *
 * @throws {DataDirInUse} when another process runs it and `share` is off.
 */
export async function openDatabase(
  config: DatabaseConfig,
  log: Log,
  { share = false, binDir, measure }: OpenOptions = {},
): Promise<Database> {
  await using owned = new AsyncDisposableStack();
  const found = await locate();
  const client = connect(found.where, { pool: config.dbPool, log });
  owned.defer(() => client.end({ timeout: 2 }));
  const kept = owned.move();
  return {
    sql: patient(client, undefined, measure),
    embedded: found.embedded,
    ping: (patienceMs = 2_000) => ping(client, patienceMs),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };

  async function locate(): Promise<
    { where: string | ReturnType<typeof socketAddress>; embedded?: Embedded }
  > {
    if (config.databaseUrl) return { where: config.databaseUrl };
    const { dataDir, dbPool } = config;
    try {
      const embedded = owned.use(
        await startEmbedded({ dataDir, binDir, log, maxConnections: Math.max(100, dbPool + 20) }),
      );
      return { where: embedded.address(), embedded };
    } catch (error) {
      const theirs = error instanceof DataDirInUse ? error.holder?.socketDir : undefined;
      if (!share || !theirs) throw error;
      return { where: socketAddress(theirs) };
    }
  }
}

async function ping(sql: Sql, patienceMs: number): Promise<number> {
  const began = performance.now();
  const asked = sql`select 1`.execute();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Rejection("unavailable", `No answer in ${patienceMs} ms`)),
      patienceMs,
    );
  });
  try {
    await Promise.race([asked, late]);
    return performance.now() - began;
  } catch (error) {
    asked.catch(() => {}); // its fate is told above; this only keeps it from being "unhandled"
    throw translate(error);
  } finally {
    clearTimeout(timer);
  }
}
