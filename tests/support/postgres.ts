/** A private PostgreSQL that listens on TCP, as an external one does: stopped, killed, started again. */
import { connect, type Sql } from "../../db/open.ts";
import { layPostgres } from "../../tasks/binaries.ts";
import { freePort, untilListening } from "./listening.ts";
import { until } from "./processes.ts";

/** A server that runs. Disposing of it ends it at once and removes its data. */
export interface RunningPostgres extends AsyncDisposable {
  /** `postgres://user:password@127.0.0.1:port/veza`, the same after a restart; with a secret. */
  readonly url: string;
  readonly pid: number;
  /** Ends it: `fast` breaks connections off, `immediate` is a crash that keeps what was committed. */
  end(mode: "fast" | "immediate"): Promise<void>;
  /** Starts it again on its port. */
  begin(): Promise<void>;
  /** A client of the database `veza`; to be ended by who asked. */
  connect(): Sql;
}

const NAME = "veza";
/** It refuses to run as root; every Linux knows this user. */
const NOBODY = 65534;
const SIGNALS = { fast: "SIGINT", immediate: "SIGQUIT" } as const;

/** Debian's, the oldest that is supported first (O6); else the packaged one. */
async function findBinaries(): Promise<string> {
  for (const version of [15, 16, 17, 18]) {
    const folder = `/usr/lib/postgresql/${version}/bin`;
    if (await Deno.stat(`${folder}/postgres`).then(() => true, () => false)) return folder;
  }
  const bin = ".cache/bin";
  await Deno.mkdir(bin, { recursive: true });
  await layPostgres(bin, () => {});
  return await Deno.realPath(`${bin}/postgres/bin`);
}

/** Makes a cluster with one database in a temporary folder, and starts a server on it. */
export async function startPostgres(): Promise<RunningPostgres> {
  const bin = await findBinaries();
  const folder = await Deno.makeTempDir({ prefix: "veza-postgres-" });
  const password = crypto.randomUUID();
  const passwordFile = `${folder}/password`;
  await Deno.writeTextFile(passwordFile, password, { mode: 0o600 });
  const become: string[] = [];
  if (Deno.uid() === 0) {
    for (const path of [folder, passwordFile]) await Deno.chown(path, NOBODY, NOBODY);
    become.push(`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups");
  }
  const data = `${folder}/data`;
  const remove = () => Deno.remove(folder, { recursive: true });
  const made = await new Deno.Command("setpriv", {
    args: [
      ...[...become, "--pdeathsig", "KILL", `${bin}/initdb`, `--pgdata=${data}`],
      ...[`--username=${NAME}`, `--pwfile=${passwordFile}`, "--auth=scram-sha-256"],
      ...["--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"],
    ],
    cwd: folder,
    stdin: "null",
  }).output();
  if (!made.success) {
    await remove();
    throw new Error(`initdb failed: ${new TextDecoder().decode(made.stderr)}`);
  }
  const port = freePort();
  const server = `postgres://${NAME}:${password}@127.0.0.1:${port}`;
  const client = (database: string) => connect(`${server}/${database}`, { pool: 1 });
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: folder,
    max_connections: 300,
    timezone: "UTC",
  };

  const begin = async () => {
    const started = new Deno.Command("setpriv", {
      args: [
        // fast: what it is told when we are killed is to break connections off and end
        ...[...become, "--pdeathsig", "INT", `${bin}/postgres`, "-D", data],
        ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
      cwd: folder,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await untilListening("postgres", started, port);
    const sql = client("postgres");
    try {
      await until("an answer", () => sql`select 1`.then(() => true, () => false)); // it recovers
    } finally {
      await sql.end();
    }
    return started;
  };
  const end = async (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it had ended already
    }
    await child.status;
  };

  let child = await begin();
  const sql = client("postgres");
  try {
    await sql`create database ${sql(NAME)}`;
  } catch (error) {
    await end("SIGQUIT");
    await remove();
    throw error;
  } finally {
    await sql.end();
  }
  return {
    url: `${server}/${NAME}`,
    get pid() {
      return child.pid;
    },
    end: (mode) => end(SIGNALS[mode]),
    async begin() {
      child = await begin();
    },
    connect: () => client(NAME),
    async [Symbol.asyncDispose]() {
      await end("SIGQUIT");
      await remove();
    },
  };
}
