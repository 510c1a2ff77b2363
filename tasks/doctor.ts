/** `deno task doctor`: looks at what a node needs here, and says what to do about what is amiss. */
import { statfs } from "node:fs/promises";
import { type Config, ConfigError, readConfig } from "../config.ts";
import { isHeld, readHolder } from "../db/data_lock.ts";
import { connect } from "../db/open.ts";
import { translate } from "../db/outages.ts";
import { s3Blobs } from "../media/blobs_s3.ts";
import { findFfmpeg } from "../media/find_ffmpeg.ts";
import { clamd } from "../media/scan.ts";
import { readArgs } from "./args.ts";

const HELP = `Checks settings, disk, port, ffmpeg, database, servers and clock, and says what to do.

  deno task doctor [--json]

Exit code 0: a node can run here. 1: something has to be done first. 2: the settings are wrong.
`;

/** `fine` and `note` let a node run; `bad` has to be mended first. */
interface Finding {
  readonly state: "fine" | "note" | "bad";
  readonly what: string;
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
}

const GIB = 1024 ** 3;
/** Below this a 2 GiB upload and its ladder do not fit, in bytes. */
const ENOUGH_DISK = 5 * GIB;
/** Tokens live minutes and media addresses ten: more than this and they fail, in ms. */
const MOST_SKEW_MS = 30_000;

const fine = (what: string, found: string): Finding => ({ state: "fine", what, found });
const note = (what: string, found: string, advice: string): Finding => ({
  state: "note",
  what,
  found,
  advice,
});
const bad = (what: string, found: string, advice: string): Finding => ({
  state: "bad",
  what,
  found,
  advice,
});
const words = (error: unknown) => (error as Error).message.split("\n")[0] ?? "it failed";

async function disk({ dataDir }: Config): Promise<Finding> {
  try {
    await Deno.mkdir(dataDir, { recursive: true });
    const probe = `${dataDir}/.doctor-${crypto.randomUUID()}`;
    await Deno.writeTextFile(probe, "");
    await Deno.remove(probe);
  } catch (error) {
    return bad("disk", `${dataDir}: ${words(error)}`, "Set DATA_DIR to a folder we may write to");
  }
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const found = `${(free / GIB).toFixed(1)} GiB free in ${dataDir}`;
  return free < ENOUGH_DISK
    ? note("disk", found, `An upload takes up to 4 GiB with all that is made of it; make room`)
    : fine("disk", found);
}

async function port({ host, port }: Config): Promise<Finding> {
  const at = `${host}:${port}`;
  try {
    Deno.listen({ hostname: host, port }).close();
    return fine("port", `${at} is free`);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) {
      return bad("port", `${at}: ${words(error)}`, "Set HOST and PORT to what may be listened on");
    }
  }
  const ours = await fetch(`http://${at}/healthz`, { signal: AbortSignal.timeout(2_000) })
    .then(async (response) => {
      await response.body?.cancel();
      return response.status === 200;
    }, () => false);
  return ours
    ? fine("port", `a node answers at ${at}`)
    : bad("port", `${at} is taken by another program`, "Set PORT to another, or end that program");
}

async function ffmpeg(config: Config): Promise<Finding[]> {
  let tool, missing;
  try {
    tool = await findFfmpeg({ configured: config.ffmpeg });
    missing = await tool.missingCodecs();
  } catch (error) {
    return [
      bad("ffmpeg", words(error), "Debian: apt-get install ffmpeg; or run `deno task prepare`"),
    ];
  }
  const found = `${tool.version}, from ${tool.origin}`;
  const unsafe = config.isPublic && !config.allowUnsafeMedia;
  return [
    missing.length > 0
      ? bad("ffmpeg", `${found}, without ${missing.join(", ")}`, "Install a full build")
      : tool.origin === "packaged"
      ? (unsafe ? bad : note)(
        "ffmpeg",
        found,
        "A build of 2018, good for trying out; install ffmpeg before strangers upload",
      )
      : fine("ffmpeg", found),
    tool.jail === "none"
      ? (unsafe ? bad : note)(
        "jail",
        tool.jailReason ?? "none",
        "Install bubblewrap, and allow user namespaces, so that a hostile file can reach nothing",
      )
      : fine("jail", "bubblewrap works"),
  ];
}

async function database({ databaseUrl, dataDir }: Config): Promise<Finding[]> {
  if (!databaseUrl) {
    const holder = await isHeld(dataDir) ? await readHolder(dataDir) : undefined;
    const there = await Deno.stat(".cache/bin/postgres/bin/postgres").then(() => true, () => false);
    if (holder) return [fine("database", `embedded, run by process ${holder.pid}`)];
    return [
      there ? fine("database", "embedded, not running now") : bad(
        "database",
        "the embedded PostgreSQL is not laid",
        "Run `deno task prepare`, or set DATABASE_URL",
      ),
    ];
  }
  const sql = connect(databaseUrl, { pool: 1 });
  try {
    const [row] = await sql<{ version: number; now: Date }[]>`
      select current_setting('server_version_num')::int as version, clock_timestamp() as now`;
    const skew = Math.abs(Date.now() - (row?.now.getTime() ?? 0));
    const major = Math.floor((row?.version ?? 0) / 10_000);
    return [
      major >= 15
        ? fine("database", `PostgreSQL ${major}`)
        : bad("database", `PostgreSQL ${major}`, "Veza wants PostgreSQL 15 or later"),
      skew <= MOST_SKEW_MS
        ? fine("clock", `${skew} ms from the database's`)
        : bad("clock", `${Math.round(skew / 1_000)} s from the database's`, "Set both by NTP"),
    ];
  } catch (error) {
    return [bad("database", words(translate(error)), "See that DATABASE_URL is right and it runs")];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Whether something listens where `url` says. */
async function listens(what: string, url: string, usual: number, advice: string): Promise<Finding> {
  const { hostname, port } = new URL(url);
  try {
    (await Deno.connect({
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port) || usual,
    }))
      .close();
    return fine(what, `${hostname}:${port || usual} answers`);
  } catch (error) {
    return bad(what, `${hostname}:${port || usual}: ${words(error)}`, advice);
  }
}

async function attempt(
  what: string,
  run: () => Promise<unknown>,
  advice: string,
): Promise<Finding> {
  try {
    await run();
    return fine(what, "answers");
  } catch (error) {
    return bad(what, words(error), advice);
  }
}

/** Everything, in the order in which a node needs it. */
export async function examine(config: Config): Promise<Finding[]> {
  const { natsUrl, redisUrl, s3, clamavUrl } = config;
  const bundle = await Deno.stat(".cache/web/manifest.json").then(() => true, () => false);
  return (await Promise.all([
    Promise.resolve([fine("settings", "as wanted")]),
    disk(config).then((one) => [one]),
    port(config).then((one) => [one]),
    Promise.resolve([
      bundle
        ? fine("pages", "bundled")
        : bad("pages", "not bundled yet", "Run `deno task prepare`; `deno task start` does it too"),
    ]),
    ffmpeg(config),
    database(config),
    natsUrl ? [await listens("nats", natsUrl, 4222, "See that NATS_URL is right")] : [],
    redisUrl ? [await listens("redis", redisUrl, 6379, "See that REDIS_URL is right")] : [],
    s3
      ? [await attempt("s3", () => s3Blobs(s3).ping(), "See that the S3_ settings are right")]
      : [],
    clamavUrl
      ? [await attempt("clamav", () => clamd({ url: clamavUrl }).ping(), "See that clamd runs")]
      : [],
  ])).flat();
}

if (import.meta.main) {
  const values = readArgs(HELP, { json: { type: "boolean" } });
  try {
    const findings = await examine(readConfig());
    if (values.json) console.log(JSON.stringify(findings, null, 2));
    for (const { state, what, found, advice } of values.json ? [] : findings) {
      const mark = { fine: "  ok", note: "note", bad: " BAD" }[state];
      console.log(
        `${mark}  ${what.padEnd(9)} ${found}${advice ? `\n                → ${advice}` : ""}`,
      );
    }
    Deno.exit(findings.some(({ state }) => state === "bad") ? 1 : 0);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
