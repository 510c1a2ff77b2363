/** Migrations: numbered SQL files, forward only, each in its own transaction (O6). */
import type { Log } from "./embedded.ts";
import type { Sql } from "./open.ts";

/** A file of the folder: `0007_rooms.sql` has version 7 and the name `rooms`. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text, in hexadecimal. */
  readonly checksum: string;
}

/** What is in the files cannot be reconciled with what is in the database. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

/** Any constant that nothing else in this database locks: "veza" in ASCII. */
const LOCK = 0x76657a61;

/**
 * The migrations in `dir`, in order.
 *
 * @throws {MigrationError} naming a file that is misnamed, or a number used twice.
 */
export async function readMigrations(dir: string | URL): Promise<Migration[]> {
  const migrations: Migration[] = [];
  for await (const { name: file } of Deno.readDir(dir)) {
    const [, number, name] = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file) ?? [];
    if (!number || !name) {
      throw new MigrationError(`${file} is no migration: wanted a name such as 0007_rooms.sql`);
    }
    const path = typeof dir === "string" ? `${dir}/${file}` : new URL(file, `${dir}/`);
    const text = await Deno.readTextFile(path);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    const checksum = new Uint8Array(digest).toHex();
    migrations.push({ version: Number(number), name, text, checksum });
  }
  migrations.sort((a, b) => a.version - b.version);
  migrations.forEach(({ version, name }, at) => {
    const before = migrations[at - 1];
    if (before?.version === version) {
      throw new MigrationError(`${before.name} and ${name} both have number ${version}`);
    }
  });
  return migrations;
}

/**
 * Brings the database up to the files in `dir` (a folder's path, or its URL), and returns what it
 * applied. Safe when several nodes do it at once: each step takes a lock and looks again.
 *
 * @throws {MigrationError} when an applied file was changed, or the database is newer than the
 * files; nothing is changed then.
 */
export async function migrate(
  sql: Sql,
  dir: string | URL = new URL("migrations", import.meta.url),
  log?: Log,
): Promise<Migration[]> {
  const files = await readMigrations(dir);
  const applied: Migration[] = [];
  const began = performance.now();
  try {
    while (true) {
      const done = await step(sql, files);
      if (!done) return applied;
      applied.push(done);
    }
  } finally {
    const last = applied.at(-1);
    if (last) { // one line for all, also for those that went well before one failed
      log?.info("migrated", {
        migrations: applied.length,
        last: titleOf(last),
        ms: Math.round(performance.now() - began),
      });
    }
  }
}

/** Applies the next of `files`, if there is one, in a transaction of its own. */
const step = (sql: Sql, files: readonly Migration[]): Promise<Migration | undefined> =>
  // the lock of a transaction, not of a session: pgBouncer gives each its own session (O8)
  sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK})`;
    await tx`
      create table if not exists schema_migrations (
        version integer primary key,
        name text not null,
        checksum text not null,
        applied_at timestamptz not null default now()
      )`;
    const rows = await tx<{ version: number; name: string; checksum: string }[]>`
      select version, name, checksum from schema_migrations order by version`;
    const next = nextOf(files, rows);
    if (!next) return undefined;
    await tx.unsafe(next.text).simple();
    await tx`insert into schema_migrations ${tx(next, "version", "name", "checksum")}`;
    return next;
  });

/** As its file is named, without the ending. */
const titleOf = ({ version, name }: Pick<Migration, "version" | "name">): string =>
  `${String(version).padStart(4, "0")}_${name}`;

/**
 * The first of `files` that is not in `rows`; pure.
 *
 * @throws {MigrationError} when they do not fit together.
 */
export function nextOf(
  files: readonly Migration[],
  rows: readonly Pick<Migration, "version" | "name" | "checksum">[],
): Migration | undefined {
  const known = new Map(files.map((file) => [file.version, file]));
  for (const row of rows) {
    const file = known.get(row.version);
    const title = titleOf(row);
    if (!file) {
      throw new MigrationError(
        `The database has migration ${title}, which this program does not know: it is newer. ` +
          "Start the release that made it, or a later one.",
      );
    }
    if (file.checksum !== row.checksum) {
      throw new MigrationError(
        `Migration ${title}.sql was changed after it was applied. ` +
          "Restore the file, and put the change into a new migration.",
      );
    }
    known.delete(row.version);
  }
  const newest = rows.at(-1)?.version ?? 0;
  const next = files.find((file) => known.has(file.version));
  if (next && next.version < newest) {
    throw new MigrationError(
      `Migration ${next.version} (${next.name}) comes before ${newest}, which is applied: ` +
        "give it a higher number.",
    );
  }
  return next;
}
