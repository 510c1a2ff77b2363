/** Migrations on a real database (O6). */
import assert from "node:assert/strict";
import { migrate, MigrationError } from "../../db/migrate.ts";
import { testDatabase } from "../support/database.ts";
import { temporary } from "../support/processes.ts";

/** A folder with these files. */
async function folder(files: Record<string, string>) {
  const made = await temporary();
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${made.path}/${name}`, text);
  }
  return made;
}

const FILES = {
  "0001_one.sql": "create table one (id int); insert into one values (1);",
  "0002_two.sql": "create table two (id int);",
};

/** A database without our own migrations: its tables are in another schema. */
async function empty() {
  const database = await testDatabase();
  await database.sql`drop table schema_migrations`;
  return database;
}

Deno.test("[O6] migrations run once, also when several nodes start together", async () => {
  await using database = await empty();
  await using files = await folder(FILES);
  const applied = await Promise.all(
    [1, 2, 3].map(() => migrate(database.connect(1), files.path)),
  );
  assert.deepEqual(applied.flat().map(({ name }) => name).sort(), ["one", "two"]);
  assert.equal((await database.sql`select * from one`).length, 1);
  assert.deepEqual(await migrate(database.sql, files.path), []);
});

Deno.test("[O6] a migration that fails leaves nothing of itself", async () => {
  await using database = await empty();
  await using files = await folder({
    ...FILES,
    "0003_three.sql": "create table three (id int); select no_such_function();",
  });
  await assert.rejects(migrate(database.sql, files.path), /no_such_function/);
  const tables = await database.sql`
    select tablename as name from pg_tables where tablename in ('two', 'three')`;
  assert.deepEqual(tables.map(({ name }) => name), ["two"]);
  await Deno.writeTextFile(`${files.path}/0003_three.sql`, "create table three (id int);");
  assert.deepEqual((await migrate(database.sql, files.path)).map(({ version }) => version), [3]);
});

Deno.test("[O6] a changed file, a newer database and a misnamed file are refused, nothing is done", async () => {
  await using database = await empty();
  await using files = await folder(FILES);
  await migrate(database.sql, files.path);
  await Deno.writeTextFile(`${files.path}/0002_two.sql`, "create table other (id int);");
  await assert.rejects(migrate(database.sql, files.path), /0002_two.sql was changed/);
  await Deno.remove(`${files.path}/0002_two.sql`);
  await assert.rejects(migrate(database.sql, files.path), /does not know: it is newer/);
  await Deno.writeTextFile(`${files.path}/two.sql`, "");
  await assert.rejects(
    migrate(database.sql, files.path),
    new MigrationError("two.sql is no migration: wanted a name such as 0007_rooms.sql"),
  );
  const [other] = await database.sql`select to_regclass('other') as found`;
  assert.equal(other?.found, null);
});
