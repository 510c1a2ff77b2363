/** A client that rides out a database which is stopped and started again (O8). */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { connect } from "../../db/open.ts";
import { patient } from "../../db/patience.ts";
import { isRejection } from "../../domain/errors.ts";
import { until } from "../support/processes.ts";
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
    /** Resolves when the client has seen that its connections ended. */
    async noticed() {
      const refused = (error: { code?: string }) => error.code === "ECONNREFUSED";
      await until("a refusal", () => client`select 1`.then(() => false, refused));
      await pause(100);
    },
    /** How many statements are under way that sleep. */
    async sleeping(): Promise<number> {
      const beside = server.connect();
      try {
        const rows = await beside`
          select from pg_stat_activity where wait_event = 'PgSleep' and state = 'active'`;
        return rows.length;
      } finally {
        await beside.end();
      }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

Deno.test("[O8] restarted: what was not sent waits, and is done once; a transaction too", async () => {
  await using t = await place(60_000);
  const wanted: number[] = [];
  for (const [turn, mode] of (["fast", "immediate"] as const).entries()) {
    const ids = Array.from({ length: 8 }, (_, at) => turn * 8 + at);
    wanted.push(...ids);
    const [one, other, ...rest] = ids;
    await t.sql`select 1`;
    await t.server.end(mode);
    await t.noticed();
    const waiting = Promise.all([
      ...rest.map((id) => t.sql`insert into notes values (${id}, ${mode})`),
      t.sql.begin(async (tx) => {
        await tx`insert into notes values (${one!}, 'one')`;
        await tx`insert into notes values (${other!}, 'other')`;
      }),
      t.sql`select count(*) from notes`,
    ]);
    await pause(700);
    await t.server.begin();
    await waiting;
    const rows = await t.sql<{ id: number }[]>`select id from notes order by id`;
    deepEqual(rows.map(({ id }) => id), wanted);
  }
});

Deno.test("[O8] what was under way is told so, and not repeated; a look is", async () => {
  await using t = await place(60_000);
  const codeOf = (error: { code?: string }) => error.code;
  for (const mode of ["fast", "immediate"] as const) {
    const change = t.sql`insert into notes select 1, pg_sleep(60)::text`
      .then(() => "made", codeOf);
    const inside = t.sql.begin((tx) => tx`insert into notes select 2, pg_sleep(60)::text`)
      .then(() => "made", codeOf);
    const looked = t.sql<{ a: number }[]>`select 1 as a, pg_sleep(2)`.then(([row]) => row?.a);
    await until("all three", async () => await t.sleeping() === 3);
    await t.server.end(mode);
    await t.server.begin();
    for (const code of [await change, await inside]) {
      match(code ?? "", /CONNECTION_CLOSED|ECONNRESET/);
    }
    equal(await looked, 1);
    deepEqual([...await t.sql`select id from notes`], []);
  }
});

Deno.test("[O8] past its patience it says `unavailable`, and then works again", async () => {
  await using t = await place(400);
  await t.server.end("fast");
  await t.noticed();
  const began = performance.now();
  const unavailable = (error: unknown) => isRejection(error, "unavailable");
  await rejects(t.sql`insert into notes values (1, '')`.then(() => {}), unavailable);
  await rejects(t.sql.begin((tx) => tx`select 1`), unavailable);
  ok(performance.now() - began < 10_000, "its callers waited too long");
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
