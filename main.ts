/** Entry point of a node: wiring only. `deno task start` prepares, then runs it. */
import { topic } from "./actors/runtime/topic.ts";
import { inProcessBus } from "./actors/runtime/bus.ts";
import type { Lifecycle } from "./actors/runtime/lifecycle.ts";
import { createSystem } from "./actors/runtime/system.ts";
import { trackUpload } from "./actors/track_upload.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { DataDirInUse } from "./db/data_lock.ts";
import { migrate, MigrationError } from "./db/migrate.ts";
import { openDatabase, translate } from "./db/open.ts";
import { sessionStore } from "./db/sessions.ts";
import { trackStore } from "./db/tracks.ts";
import { uploadStore } from "./db/uploads.ts";
import { userStore } from "./db/users.ts";
import { limitRules } from "./domain/limits.ts";
import type { Progress } from "./domain/tracks.ts";
import { diskBlobs } from "./media/blobs.ts";
import { s3Blobs } from "./media/blobs_s3.ts";
import { contentType } from "./media/content_types.ts";
import { findFfmpeg } from "./media/find_ffmpeg.ts";
import { readMetadata } from "./media/metadata.ts";
import { clamd, refuseInfected } from "./media/scan.ts";
import { sniffBlob } from "./media/sniff_blob.ts";
import { inProcessJobs } from "./media/jobs.ts";
import type { Job, Report } from "./media/job.ts";
import { transcode } from "./media/transcode.ts";
import { resamplePeaks } from "./media/waveform.ts";
import { catalogue } from "./routes/catalogue.ts";
import { createApp } from "./routes/mod.ts";
import { errorPage, pages } from "./routes/pages/mod.ts";
import { receiver } from "./routes/receive.ts";
import { listen, PortTaken } from "./routes/serve.ts";
import { site } from "./routes/site.ts";
import { trackMedia } from "./routes/track_media.ts";
import { accountService } from "./services/accounts.ts";
import { newId } from "./services/ids.ts";
import { jwtKey } from "./services/keys.ts";
import { memoryLimiter } from "./services/limits.ts";
import { type Log, startLogging } from "./services/log.ts";
import { passwordService } from "./services/passwords.ts";
import { sessionLookup } from "./services/sessions.ts";
import { tokenService } from "./services/tokens.ts";

/** Uploads that nobody works on are looked for this often, in ms. */
const SWEEP_MS = 30_000;
const WEB_DIR = ".cache/web";
/** Who asks again after this time wants the end now, in ms. */
const IMPATIENT_MS = 2_000;
/** The last that is told of a track that was deleted. */
const GONE: Progress = {
  stage: null,
  percent: 0,
  status: "failed",
  failure: { code: "not_found", detail: "The track was deleted" },
};

/** Starts a node; resolves when it answers. Disposing of it ends it in reverse order. */
async function startNode(config: Config): Promise<AsyncDisposable> {
  const { dataDir, secure } = config;
  await using owned = new AsyncDisposableStack();
  const log = await startLogging({
    level: config.logLevel,
    format: config.logFormat ?? (Deno.stderr.isTerminal() ? "pretty" : "json"),
    node: config.nodeName,
  });
  const server = owned.use(await listen(config)); // first: a port that is taken is told at once
  const publicUrl = config.publicUrlIsSet
    ? config.publicUrl
    : config.publicUrl.replace(/:\d+$/, `:${server.port}`);

  const ffmpeg = await findFfmpeg({ configured: config.ffmpeg });
  const db = owned.use(await openDatabase(config, log));
  if (config.migrate) await migrate(db.sql, undefined, log);
  const workDir = `${dataDir}/work`;
  // what a dead process left half done; its uploads begin anew
  if (db.embedded) {
    for (const left of [workDir, `${dataDir}/media/.tmp`]) {
      await removeTree(left);
    }
  }
  const blobs = config.s3
    ? s3Blobs({ ...config.s3, warn: (message) => log.warn(message) })
    : diskBlobs(`${dataDir}/media`);
  const scanner = config.clamavUrl ? clamd({ url: config.clamavUrl }) : undefined;
  const users = userStore(db.sql);
  const sessionRows = sessionStore(db.sql);
  const tracks = trackStore(db.sql);
  const uploadRows = uploadStore(db.sql);

  const jobs = owned.use(inProcessJobs({
    run: ({ job, report }: { job: Job; report: (report: Report) => Promise<void> }, context) =>
      transcode(job, {
        blobs,
        ffmpeg,
        workDir,
        report,
        scan: scanner && refuseInfected(scanner),
        ...context,
      }),
  }));
  const progress = topic<Progress>(inProcessBus(), "track");
  const system = owned.use(createSystem({ log: (event) => logLifecycle(log, event) }));
  const uploads = system.host(trackUpload({
    uploads: uploadRows,
    transcode: (job, report, signal) =>
      jobs.submit({ job: { ...job, maxSeconds: config.uploadMaxSeconds }, report }, { signal }),
    publish: (trackId, event) => progress.publish(trackId, event),
    clean: (place) => blobs.deletePrefix(place),
  }));
  const begin = async (id: string) => {
    try {
      await uploads.get(id).begin();
    } catch (error) {
      log.warn("an upload waits for the next sweep", { upload: id, error }); // its row is safe
    }
  };
  const erase = async (trackId: string) => {
    await blobs.deletePrefix(`tracks/${trackId}`);
    await tracks.forgetDeletion(trackId);
  };
  const sweep = async () => {
    for (const id of await uploadRows.unfinished()) await begin(id);
    for (const id of await tracks.deletions()) await erase(id);
    await sessionRows.removeEnded();
  };
  const discard = async (trackId: string) => {
    const ids = await uploadRows.ofTrack(trackId);
    await tracks.remove(trackId); // from here on every write of its actors is refused
    progress.publish(trackId, GONE);
    for (const id of ids) {
      // one that sleeps finds no row to wake up with; what it made is erased below
      await uploads.get(id).abandon().catch((error) => log.debug("abandon", { upload: id, error }));
    }
    await erase(trackId).catch((error) => log.warn("erased at the next sweep", { trackId, error }));
  };

  const pem = await jwtKey({ configured: config.jwtPrivateKey, algorithm: config.jwtAlg, dataDir });
  const tokens = await tokenService({ pem, algorithm: config.jwtAlg, issuer: publicUrl });
  const sessions = sessionLookup(sessionRows);
  const accounts = accountService({
    users,
    sessions: sessionRows,
    passwords: owned.use(passwordService()),
    tokens,
    registration: config.registration,
  });
  const limiter = memoryLimiter(limitRules(config.rateLimits));
  const receive = receiver({
    blobs,
    uploads: uploadRows,
    newId,
    displayName: async (id) => (await users.byId(id))?.displayName ?? "",
    sniff: (key) => sniffBlob(blobs, key, workDir),
    tags: async (key) => {
      const path = blobs.localPath(key); // of a blob elsewhere the whole would have to come here
      return path === null ? null : await readMetadata(path);
    },
    begin,
    maxBytes: config.uploadMaxBytes,
  });
  const library = catalogue({ tracks, discard });
  const media = trackMedia({ blobs, contentType, resamplePeaks });
  const manifest = JSON.parse(await Deno.readTextFile(`${WEB_DIR}/manifest.json`));

  const view = site({
    users,
    tracks,
    store: sessionRows,
    sessions,
    accounts,
    catalogue: library,
    receiver: receive,
    manifest: () => manifest,
    secure,
    uploadMaxBytes: config.uploadMaxBytes,
  });

  const app = createApp({
    security: { secure, mediaBaseUrl: config.mediaBaseUrl, publicUrl },
    request: { log, limiter, newId, trustedProxies: config.trustedProxies },
    session: { sessions, tokens, secure },
    health: {
      nodeName: config.nodeName,
      checks: [
        { name: "postgresql", required: true, run: async () => void await db.ping() },
        { name: "blobs", required: false, run: async () => void await blobs.stat("ready") },
        ...(scanner ? [{ name: "clamav", required: false, run: () => scanner.ping() }] : []),
        { name: "ffmpeg", required: true, run: () => Promise.resolve(ffmpeg.version) },
      ],
    },
    jwks: tokens.jwks,
    corsOrigins: config.corsOrigins,
    auth: { accounts, store: sessionRows, sessions, secure },
    users: { users, tracks },
    tracks: {
      tracks,
      catalogue: library,
      receiver: receive,
      media,
      progress,
      closing: server.closing,
    },
    translate,
    errorPage: errorPage(view),
    pages: pages(view),
    webDir: WEB_DIR,
  });
  server.answer((request, info) => app.fetch(request, info));
  await sweep();
  const timer = setInterval(
    () => void sweep().catch((error) => log.error("sweep", { error })),
    SWEEP_MS,
  );
  // the last to be owned ends first: no new requests, and those under way still find all they need
  owned.use(server);
  owned.defer(() => clearInterval(timer));
  survive(log);
  log.info(`Veza is at ${publicUrl}`, {
    url: publicUrl,
    ffmpeg: ffmpeg.version,
    jail: ffmpeg.jail,
  });
  return owned.move();
}

/** What somebody should look into is a warning; the rest is there for who looks. */
function logLifecycle(log: Log, { event, ...details }: Lifecycle): void {
  if ("error" in details || event === "child-stuck") log.warn(`actor ${event}`, { ...details });
  else log.debug(`actor ${event}`, { ...details });
}

/**
 * What escapes from one request or stream is a defect, and is told; it must not take the rooms,
 * streams and uploads of everybody else with it.
 */
function survive(log: Log): void {
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("a promise was rejected and nobody looked", { error: event.reason });
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    log.error("an error escaped", { error: event.error });
  });
}

/** Failures that a person can mend: told in words, without a stack. */
const isForPeople = (error: unknown): error is Error =>
  [ConfigError, PortTaken, DataDirInUse, MigrationError].some((kind) => error instanceof kind);

async function removeTree(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

if (import.meta.main) {
  const stop = Promise.withResolvers<void>();
  let asked = Infinity;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      // Ctrl-C comes twice at once, from the terminal and from the task runner
      if (performance.now() - asked > IMPATIENT_MS) Deno.exit(130);
      asked = Math.min(asked, performance.now());
      stop.resolve();
    });
  }
  try {
    await using _node = await startNode(readConfig());
    await stop.promise;
  } catch (error) {
    console.error(isForPeople(error) ? error.message : error);
    Deno.exit(error instanceof ConfigError ? 2 : 1);
  }
  Deno.exit(0);
}
