/** The pages: addresses, and what each needs fetched before it is drawn. */
import { type Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { GUEST, Login } from "../../domain/auth.ts";
import { Rejection } from "../../domain/errors.ts";
import { isLanguage } from "../../domain/i18n/mod.ts";
import { PageQuery } from "../../domain/pages.ts";
import { UserPatch } from "../../domain/users.ts";
import { causeOf } from "../cause.ts";
import type { AppEnv } from "../env.ts";
import { limitLogin } from "../middleware/limits.ts";
import { liveRoutes } from "./live_routes.tsx";
import { loginPage } from "./account.tsx";
import { adminRoutes } from "./admin_routes.tsx";
import { BLANK, formStatus, metaOf, nextPath, parseForm, readForm, rejectedForm } from "./forms.ts";
import { home } from "./home.tsx";
import { artistPage, libraryPage, searchPage } from "./lists.tsx";
import { ringing } from "./bell.tsx";
import { notificationRoutes } from "./notification_routes.tsx";
import { admissionRoutes } from "./admission_routes.ts";
import { registrationRoutes } from "./registration_routes.ts";
import { appearancePage, profilePage } from "./settings.tsx";
import { roomRoutes } from "./room_routes.tsx";
import { securityRoutes } from "./security_routes.ts";
import { setupRoutes } from "./setup_routes.ts";
import type { Site } from "./site.ts";
import { siteSettingsRoutes } from "./site_settings_routes.ts";
import { streamsOf } from "./streams.ts";
import { themeOf } from "./theme.ts";
import { trackRoutes } from "./track_routes.tsx";
import { uploadPage } from "./upload.tsx";
import { LANGUAGE_COOKIE, signedIn, THEME_COOKIE, viewOf } from "./context.ts";
import { answer } from "./view.tsx";

export { errorPage } from "./errors.tsx";

/** A query that is not as it should be shows the first page rather than an error. */
const pageQuery = (c: Context<AppEnv>): PageQuery => {
  const parsed = PageQuery.safeParse(c.req.query());
  return parsed.success ? parsed.data : { limit: 20 };
};

/** Streams that Discover shows. */
const ON_AIR = 5;
/** The most of an artist's, and of those that are found; on air and announced each. */
const STREAMS = 10;

const YEAR = 31_536_000;
const PLAIN_COOKIE = { path: "/", maxAge: YEAR, sameSite: "Lax" } as const;

/** Discover, artists, search: what guests see. */
function open(site: Site): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get("/", async (c) => {
    const query = pageQuery(c);
    const view = viewOf(site, c);
    const isFirst = query.cursor === undefined;
    const onAir = { statuses: ["live", "reconnecting"] } as const;
    const [page, live] = await Promise.all([
      site.tracks.listPublic(query),
      isFirst ? site.live.list(view.viewer, onAir, ON_AIR, null) : { items: [] },
    ]);
    return answer(c, view, home(view, page, isFirst, live.items));
  });
  app.get("/:handle{@[A-Za-z0-9_-]+}", async (c) => {
    const view = viewOf(site, c);
    const artist = await site.users.byUsername(c.req.param("handle").slice(1));
    if (!artist) throw new Rejection("not_found", "There is no such artist");
    const asOthers = { ...view, viewer: GUEST }; // one's own page is shown as others see it
    const [page, streams] = await Promise.all([
      site.tracks.listByCreator({ ...pageQuery(c), creatorId: artist.id, viewer: GUEST }),
      streamsOf(asOthers, { hostId: artist.id }, STREAMS),
    ]);
    return answer(c, view, artistPage(view, artist, page, streams));
  });
  app.get("/search", async (c) => {
    const view = viewOf(site, c);
    const query = (c.req.query("q") ?? "").trim().slice(0, 200);
    if (!query) return answer(c, view, searchPage(view, query, null));
    const [found, { now, soon }] = await Promise.all([
      site.search(query),
      streamsOf({ ...view, viewer: GUEST }, { matching: query }, STREAMS),
    ]);
    return answer(c, view, searchPage(view, query, { ...found, streams: [...now, ...soon] }));
  });
  return app;
}

/** Signing in and out. */
function account(site: Site): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const enter = (c: Context<AppEnv>, cookie: string, next: string | undefined) => {
    c.header("set-cookie", cookie, { append: true });
    return c.redirect(nextPath(next, "/"), 303);
  };
  app.get("/login", (c) => {
    const view = viewOf(site, c);
    if (view.viewer.kind === "user") return c.redirect(nextPath(c.req.query("next"), "/"), 303);
    return answer(c, view, loginPage(view, BLANK, c.req.query("next")));
  });
  app.post("/login", async (c) => {
    const view = viewOf(site, c);
    const typed = await readForm(c);
    const { login, password, rememberMe } = typed;
    const fields = { login, password, rememberMe: rememberMe === "on", delivery: "cookie" };
    const parsed = parseForm(view, Login, fields, typed);
    if (!parsed.ok) return answer(c, view, loginPage(view, parsed.form, typed.next, 422));
    try {
      await limitLogin(c, parsed.data.login);
      return enter(c, (await site.accounts.login(parsed.data, metaOf(c))).cookie, typed.next);
    } catch (error) {
      const { form, rejection } = rejectedForm(view, error, typed);
      return answer(c, view, loginPage(view, form, typed.next, formStatus(rejection)));
    }
  });
  app.post("/logout", async (c) => {
    c.header("set-cookie", (await site.accounts.logout(c.get("viewer"))).cookie, { append: true });
    return c.redirect("/", 303);
  });
  return app;
}

/** The library, uploads and settings: what belongs to an account. */
function own(site: Site): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get("/library", async (c) => {
    const viewer = signedIn(c);
    const view = viewOf(site, c);
    const query = { ...pageQuery(c), creatorId: viewer.userId, viewer };
    return answer(c, view, libraryPage(view, await site.tracks.listByCreator(query)));
  });
  const allowance = async (viewer: AppEnv["Variables"]["viewer"]) => ({
    rules: site.uploadRules(viewer),
    quota: viewer.kind === "guest" ? null : await site.quota(viewer),
  });
  app.get("/upload", async (c) => {
    const view = viewOf(site, c);
    return answer(c, view, uploadPage(view, await allowance(view.viewer), null));
  });
  app.post("/upload", async (c) => {
    const viewer = signedIn(c);
    const view = viewOf(site, c);
    try {
      const track = await site.tracks.receive(c.req.raw, viewer, causeOf(c));
      return c.redirect(`/tracks/${track.id}`, 303);
    } catch (error) {
      const { form, rejection } = rejectedForm(view, error, {});
      const told = form.problem ?? null;
      return answer(
        c,
        view,
        uploadPage(view, await allowance(viewer), told, formStatus(rejection)),
      );
    }
  });
  app.get("/settings", async (c) => {
    const viewer = signedIn(c);
    const view = viewOf(site, c);
    const saved = c.req.query("saved") !== undefined;
    return answer(c, view, profilePage(view, await site.users.own(viewer), BLANK, saved));
  });
  app.post("/settings", async (c) => {
    const viewer = signedIn(c);
    const view = viewOf(site, c);
    const typed = await readForm(c);
    const parsed = parseForm(view, UserPatch, typed, typed);
    const user = await site.users.own(viewer);
    if (!parsed.ok) return answer(c, view, profilePage(view, user, parsed.form, false));
    try {
      await site.users.update(parsed.data, viewer);
    } catch (error) {
      const { form } = rejectedForm(view, error, typed);
      return answer(c, view, profilePage(view, user, form, false));
    }
    return c.redirect("/settings?saved", 303);
  });
  return app;
}

/** How the site looks; guests choose too, so it lives in cookies. */
function appearance(site: Site): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get("/settings/appearance", (c) => {
    const view = viewOf(site, c);
    const chosen = getCookie(c, LANGUAGE_COOKIE);
    const saved = c.req.query("saved") !== undefined;
    return answer(c, view, appearancePage(view, isLanguage(chosen) ? chosen : null, saved));
  });
  app.post("/settings/appearance", async (c) => {
    const { theme, language } = await readForm(c);
    setCookie(c, THEME_COOKIE, themeOf(theme), PLAIN_COOKIE);
    if (isLanguage(language)) setCookie(c, LANGUAGE_COOKIE, language, PLAIN_COOKIE);
    else setCookie(c, LANGUAGE_COOKIE, "", { ...PLAIN_COOKIE, maxAge: 0 });
    return c.redirect("/settings/appearance?saved", 303);
  });
  return app;
}

/** All pages, to be mounted at the root. */
export function pages(site: Site): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(ringing(site));
  for (const part of [open, trackRoutes, account, own, securityRoutes, appearance, adminRoutes]) {
    app.route("/", part(site));
  }
  app.route("/", notificationRoutes(site));
  app.route("/", roomRoutes(site));
  app.route("/", liveRoutes(site));
  for (const part of [registrationRoutes, setupRoutes, siteSettingsRoutes, admissionRoutes]) {
    app.route("/", part(site));
  }
  return app;
}
