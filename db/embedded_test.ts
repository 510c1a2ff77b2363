/** Tests of the embedded PostgreSQL, on the real one. */
import assert from "node:assert/strict";
import { layPostgres } from "../tasks/binaries.ts";
import { DataDirInUse } from "./data_lock.ts";
import { type EmbeddedOptions, type Log, startEmbedded } from "./embedded.ts";
import { connect, openDatabase } from "./open.ts";

const BIN = ".cache/bin";
const quiet: Log = { info() {}, warn() {}, error() {} };

/** A temporary DATA_DIR, and options that start a server in it. */
async function folder(): Promise<AsyncDisposable & { options: EmbeddedOptions }> {
  await Deno.mkdir(BIN, { recursive: true });
  assert.ok(await layPostgres(BIN, () => {}));
  const dataDir = await Deno.makeTempDir({ prefix: "veza-test-" });
  return {
    options: { dataDir, log: quiet },
    [Symbol.asyncDispose]: () => Deno.remove(dataDir, { recursive: true }),
  };
}

const alive = (pid: number) => Deno.stat(`/proc/${pid}`).then(() => true, () => false);

async function until(what: string, test: () => Promise<boolean>, ms = 10_000): Promise<void> {
  for (const end = performance.now() + ms; !await test();) {
    assert.ok(performance.now() < end, `${what} did not come true in ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("[O2] the embedded server keeps its data, and listens on a private socket only", async () => {
  await using temp = await folder();
  let pid = 0;
  {
    await using server = await startEmbedded(temp.options);
    pid = server.pid;
    const sql = connect(server.address());
    await sql`create table kept (id int8)`;
    await sql`insert into kept values (${2 ** 40})`;
    const [settings] = await sql`
      select current_setting('listen_addresses') as tcp, current_setting('fsync') as fsync,
             current_setting('data_checksums') as checksums, current_user as role,
             (select rolsuper from pg_roles where rolname = current_user) as super`;
    assert.deepEqual({ ...settings }, {
      tcp: "",
      fsync: "on",
      checksums: "on",
      role: "veza",
      super: false,
    });
    assert.equal(((await Deno.stat(server.socketDir)).mode ?? 0) & 0o777, 0o700);
    await sql.end();
  }
  assert.equal(await alive(pid), false, "the server outlived its disposal");
  await using database = await openDatabase(
    { databaseUrl: undefined, dataDir: temp.options.dataDir, dbPool: 2 },
    quiet,
  );
  const rows = await database.sql`select id, now() as at from kept`;
  assert.equal(rows[0]?.id, 2 ** 40);
  assert.ok(rows[0]?.at instanceof Date);
  assert.ok(await database.ping() < 2_000);
});

Deno.test("[O2] a second start on the same DATA_DIR is refused, naming who holds it", async () => {
  await using temp = await folder();
  await using server = await startEmbedded(temp.options);
  await assert.rejects(startEmbedded(temp.options), (error) => {
    assert.ok(error instanceof DataDirInUse);
    assert.match(error.message, new RegExp(`in use: process ${Deno.pid} runs`));
    return true;
  });
  // a task beside the node uses the node's server
  const config = { databaseUrl: undefined, dataDir: temp.options.dataDir, dbPool: 1 };
  await using shared = await openDatabase(config, quiet, { share: true });
  assert.equal(shared.embedded, undefined);
  assert.ok(server.pid > 0);
  await shared.ping();
});

Deno.test("[O8] a server that dies under us is started again", async () => {
  await using temp = await folder();
  const told: string[] = [];
  await using server = await startEmbedded({
    ...temp.options,
    log: { ...quiet, error: (message) => told.push(message) },
  });
  const sql = connect(server.address());
  await sql`create table kept as select 7 as id`;
  const { pid } = server;
  Deno.kill(pid, "SIGKILL");
  await until("a new process", () => Promise.resolve(server.pid !== pid));
  await until("an answer", () => sql`select id from kept`.then((r) => r[0]?.id === 7, () => false));
  assert.deepEqual(told, ["PostgreSQL ended under us; starting it again"]);
  await sql.end();
});

Deno.test("[O2] a long DATA_DIR gets its socket in a private temporary folder", async () => {
  await using temp = await folder();
  const dataDir = `${temp.options.dataDir}/${"long".repeat(30)}`;
  const server = await startEmbedded({ ...temp.options, dataDir });
  assert.ok(!server.socketDir.startsWith(temp.options.dataDir));
  assert.equal(((await Deno.stat(server.socketDir)).mode ?? 0) & 0o777, 0o700);
  await server[Symbol.asyncDispose]();
  await assert.rejects(Deno.stat(server.socketDir), Deno.errors.NotFound);
});

Deno.test("[O2] a process id that was reused after a power cut does not stop the start", async () => {
  await using temp = await folder();
  await (await startEmbedded(temp.options))[Symbol.asyncDispose]();
  const text = `${Deno.ppid}\n${temp.options.dataDir}/postgres\n0\n5432\n`;
  await Deno.writeTextFile(`${temp.options.dataDir}/postgres/postmaster.pid`, text);
  await using server = await startEmbedded(temp.options);
  assert.ok(server.pid > 0);
});

Deno.test("[O2] without binaries the message says what to do", async () => {
  await assert.rejects(
    startEmbedded({ dataDir: "unused", binDir: "/nowhere", log: quiet }),
    /no PostgreSQL in "\/nowhere".*install PostgreSQL, or set DATABASE_URL/,
  );
});

Deno.test("[O2] the hold script ends the server when its pipe ends, and passes signals on", async () => {
  await using _temp = await folder();
  const start = (...args: string[]) =>
    new Deno.Command(`${BIN}/postgres/hold`, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  // as postgres does, it sets its handler although a shell starts it with INT ignored
  const server = 'Deno.addSignalListener("SIGINT", () => Deno.exit(3));' +
    'console.log("up"); setInterval(() => {}, 1_000);';
  const run = async (end: (child: Deno.ChildProcess) => unknown) => {
    const child = start(Deno.execPath(), "eval", server);
    const reader = child.stdout.getReader();
    await reader.read();
    await end(child);
    const { code } = await child.status;
    await reader.cancel();
    if (!child.stdin.locked) await child.stdin.close().catch(() => {}); // closed by some already
    return code;
  };
  assert.equal(await run((child) => child.stdin.close()), 3);
  assert.equal(
    await run((child) => {
      child.kill("SIGINT");
    }),
    3,
  );
});
