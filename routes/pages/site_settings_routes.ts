/** The addresses of the site's settings, and of what they put before everybody: rules, notice, app. */
import { type Context, Hono } from "hono";
import { isRejection, Rejection } from "../../domain/errors.ts";
import { siteWords } from "../../domain/i18n/site_words.ts";
import { logoUrl, SitePatch } from "../../domain/site_settings.ts";
import type { AppEnv } from "../env.ts";
import { receiveLogoForm } from "../site_settings.ts";
import { adminView } from "./admin_shell.tsx";
import { viewOf } from "./context.ts";
import { BLANK, type FormState, formStatus, parseForm, readFields, rejectedForm } from "./forms.ts";
import { siteIcon } from "./icon.ts";
import { sayRejection } from "./parts.tsx";
import type { Site } from "./site.ts";
import { SITE_FORM_MAX } from "./site_fields.tsx";
import { siteSettingsPage } from "./site_settings.tsx";
import { siteTextPage } from "./site_text.tsx";
import { answer } from "./view.tsx";

const configuring = (site: Site, c: Context<AppEnv>) => adminView(site, c, "site:configure");

export function siteSettingsRoutes(site: Site): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const { settings, logos } = site.front;
  const saved = "/admin/site?saved";

  app.get("/admin/site", (c) => {
    const view = configuring(site, c);
    const isSaved = c.req.query("saved") !== undefined;
    return answer(c, view, siteSettingsPage(view, { form: BLANK, saved: isSaved }));
  });

  app.post("/admin/site", async (c) => {
    const view = configuring(site, c);
    const typed = Object.fromEntries(await readFields(c, SITE_FORM_MAX));
    const again = (form: FormState, status: Parameters<typeof siteSettingsPage>[1]["status"]) =>
      answer(c, view, siteSettingsPage(view, { form, saved: false, status }));
    const parsed = parseForm(view, SitePatch, typed, typed);
    if (!parsed.ok) return again(parsed.form, 422);
    try {
      await settings.change(parsed.data);
    } catch (error) {
      const { form, rejection } = rejectedForm(view, error, typed);
      return again(form, formStatus(rejection));
    }
    return c.redirect(saved, 303);
  });

  app.post("/admin/site/logo", async (c) => {
    const view = configuring(site, c);
    try {
      const { logo } = await receiveLogoForm(c.req.raw, logos);
      if (!logo) throw new Rejection("empty_file");
      await settings.setLogo(logo);
    } catch (error) {
      if (!isRejection(error)) throw error;
      const logoProblem = sayRejection(view, error);
      const shown = { form: BLANK, saved: false, logoProblem, status: formStatus(error) };
      return answer(c, view, siteSettingsPage(view, shown));
    }
    return c.redirect(saved, 303);
  });

  app.post("/admin/site/logo/remove", async (c) => {
    configuring(site, c);
    await settings.setLogo(null);
    return c.redirect(saved, 303);
  });

  for (const what of ["rules", "legal"] as const) {
    app.get(`/${what}`, (c) => {
      const view = viewOf(site, c);
      const text = settings.now()[what];
      if (!text) throw new Rejection("not_found", "This site has not written anything here");
      return answer(c, view, siteTextPage(view, siteWords(view.language).foot[what], text));
    });
  }

  // who asks for it does not read pages: feed readers, bookmarks, old browsers
  app.get("/favicon.ico", (c) => {
    c.header("cache-control", "public, max-age=3600");
    return c.redirect(siteIcon(site).url, 302);
  });

  app.get("/site.webmanifest", (c) => {
    const { name, logoUrl: logo } = settings.now();
    const version = logo && new URL(logo, site.publicUrl).searchParams.get("v");
    const icon = siteIcon(site);
    c.header("cache-control", "no-cache");
    return c.body(
      JSON.stringify({
        name,
        short_name: name,
        start_url: "/",
        display: "standalone",
        background_color: "#0d1415",
        theme_color: "#0d1415",
        icons: version
          ? [320, 1024].map((px) => ({
            src: logoUrl(version, px),
            sizes: `${px}x${px}`,
            type: "image/webp",
          }))
          : [{ src: icon.url, sizes: "any", type: icon.type }],
      }),
      200,
      { "content-type": "application/manifest+json" },
    );
  });
  return app;
}
