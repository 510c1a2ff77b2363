/** The app of a web node: middleware in order, then a line per domain. */
import { Hono } from "hono";
import { cors } from "hono/cors";
import { Rejection } from "../domain/errors.ts";
import { actors } from "./actors.ts";
import { adminEvents } from "./admin_events.ts";
import { adminJobs } from "./admin_jobs.ts";
import { assets } from "./assets.ts";
import { auth } from "./auth.ts";
import { covers } from "./covers.ts";
import { describe, docs } from "./docs.ts";
import { downloads } from "./downloads.ts";
import { routes } from "./endpoint.ts";
import type { AppEnv } from "./env.ts";
import { invites } from "./invites.ts";
import { registrations } from "./registrations.ts";
import { health } from "./health.ts";
import { metricsRoute } from "./metrics.ts";
import { type ErrorPage, onError } from "./middleware/errors.ts";
import { limits } from "./middleware/limits.ts";
import { request } from "./middleware/request.ts";
import { originCheck, securityHeaders } from "./middleware/security.ts";
import { session } from "./middleware/session.ts";
import { live } from "./live.ts";
import type { LiveDesk } from "./live_desk.ts";
import { liveReplay, type ReplayDesk } from "./live_replay.ts";
import { mySettings } from "./my_settings.ts";
import { overviews } from "./overview.ts";
import { notifications } from "./notifications.ts";
import { notificationSocket } from "./sockets/notifications.ts";
import type { RuntimeDesk } from "./runtime_desk.ts";
import { roomMessages } from "./room_messages.ts";
import { roomPeople } from "./room_people.ts";
import type { RoomDesk } from "./room_desk.ts";
import { rooms } from "./rooms.ts";
import { runtimeSocket } from "./sockets/runtime.ts";
import { freshSettings, siteSettings } from "./site_settings.ts";
import { trackEvents } from "./track_events.ts";
import { tracks } from "./tracks.ts";
import { TUS_HEADERS } from "./tus.ts";
import { describeUploads, uploads } from "./uploads.ts";
import { users } from "./users.ts";
import { versions } from "./versions.ts";

/** What each part of the app needs; `main.ts` puts it together. */
export interface AppParts {
  readonly security: Parameters<typeof securityHeaders>[0] & Parameters<typeof originCheck>[0];
  readonly request: Parameters<typeof request>[0];
  readonly session: Parameters<typeof session>[0];
  readonly health: Parameters<typeof health>[0];
  readonly metrics: Parameters<typeof metricsRoute>[0];
  readonly jwks: object;
  /** Other sites whose scripts may call the REST interface, with tokens. */
  readonly corsOrigins: readonly string[];
  readonly front: Parameters<typeof siteSettings>[0];
  readonly admission: Parameters<typeof registrations>[0] & Parameters<typeof invites>[0];
  readonly auth: Parameters<typeof auth>[0];
  readonly users: Parameters<typeof users>[0];
  readonly tracks: Parameters<typeof tracks>[0] & Parameters<typeof trackEvents>[0];
  readonly uploads: Parameters<typeof uploads>[0];
  readonly versions: Parameters<typeof versions>[0];
  readonly adminEvents: Parameters<typeof adminEvents>[0];
  readonly adminJobs: Parameters<typeof adminJobs>[0];
  readonly desk: RuntimeDesk;
  readonly rooms: RoomDesk;
  /** `/ws` */
  readonly chatSocket: Hono<AppEnv>;
  readonly live: LiveDesk;
  readonly replay: ReplayDesk;
  /** `/ws/live/…` */
  readonly liveSocket: Hono<AppEnv>;
  /** `/live/{id}/…` for players */
  readonly livePlayers: Hono<AppEnv>;
  readonly mySettings: Parameters<typeof mySettings>[0];
  readonly notifications: Parameters<typeof notifications>[0];
  readonly notificationSocket: Parameters<typeof notificationSocket>[0];
  readonly runtimeSocket: Parameters<typeof runtimeSocket>[0];
  readonly covers: Parameters<typeof covers>[0];
  readonly downloads: Parameters<typeof downloads>[0];
  readonly translate: (error: unknown) => unknown;
  readonly errorPage: ErrorPage;
  readonly pages: Hono<AppEnv>;
  /** Where the prepare step has laid scripts, styles and fonts. */
  readonly webDir: string;
}

/** What a CDN may fetch for others (MEDIA_BASE_URL), and the headers that a page may read of it. */
const MEDIA_PATHS = ["stream/*", "waveform", "cover", "download"]
  .map((path) => `/api/v1/tracks/:id/${path}`);
const MEDIA_HEADERS = ["Accept-Ranges", "Content-Length", "Content-Range", "ETag", "X-Request-Id"];

export function createApp(parts: AppParts): Hono<AppEnv> {
  const { security, translate, errorPage: page } = parts;
  const { log } = parts.request;
  const app = new Hono<AppEnv>();
  app.onError(onError({ log, page, translate }));
  app.notFound((c) => {
    throw new Rejection("not_found", `There is nothing at ${c.req.path}`);
  });

  app.use(securityHeaders(security));
  app.route("/", health(parts.health)); // before sessions and limits: a probe needs neither
  app.route("/", metricsRoute(parts.metrics));
  // before CORS, which answers every OPTIONS itself
  app.on("OPTIONS", "/api/v1/uploads/*", describeUploads(parts.uploads));
  if (parts.corsOrigins.length > 0) {
    const exposeHeaders = ["X-Request-Id", ...TUS_HEADERS];
    const ours = cors({ origin: [...parts.corsOrigins], exposeHeaders });
    for (const path of ["/api/*", "/live/*"]) app.use(path, ours);
  }
  // a CDN passes our answers on to pages of ours; the tokens are in the addresses, so "*" is right
  if (security.mediaBaseUrl) {
    for (const path of MEDIA_PATHS) {
      app.use(path, cors({ origin: "*", exposeHeaders: MEDIA_HEADERS }));
    }
  }
  app.use(request(parts.request));
  // before sessions: an error page needs its style while the database is away
  app.route("/", assets("/assets", parts.webDir, { immutable: true }));
  app.route("/", assets("/static", "static", { immutable: false }));
  app.route("/", assets("/docs", `${parts.webDir}/docs`, { immutable: false }));
  app.use(session(parts.session), limits, originCheck(security));
  app.use(freshSettings({ ...parts.front, log }));

  const api = routes();
  api.route("/", auth(parts.auth));
  api.route("/", siteSettings(parts.front));
  api.route("/", registrations(parts.admission));
  api.route("/", invites(parts.admission));
  api.route("/", users(parts.users));
  api.route("/", tracks(parts.tracks));
  api.route("/", trackEvents(parts.tracks));
  api.route("/", uploads(parts.uploads));
  api.route("/", versions(parts.versions));
  api.route("/", adminEvents(parts.adminEvents));
  api.route("/", adminJobs(parts.adminJobs));
  api.route("/", actors(parts));
  api.route("/", overviews(parts));
  api.route("/", rooms(parts.rooms));
  api.route("/", roomPeople(parts.rooms));
  api.route("/", roomMessages(parts.rooms));
  api.route("/", live(parts.live));
  api.route("/", liveReplay(parts.replay));
  api.route("/", mySettings(parts.mySettings));
  api.route("/", notifications(parts.notifications));
  api.route("/", covers(parts.covers));
  api.route("/", downloads(parts.downloads));
  app.route("/api/v1", api);

  app.route("/", parts.chatSocket);
  app.route("/", parts.liveSocket);
  app.route("/", parts.livePlayers);
  app.route("/", notificationSocket(parts.notificationSocket));
  app.route("/", runtimeSocket(parts.runtimeSocket));
  app.get("/.well-known/jwks.json", (c) => c.json(parts.jwks));
  app.route("/", docs(() => describe(api, security.publicUrl)));
  app.route("/", parts.pages);
  return app;
}
