/** Fresh, migrated databases for tests: one private server for all of them, a copy for each. */
import { type Log, socketAddress, startEmbedded } from "../../db/embedded.ts";
import { migrate, readMigrations } from "../../db/migrate.ts";
import { connect, type Sql } from "../../db/open.ts";
import { layPostgres } from "../../tasks/binaries.ts";

/** Says nothing. */
export const quiet: Log = { info() {}, warn() {}, error() {} };

/** `deno task test` starts one server for the whole run, and says here where it listens. */
export const SHARED_SERVER = "VEZA_TEST_SOCKET";
/** The folder of another PostgreSQL to test on (it has `bin/postgres`); O6 wants both. */
const OTHER_SERVER = "VEZA_TEST_POSTGRES";

export interface TestDatabase extends AsyncDisposable {
  readonly sql: Sql;
  /** The database's own name on its server. */
  readonly name: string;
  /** Where the server listens. */
  readonly socketDir: string;
  /** Another client of the same database. */
  connect(pool?: number): Sql;
}

/** A private server in a temporary folder, for the tests of one run. */
export async function testServer(): Promise<AsyncDisposable & { readonly socketDir: string }> {
  const other = Deno.env.get(OTHER_SERVER);
  const bin = ".cache/bin";
  if (!other) {
    await Deno.mkdir(bin, { recursive: true });
    await layPostgres(bin, () => {});
  }
  const dataDir = await Deno.makeTempDir({ prefix: "veza-pg-" });
  const server = await startEmbedded({
    dataDir,
    binDir: other ?? `${bin}/postgres`,
    log: quiet,
    maxConnections: 300,
  });
  return {
    socketDir: server.socketDir,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

const asSuperuser = (socketDir: string) =>
  connect(socketAddress(socketDir, { database: "postgres", username: "postgres" }), { pool: 1 });

/** Makes the migrated template when it is not there; several processes may ask at once. */
async function template(admin: Sql, socketDir: string): Promise<string> {
  const files = await readMigrations(new URL("../../db/migrations", import.meta.url));
  const text = new TextEncoder().encode(files.map(({ checksum }) => checksum).join());
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", text)).toHex();
  const name = `template_${hash.slice(0, 16)}`;
  await admin`select pg_advisory_lock(1)`;
  try {
    const [found] =
      await admin`select 1 from pg_database where datname = ${name} and datistemplate`;
    if (found) return name;
    await admin`drop database if exists ${admin(name)}`;
    await admin`create database ${admin(name)} owner veza`;
    const sql = connect(socketAddress(socketDir, { database: name }), { pool: 1 });
    await migrate(sql);
    await sql.end();
    await admin`alter database ${admin(name)} is_template true`;
    return name;
  } finally {
    await admin`select pg_advisory_unlock(1)`;
  }
}

let alone: { users: number; server: ReturnType<typeof testServer> } | undefined;

/** The run's server; or one for this file alone, which ends with the last database of it. */
async function acquire(): Promise<{ socketDir: string; release(): Promise<void> }> {
  const shared = Deno.env.get(SHARED_SERVER);
  if (shared) return { socketDir: shared, release: () => Promise.resolve() };
  const mine = alone ??= { users: 0, server: testServer() };
  mine.users += 1;
  const server = await mine.server;
  return {
    socketDir: server.socketDir,
    async release() {
      mine.users -= 1;
      if (mine.users > 0) return;
      if (alone === mine) alone = undefined;
      await server[Symbol.asyncDispose]();
    },
  };
}

/**
 * A migrated database that nobody else uses.
 *
 * @example
 * ```ts
 * await using database = await testDatabase();
 * await database.sql`select 1`;
 * ```
 */
export async function testDatabase(): Promise<TestDatabase> {
  const { socketDir, release } = await acquire();
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const admin = asSuperuser(socketDir);
  try {
    const from = await template(admin, socketDir);
    await admin`create database ${admin(name)} template ${admin(from)} owner veza`;
  } catch (error) {
    await admin.end();
    await release();
    throw error;
  }
  const clients: Sql[] = [];
  const client = (pool = 5) => {
    const sql = connect(socketAddress(socketDir, { database: name }), { pool });
    clients.push(sql);
    return sql;
  };
  return {
    sql: client(),
    name,
    socketDir,
    connect: client,
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((sql) => sql.end({ timeout: 2 })));
      await admin`drop database ${admin(name)} with (force)`;
      await admin.end();
      await release();
    },
  };
}
