/** Entry point of a node: wiring only. `deno task start` prepares, then runs it. */
import type { Config } from "./config.ts";
import { migrate } from "./db/migrate.ts";
import { openDatabase } from "./db/open.ts";
import { translate } from "./db/outages.ts";
import { accountsOf } from "./node/accounts.ts";
import { chatOf } from "./node/chat.ts";
import { admissionOf } from "./node/admission.ts";
import { encoderPortOf, encodersOf } from "./node/encoder.ts";
import { eventsOf } from "./node/events.ts";
import { tellFigures } from "./node/figures.ts";
import { START_HELP } from "./node/help.ts";
import { mediaToolOf, tellMissingCodecs } from "./node/media_tool.ts";
import { metersOf } from "./node/meters.ts";
import { notificationsOf } from "./node/notifications.ts";
import { liveOf } from "./node/live.ts";
import { livePlayersOf, packagerOf, silenceOf } from "./node/live_players.ts";
import { listenForOperators } from "./node/operator_socket.ts";
import { pipelineOf } from "./node/pipeline.ts";
import { recordingsOf } from "./node/recordings.ts";
import { type Running, runUntilStopped, survive } from "./node/run.ts";
import { runtimeOf } from "./node/runtime.ts";
import { runtimeDeskOf } from "./node/runtime_desk.ts";
import { servingOf } from "./node/serving.ts";
import { sharedOf } from "./node/shared.ts";
import { siteSettingsOf } from "./node/site_settings.ts";
import { storageOf } from "./node/storage.ts";
import { sweeping } from "./node/sweeping.ts";
import { together } from "./node/together.ts";
import { trackRows } from "./node/track_rows.ts";
import { resumableOf } from "./node/uploads.ts";
import { ownUrl, welcome } from "./node/welcome.ts";
import { startWorker } from "./node/worker.ts";
import { catalogue } from "./routes/catalogue.ts";
import { createApp } from "./routes/mod.ts";
import { operators } from "./routes/operators.ts";
import { listen } from "./routes/serve.ts";
import { site } from "./routes/site.ts";
import { trackTools } from "./routes/track_tools.ts";
import { newId } from "./services/ids.ts";
import { startLogging } from "./services/log.ts";

/** Uploads that nobody works on are looked for this often, in ms. */
const SWEEP_MS = 30_000;
const WEB_DIR = ".cache/web";

/** Starts a node; resolves when it answers. Disposing of it ends it in reverse order. */
async function startNode(config: Config): Promise<Running> {
  const { secure } = config;
  await using owned = new AsyncDisposableStack();
  const log = owned.use(
    startLogging({
      level: config.logLevel,
      format: config.logFormat ?? (Deno.stderr.isTerminal() ? "pretty" : "json"),
      node: config.nodeName,
    }),
  );
  const server = owned.use(await listen(config)); // first: a port that is taken is told at once
  const port = owned.use(await encoderPortOf({ config, log }));
  const publicUrl = config.publicUrlIsSet
    ? config.publicUrl
    : config.publicUrl.replace(/:\d+$/, `:${server.port}`);

  const meters = metersOf({ config, log });
  const alone = !config.databaseUrl; // no other node works on its rows and files
  const [{ ffmpeg, dangers }, db, shared, { errorPage, pages }] = await together(
    mediaToolOf({ config, meters, log }),
    openDatabase(config, log, { measure: meters.query }).then((opened) => owned.use(opened)),
    sharedOf({ config, alone, meters, log }).then((opened) => owned.use(opened)),
    import("./routes/pages/mod.ts"), // a third of all modules: read while ffmpeg is tried (P10)
  );
  if (config.migrate) await migrate(db.sql, undefined, log);
  const storage = await storageOf({ config, alone, log });
  const { blobs } = storage;
  const front = owned.use(await siteSettingsOf({ config, sql: db.sql, ffmpeg, ...storage }));
  const { settings } = front;
  const registration = () => settings.now().registration;
  const people = owned.use(await accountsOf({ config, sql: db.sql, publicUrl, registration }));
  const { users, store, sessions, accounts, tokens } = people;
  const admission = admissionOf({ ...people, config, sql: db.sql, settings, publicUrl, log });
  const rows = trackRows({ sql: db.sql, cacheOf: shared.cacheOf });
  const serving = owned.use(
    await servingOf({ config, sql: db.sql, rows, storage, ffmpeg, dangers, users }),
  );
  const { access } = serving;
  const runtime = owned.use(
    await runtimeOf({ config, sql: db.sql, ping: db.ping, meters, log, signs: true }),
  );
  const { system, bus } = runtime;
  const { inbox, frames } = notificationsOf({ sql: db.sql, bus });
  const consumers = [inbox.consumer];
  const stream = runtime.cluster?.eventStream;
  const events = owned.use(eventsOf({ sql: db.sql, bus, consumers, stream, log }));
  const pipeline = owned.use(
    await pipelineOf({ // ends before the actors that its work speaks to
      config,
      sql: db.sql,
      rows,
      alone,
      storage,
      ffmpeg,
      dangers,
      system,
      bus,
      account: (id) => users.byId(id),
      covers: serving.covers,
      told: events.nudge,
      meters,
      log,
    }),
  );
  const { tracks, scanner, progress, receiver } = pipeline;
  const library = catalogue({ tracks, discard: pipeline.discard });
  const { intake } = pipeline;
  const { closing } = server;
  const uploads = resumableOf({ config, sql: db.sql, blobs, intake, closing, log });
  const chat = owned.use(chatOf({
    config,
    sql: db.sql,
    system,
    bus,
    nodeId: runtime.cluster?.members.id ?? null,
    accountOf: (id) => users.byId(id),
    living: (ids) => store.living(ids),
    closing,
    publicUrl,
    vitals: runtime.vitals,
    log,
  }));
  const recordings = owned.use(
    await recordingsOf({
      ...{ config, sql: db.sql, bus, storage, ffmpeg, closing, log },
      ...{ intake, rulesOf: pipeline.rulesOf, erase: pipeline.erase, uploads: rows.uploads },
      rolesOf: serving.rolesOf,
      track: library.get,
      alone,
    }),
  );
  const { replay } = recordings;
  const silence = silenceOf({ config, storage, ffmpeg });
  const live = owned.use(
    await liveOf({
      config,
      sql: db.sql,
      system,
      bus,
      accountOf: (id) => users.activeById(id),
      rolesOf: serving.rolesOf,
      rooms: chat.ofLive,
      publicUrl,
      encoderUrl: () =>
        `http${config.tlsCert ? "s" : ""}://${new URL(publicUrl).hostname}:${port.port}`,
      sinks: [recordings.record, packagerOf({ config, storage, silence, ffmpeg, log })],
      onEnded: recordings.wake,
      ffmpeg,
      sockets: {
        takeTicket: chat.takeTicket,
        living: (ids) => store.living(ids),
        closing,
        entrance: { publicUrl, vitals: runtime.vitals },
      },
      log,
    }),
  );
  const players = owned.use(livePlayersOf({ config, live, bus, storage, silence, ffmpeg, log }));
  const manifest = JSON.parse(await Deno.readTextFile(`${WEB_DIR}/manifest.json`));

  const jobs = recordings.jobs(pipeline.jobs);
  tellFigures({ meters, config, runtime, jobs: pipeline.rowsOfJobs });
  const desk = runtimeDeskOf({ config, sql: db.sql, runtime, jobs, log });
  const view = site({
    front,
    admission,
    desk,
    jobs,
    users,
    tracks,
    store,
    sessions,
    accounts,
    catalogue: library,
    access,
    notifications: inbox,
    rooms: chat.desk,
    live: live.desk,
    replay,
    tools: trackTools({ ...serving, ...pipeline, catalogue: library }),
    receiver,
    publicUrl,
    manifest: () => manifest,
    secure,
    uploadMaxBytes: config.uploadMaxBytes,
    rulesOf: pipeline.rulesOf,
    quotaOf: pipeline.quotaOf,
  });

  const app = createApp({
    security: { secure, mediaBaseUrl: config.mediaBaseUrl, publicUrl },
    request: {
      log,
      limiter: shared.limiter,
      newId,
      trustedProxies: config.trustedProxies,
      answered: meters.request,
    },
    metrics: { metrics: meters, token: config.metricsToken },
    session: { sessions, tokens, secure },
    health: {
      nodeName: config.nodeName,
      checks: [
        { name: "postgresql", required: true, run: async () => void await db.ping() },
        ...(runtime.cluster ? [{ name: "nats", required: false, run: runtime.reach }] : []),
        { name: "blobs", required: false, run: async () => void await blobs.stat("ready") },
        ...(shared.ping ? [{ name: "redis", required: false, run: shared.ping }] : []),
        ...(scanner ? [{ name: "clamav", required: false, run: () => scanner.ping() }] : []),
        { name: "ffmpeg", required: true, run: () => Promise.resolve(ffmpeg.version) },
      ],
    },
    jwks: tokens.jwks,
    corsOrigins: config.corsOrigins,
    front,
    admission,
    auth: { accounts, store, sessions, secure },
    users: { users, tracks, access, quotaOf: pipeline.quotaOf },
    tracks: {
      tracks,
      versions: pipeline.versions,
      catalogue: library,
      receiver,
      access,
      media: serving.media,
      progress,
      closing: server.closing,
    },
    covers: { ...serving, catalogue: library, blobs, rulesOf: pipeline.rulesOf },
    downloads: { ...serving, blobs },
    versions: { ...pipeline, catalogue: library },
    adminJobs: { jobs },
    adminEvents: { events: events.desk },
    desk,
    rooms: chat.desk,
    chatSocket: chat.socket.app,
    live: live.desk,
    replay,
    liveSocket: live.socket,
    livePlayers: players.app,
    mySettings: { users, sessions },
    notifications: { notifications: inbox },
    notificationSocket: {
      frames,
      vitals: runtime.vitals,
      isAlive: async (id) => await sessions.byId(id) !== null,
      closing: server.closing,
      publicUrl,
    },
    runtimeSocket: {
      ...runtime,
      rolesOf: async (id) => (await store.find({ id }))?.roles ?? [],
      closing: server.closing,
      publicUrl,
    },
    uploads: { uploads, place: intake.place, maxBytes: config.uploadMaxBytes },
    translate,
    errorPage: errorPage(view),
    pages: pages(view),
    webDir: WEB_DIR,
  });
  server.answer((request, info) => app.fetch(request, info));
  const forTasks = operators({ adminJobs: { jobs }, desk, newId, log, translate });
  const { dataDir } = config;
  owned.use(await listenForOperators({ dataDir, log, answer: (asked) => forTasks.fetch(asked) }));
  const sweeps = sweeping({
    sweeps: [
      { name: "blobs", run: pipeline.sweep },
      { name: "uploads", run: uploads.sweep },
      { name: "events", run: events.sweep },
      { name: "chat", run: chat.sweep },
      { name: "notifications", run: async () => void await inbox.expire() },
      { name: "sessions", run: async () => void await store.removeEnded() },
      { name: "scratch", run: storage.sweep },
    ],
    everyMs: SWEEP_MS,
    log,
  });
  await together(sweeps.now(), tellMissingCodecs({ ffmpeg, log }));
  survive(log);
  // the last to be owned ends first: no new requests, and those under way still find all they need
  owned.use(server);
  owned.use(encodersOf({ port, live, bus, ffmpeg, translate, log }));
  owned.use(sweeps);
  owned.defer(runtime.drain); // actors move while this node still answers
  const others = (runtime.cluster?.members.list().length ?? 1) > 1;
  const own = ownUrl(config, server.port);
  await welcome({ log, publicUrl, own, port: server.port, setup: admission.setup, others });
  const kept = owned.move();
  return {
    failed: db.embedded?.exited ?? new Promise(() => {}),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

if (import.meta.main) {
  // a node that is only a worker is the same as `deno task worker`
  await runUntilStopped(
    (config) => config.roles.includes("web") ? startNode(config) : startWorker(config),
    START_HELP,
  );
}
