/** Blobs are collected only by the site whose they surely are (U13); deletions bear what fails (U15). */
import { deepEqual, equal, match } from "node:assert/strict";
import { originalKey, siteMark } from "../../domain/blob_keys.ts";
import { type Blobs, diskBlobs } from "../../media/blobs.ts";
import { cleaning } from "../../node/cleaning.ts";
import { newId } from "../../services/ids.ts";
import { quiet, testDatabase } from "../support/database.ts";
import { temporary, until } from "../support/processes.ts";

const STRICT = { sanitizeOps: true, sanitizeResources: true };
const HOUR = 3_600_000;
const ONE = new Uint8Array(1);

/** A store, and sites that keep their blobs there. */
async function store() {
  const folder = await temporary();
  const dir = `${folder.path}/media`;
  const blobs = diskBlobs(dir);
  return {
    blobs,
    /** A blob that no row names, old enough to go even at `hours`. */
    async stray(): Promise<string> {
      const key = originalKey(newId());
      await blobs.put(key, ONE);
      await Deno.utime(`${dir}/${key}`, new Date(0), new Date(0));
      return key;
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

type Sql = Awaited<ReturnType<typeof testDatabase>>["sql"];

/** Collects as a node does that starts `hours` from now; what it said. */
async function collectAt(hours: number, sql: Sql, blobs: Blobs): Promise<string> {
  const said: string[] = [];
  const say = (message: string) => void said.push(message);
  const log = { ...quiet, debug: say, info: say, warn: say, error: say };
  await using clean = cleaning({ blobs, sql, log, now: () => Date.now() + hours * HOUR });
  await clean.sweep();
  await until("an outcome", () => Promise.resolve(said.length > 0));
  return said.join("\n");
}

/** Another site: databases of tests are copies of one, and have its id. */
const otherSite = async () => {
  const database = await testDatabase();
  await database.sql`update site set id = gen_random_uuid()`;
  return database;
};

Deno.test(
  "[U13] an empty database collects nothing for a day, and nothing at all beside another's mark",
  STRICT,
  async () => {
    await using media = await store();
    await using right = await testDatabase();
    await using wrong = await otherSite();
    const { blobs } = media;
    const key = await media.stray();
    match(await collectAt(0, right.sql, blobs), /for a day: the database is new/);
    match(await collectAt(23, right.sql, blobs), /for a day: the database is new/);

    // started once with another DATABASE_URL: neither touches anything any more
    match(await collectAt(30, wrong.sql, blobs), /another site has its blobs here/);
    match(await collectAt(900, wrong.sql, blobs), /another site has its blobs here/);
    match(await collectAt(900, right.sql, blobs), /another site has its blobs here/);
    equal((await blobs.stat(key))?.size, 1);

    // whoever runs the site has seen to it
    const [site] = await wrong.sql<{ id: string }[]>`select id from site`;
    await blobs.delete(siteMark(site!.id));
    match(await collectAt(900, right.sql, blobs), /collected what no row names/);
    equal(await blobs.stat(key), null);
  },
);

Deno.test(
  "[U13] a database that was set back to an earlier day collects nothing for a day",
  STRICT,
  async () => {
    await using media = await store();
    await using database = await testDatabase();
    const { sql } = database;
    const { blobs } = media;
    await collectAt(0, sql, blobs);
    await media.stray();
    match(await collectAt(25, sql, blobs), /collected/);
    const [backup] = await sql<{ since: Date; collections: number }[]>`select * from site`;
    await media.stray();
    match(await collectAt(26, sql, blobs), /collected/);

    const { since, collections } = backup!;
    await sql`update site set since = ${since}, collections = ${collections - 1}`;
    const key = await media.stray();
    match(await collectAt(27, sql, blobs), /for a day: .*restored/);
    match(await collectAt(50, sql, blobs), /for a day: .*restored/);
    equal((await blobs.stat(key))?.size, 1);
    match(await collectAt(52, sql, blobs), /collected/);
  },
);

Deno.test(
  "[U13] a store that has lost its rows keeps its blobs, and what to do is said",
  STRICT,
  async () => {
    await using media = await store();
    await using database = await testDatabase();
    const { blobs } = media;
    await collectAt(0, database.sql, blobs);
    for (let at = 0; at < 101; at++) await media.stray();
    // others' files in the same bucket say nothing of our rows
    for (let at = 0; at < 101; at++) await blobs.put(`photos/${at}.jpg`, ONE);
    match(
      await collectAt(900, database.sql, blobs),
      /rows must have been lost.*restore the database/,
    );
    equal((await blobs.list("originals")).length, 101);
  },
);

Deno.test(
  "[U13] an upload in pieces that lies whole has a name before it has its track",
  STRICT,
  async () => {
    await using media = await store();
    await using database = await testDatabase();
    const { sql } = database;
    const { blobs } = media;
    await collectAt(0, sql, blobs);
    const [late, refused] = [await media.stray(), await media.stray()];
    const userId = newId();
    await sql`insert into users (id, email, username, display_name, password_hash, status)
    values (${userId}, 'a@example.org', 'anna', 'Anna', 'x', 'active')`;
    for (const [key, status] of [[late, "receiving"], [refused, "refused"]] as const) {
      await sql`
      insert into resumable_uploads (id, user_id, track_id, blob_key, length, metadata, status)
      values (${newId()}, ${userId}, ${newId()}, ${key}, 1, '{}', ${status})`;
    }
    await collectAt(900, sql, blobs);
    deepEqual(await blobs.list("originals"), [late]);
  },
);

Deno.test("[U15] a deletion that fails waits, and those behind it are done", STRICT, async () => {
  await using media = await store();
  await using database = await testDatabase();
  const { sql } = database;
  const [bad, good] = [await media.stray(), await media.stray()];
  await sql`insert into erasures (place, requested_at, run_after)
    values (${bad}, now(), now() - interval '1 hour'), (${good}, now(), now())`;
  const asked: string[] = [];
  const blobs: Blobs = {
    ...media.blobs,
    delete(key) {
      asked.push(key);
      return key === bad
        ? Promise.reject(new Error("input/output error"))
        : media.blobs.delete(key);
    },
  };
  const log = { ...quiet, debug() {} };
  await using clean = cleaning({ blobs, sql, log });
  await clean.sweep();
  deepEqual(asked, [bad, good]);
  const left = await sql<{ place: string }[]>`select place from erasures where run_after > now()`;
  deepEqual(left.map(({ place }) => place), [bad]);
  await clean.sweep();
  equal(asked.length, 2, "not at once again");
});
