/** A client that rides out a database which is stopped and started again (O8). */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { connect } from "../../db/open.ts";
import { patient } from "../../db/patience.ts";
import { isRejection } from "../../domain/errors.ts";
import { type RunningPostgres, startPostgres } from "../support/postgres.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A server of its own, a table, and clients of it. */
async function place(patienceMs?: number) {
  await using owned = new AsyncDisposableStack();
  const server: RunningPostgres = owned.use(await startPostgres());
  const client = connect(server.url, { pool: 4 });
  owned.defer(() => client.end({ timeout: 2 }));
  await client`create table notes (id int primary key, text text)`;
  const kept = owned.move();
  return {
    server,
    client,
    sql: patient(client, patienceMs),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

for (const mode of ["fast", "immediate"] as const) {
  Deno.test(`[O8] restarted (${mode}): what was not sent waits, once each, in a transaction too`, async () => {
    await using t = await place();
    await t.sql`insert into notes values (0, 'before')`;
    await t.server.end(mode);
    await pause(50); // the client sees its connections end
    const began = performance.now();
    const waiting = Promise.all([
      ...[1, 2, 3, 4, 5, 6].map((id) => t.sql`insert into notes values (${id}, ${mode})`),
      t.sql.begin(async (tx) => {
        await tx`insert into notes values (7, 'one')`;
        await tx`insert into notes values (8, 'other')`;
      }),
      t.sql`select count(*) from notes`,
    ]);
    await pause(700);
    await t.server.begin();
    await waiting;
    ok(performance.now() - began < 5_000, "it waited too long");
    const rows = await t.sql<{ id: number }[]>`select id from notes order by id`;
    deepEqual(rows.map(({ id }) => id), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
}

for (const mode of ["fast", "immediate"] as const) {
  Deno.test(`[O8] what was under way (${mode}) is told so, and not repeated; a look is`, async () => {
    await using t = await place();
    const codeOf = (error: { code?: string }) => error.code;
    const change = t.sql`insert into notes select 1, pg_sleep(30)::text`
      .then(() => "made", codeOf);
    const inside = t.sql.begin((tx) => tx`insert into notes select 2, pg_sleep(30)::text`)
      .then(() => "made", codeOf);
    const looked = t.sql<{ a: number }[]>`select 1 as a, pg_sleep(0.5)`.then(([row]) => row?.a);
    await pause(300); // all three are under way
    await t.server.end(mode);
    await t.server.begin();
    // never 57P01: that a driver tells it only of what was not sent is what patience relies on
    for (const code of [await change, await inside]) {
      match(code ?? "", /CONNECTION_CLOSED|ECONNRESET/);
    }
    equal(await looked, 1);
    deepEqual([...await t.sql`select id from notes`], []);
  });
}

Deno.test("[O8] past its patience it says `unavailable`, and then works again", async () => {
  await using t = await place(400);
  await t.server.end("fast");
  await pause(50);
  const began = performance.now();
  const unavailable = (error: unknown) => isRejection(error, "unavailable");
  await rejects(t.sql`insert into notes values (1, '')`.then(() => {}), unavailable);
  await rejects(t.sql.begin((tx) => tx`select 1`), unavailable);
  ok(performance.now() - began < 4_000, "its callers waited too long");
  await t.server.begin();
  await t.sql`insert into notes values (1, '')`;
});

Deno.test("[O8] it composes statements, and refuses wrong ones, as before", async () => {
  await using t = await place();
  const { sql } = t;
  const rows = [{ id: 1, text: "a" }, { id: 2, text: "b" }];
  await sql`insert into ${sql("notes")} ${sql(rows)}`;
  const wanted = (id: number | null) => id === null ? sql`true` : sql`id = ${id}`;
  const find = (id: number | null) =>
    sql<{ id: number }[]>`select id from notes where ${wanted(id)} order by id`;
  deepEqual((await find(2)).map(({ id }) => id), [2]);
  deepEqual((await find(null)).map(({ id }) => id), [1, 2]);
  const again = find(1);
  equal((await again).length, (await again).length);
  await rejects(
    sql`insert into notes values (1, 'twice')`.catch((error) => {
      throw error;
    }),
    /duplicate key/,
  );
  await rejects(
    sql.begin(async (tx) => {
      await tx`insert into notes values (3, 'c')`;
      throw new Error("no");
    }),
    /no/,
  );
  deepEqual((await find(3)).length, 0);
});
