/**
 * The embedded PostgreSQL (O2): a real server of our own on a private Unix socket, which ends with
 * this process however that ends.
 */
import postgres from "postgres";
import { type DataLock, lockDataDir } from "./data_lock.ts";
import { ignoreMissing, initialise, type Run, SUPERUSER, wrappers } from "./initdb.ts";
import { logFile } from "./log_file.ts";

/** What the launcher tells of; a LogTape logger fits. */
export interface Log {
  info(message: string, properties?: Record<string, unknown>): void;
  warn(message: string, properties?: Record<string, unknown>): void;
  error(message: string, properties?: Record<string, unknown>): void;
}

/** `dataDir` is made when missing; `binDir` holds `bin/postgres` and `bin/initdb`. */
export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly binDir?: string;
  readonly log: Log;
  /** Connections the server takes at most; its own few come on top. */
  readonly maxConnections?: number;
}

/** Where a client finds a server: options for the `postgres` package. */
export interface SocketAddress {
  readonly path: string;
  readonly database: string;
  readonly username: string;
}

/** The server died too often, or would not start again; the message says how. */
export class EmbeddedFailed extends Error {
  override readonly name = "EmbeddedFailed";
}

/** A running server. Disposing of it shuts it down cleanly. */
export interface Embedded extends AsyncDisposable {
  /** A folder only this user can enter, with the server's socket in it. */
  readonly socketDir: string;
  readonly database: string;
  /** Process id of the server now; another one after it was restarted. */
  readonly pid: number;
  /** The address of `database` (default: ours) for `username` (default: ours, no superuser). */
  address(to?: { database?: string; username?: string }): SocketAddress;
  /** Resolves, with the reason, only when the server died too often and was given up. */
  readonly exited: Promise<EmbeddedFailed>;
}

/** The database, and the role that owns it. */
export const DATABASE = "veza";
const SOCKET = ".s.PGSQL.5432";
/** sun_path has 108 bytes, the last of them 0. */
const SOCKET_PATH_BYTES = 107;
/** How long a server that is still ending may hold its folder before we give up, in ms. */
const TAKEOVER_MS = 30_000;
const STOP_MS = 10_000;
/** Restart intensity: this many deaths within the window end it (as OTP counts them). */
const RESTARTS = 5;
const RESTART_WINDOW_MS = 60_000;
/** The node's own environment has secrets; the server gets none of it. */
const ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C.UTF-8", TZ: "UTC" };
const STILL_HELD = /postmaster\.pid" already exists|pre-existing shared memory block|is in use/;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The address of the server that listens in `socketDir`. */
export const socketAddress = (
  socketDir: string,
  { database = DATABASE, username = DATABASE }: { database?: string; username?: string } = {},
): SocketAddress => ({ path: `${socketDir}/${SOCKET}`, database, username });

const run: Run = async ([name = "", ...args]) => {
  try {
    const result = await new Deno.Command(name, {
      args,
      clearEnv: true,
      env: ENVIRONMENT,
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
    return { ok: result.success, stdout: text(result.stdout), stderr: text(result.stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) {
      return undefined;
    }
    throw error;
  }
};

/** The folder of the socket: in the data when its path is short enough, else a temporary one. */
async function socketFolder(dataDir: string, lock: DataLock): Promise<string> {
  const usual = `${dataDir}/run`;
  const left = lock.previous?.socketDir;
  // what a killed process left behind
  if (left && left !== usual && /\/veza-[^/]+$/.test(left)) {
    await Deno.remove(left, { recursive: true }).catch(ignoreMissing);
  }
  const bytes = new TextEncoder().encode(`${usual}/${SOCKET}`).length;
  if (bytes > SOCKET_PATH_BYTES) return await Deno.makeTempDir({ prefix: "veza-" });
  await Deno.mkdir(usual, { recursive: true, mode: 0o700 });
  await Deno.chmod(usual, 0o700);
  return usual;
}

/**
 * Starts the server on `dataDir`, making the data first when there are none, and keeps it running:
 * when it dies under us it is started again, at most {@linkcode RESTARTS} times a minute.
 *
 * @throws {DataDirInUse} when another process runs it there.
 * @throws {Error} when there are no binaries, or it does not start; the message says why.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { log, binDir = ".cache/bin/postgres", maxConnections = 100 } = options;
  const bin = binDir.startsWith("/") || binDir.startsWith(".") ? binDir : `./${binDir}`;
  if (!await Deno.stat(`${bin}/bin/postgres`).catch(() => undefined)) {
    throw new Error(
      `There is no PostgreSQL in ${JSON.stringify(binDir)} for this machine. ` +
        "Run `deno task prepare`; if that finds none, install PostgreSQL, or set DATABASE_URL.",
    );
  }
  await Deno.mkdir(options.dataDir, { recursive: true });
  const dataDir = await Deno.realPath(options.dataDir);
  await using owned = new AsyncDisposableStack();
  const lock = owned.use(await lockDataDir(dataDir));
  const folder = `${dataDir}/postgres`;
  if (!await Deno.stat(`${folder}/PG_VERSION`).catch(() => undefined)) {
    const began = performance.now();
    await initialise(run, folder, bin);
    log.info("made the database", { folder, ms: Math.round(performance.now() - began) });
  }
  const socketDir = await socketFolder(dataDir, lock);
  if (!socketDir.startsWith(dataDir)) {
    owned.defer(() => Deno.remove(socketDir, { recursive: true }).catch(ignoreMissing));
  }
  const { uid, gid } = await Deno.stat(folder);
  if (Deno.uid() === 0 && uid) await Deno.chown(socketDir, uid, gid);
  await lock.note(socketDir);

  const [wrapper = []] = await wrappers(run, folder, bin);
  const held = wrapper[0] === `${bin}/hold`;
  const file = owned.use(await logFile(`${dataDir}/postgres.log`));
  let child: Deno.ChildProcess | undefined;
  let stopping = false;

  /** One try: resolves when the server takes connections; false when its folder is still held. */
  async function launch(): Promise<boolean> {
    const set = (values: Record<string, string | number>) =>
      Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const [name = "", ...words] = [...wrapper, `${bin}/bin/postgres`, "-D", folder];
    const started = child = new Deno.Command(name, {
      args: [
        ...words,
        ...set({
          listen_addresses: "",
          unix_socket_directories: socketDir,
          unix_socket_permissions: "0700",
          port: 5432,
          max_connections: maxConnections + 5,
          shared_buffers: "128MB",
          fsync: "on",
          synchronous_commit: "on",
          timezone: "UTC",
          lc_messages: "C",
          // statements and key values are user input: they stay out of logs (O9)
          log_min_error_statement: "panic",
          log_error_verbosity: "terse",
          log_checkpoints: "off",
        }),
      ],
      clearEnv: true,
      env: ENVIRONMENT,
      stdin: held ? "piped" : "null", // the hold script ends the server when this pipe ends
      stdout: "null",
      stderr: "piped",
      detached: true, // so that Ctrl-C reaches us first, and the server stops last
    }).spawn();
    const last: string[] = [];
    const { promise: ready, resolve } = Promise.withResolvers<boolean>();
    file.follow(started.stderr, (line) => {
      if (last.push(line) > 20) last.shift();
      if (line.includes("ready to accept connections")) resolve(true);
    }).then(() => resolve(false));
    if (await ready) return true;
    const status = await started.status;
    if (last.some((line) => STILL_HELD.test(line))) return false;
    throw new Error(
      `PostgreSQL did not start (code ${status.code}): ${last.slice(-4).join("; ") || "no word"}`,
    );
  }

  /** After we were killed, the old server needs a moment to end: wait for it, with a bound. */
  async function start(): Promise<void> {
    const until = performance.now() + TAKEOVER_MS;
    for (let told = false; !stopping && !await launch(); told = true) {
      if (performance.now() > until) {
        throw new Error(
          `Another PostgreSQL still runs in ${JSON.stringify(folder)} after ${TAKEOVER_MS} ms; ` +
            "its process id is the first line of postmaster.pid there. Stop it, then start again.",
        );
      }
      if (!told) log.warn("waiting for the previous PostgreSQL to end", { folder });
      await forgetStranger();
      await sleep(100);
    }
  }

  /** A process id is reused after a reboot: a pid file that names another program is removed. */
  async function forgetStranger(): Promise<void> {
    const name = `${folder}/postmaster.pid`;
    const text = await Deno.readTextFile(name).catch(() => "");
    const pid = /^\d+/.exec(text)?.[0];
    if (!pid || held) return;
    // Deno lets nobody read /proc without all permissions
    const cwd = await run(["setpriv", "readlink", `/proc/${pid}/cwd`]);
    if (cwd?.stdout !== folder) await Deno.remove(name).catch(ignoreMissing);
  }

  const { promise: exited, resolve: giveUp } = Promise.withResolvers<EmbeddedFailed>();
  /** Restarts it whenever it ends, until it ends too often. */
  async function supervise(): Promise<void> {
    let deaths: number[] = [];
    while (!stopping) {
      const status = await child?.status;
      if (stopping) return;
      const now = performance.now();
      deaths = [...deaths.filter((at) => now - at < RESTART_WINDOW_MS), now];
      const how = status?.signal ?? `code ${status?.code}`;
      if (deaths.length > RESTARTS) {
        const what = `PostgreSQL ended ${deaths.length} times in a minute, at last by ${how}`;
        return giveUp(new EmbeddedFailed(`${what}; ${dataDir}/postgres.log has its words`));
      }
      log.error("PostgreSQL ended under us; starting it again", { how, deaths: deaths.length });
      await sleep(50 * 2 ** deaths.length);
      try {
        await start();
        if (!stopping) log.info("PostgreSQL is back", { pid: child?.pid });
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (!stopping) giveUp(new EmbeddedFailed(why, { cause: error }));
        return;
      }
    }
  }

  owned.defer(async () => {
    stopping = true;
    for (const [signal, ms] of [["SIGINT", STOP_MS], ["SIGQUIT", 2_000], ["SIGKILL", 0]] as const) {
      if (!child || await endsWithin(child, signal, ms)) break;
    }
    await child?.status;
    if (held) await child?.stdin.close();
  });
  await start();
  await createDatabase(socketAddress(socketDir, { database: "postgres", username: SUPERUSER }));
  const supervised = supervise();
  owned.defer(() => {
    stopping = true;
  });
  const kept = owned.move();
  return {
    socketDir,
    database: DATABASE,
    get pid() {
      return child?.pid ?? 0;
    },
    address: (to) => socketAddress(socketDir, to),
    exited,
    [Symbol.asyncDispose]: async () => {
      await kept.disposeAsync();
      await supervised;
    },
  };
}

/** Sends `signal`; true when the process has ended within `ms`. */
async function endsWithin(child: Deno.ChildProcess, signal: Deno.Signal, ms: number) {
  try {
    child.kill(signal);
  } catch {
    return true; // it had ended already
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => timer = setTimeout(() => resolve(false), ms));
  const ended = await Promise.race([child.status.then(() => true), late]);
  clearTimeout(timer);
  return ended;
}

/** Our role and database, when they are missing: the role is no superuser. */
async function createDatabase(superuser: SocketAddress): Promise<void> {
  const sql = postgres({ ...superuser, max: 1, onnotice: () => {} });
  try {
    const [found] = await sql`
      select exists (select from pg_roles where rolname = ${DATABASE}) as role,
             exists (select from pg_database where datname = ${DATABASE}) as database`;
    if (!found?.role) await sql`create role ${sql(DATABASE)} login`;
    if (!found?.database) await sql`create database ${sql(DATABASE)} owner ${sql(DATABASE)}`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
