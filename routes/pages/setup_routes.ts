/**
 * The address of the setup link. The token goes from the address into a cookie at once, so that it
 * stays in no history and no `Referer`, and opening the link uses nothing up.
 */
import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { isRejection } from "../../domain/errors.ts";
import { SetupAccount } from "../../domain/setup.ts";
import { SitePatch } from "../../domain/site_settings.ts";
import { causeOf } from "../cause.ts";
import type { AppEnv } from "../env.ts";
import { receiveLogoForm } from "../site_settings.ts";
import { viewOf } from "./context.ts";
import {
  BLANK,
  type FormState,
  formStatus,
  metaOf,
  parseForm,
  refusedForm,
  rejectedForm,
} from "./forms.ts";
import { sayRejection } from "./parts.tsx";
import { setupEndedPage, setupPage } from "./setup.tsx";
import type { Site } from "./site.ts";
import { answer } from "./view.tsx";

const COOKIE = "veza_setup";
/** To come back to a page that was left open, in seconds; the token ends by itself. */
const COOKIE_SECONDS = 86_400;
const PATH = { path: "/setup" } as const;

type Parsed = ReturnType<typeof parseForm>;

/** The form with what is wrong with either half of it, at once. */
function wrongs(...halves: readonly Parsed[]): FormState {
  const forms = halves.flatMap((half) => half.ok ? [] : [half.form]);
  return Object.assign({}, ...forms, {
    errors: Object.assign({}, ...forms.map(({ errors }) => errors)),
  });
}

export function setupRoutes(site: Site): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const { setup } = site.admission;
  const { settings, logos } = site.front;
  const isSecure = site.publicUrl.startsWith("https:");

  app.use("/setup", async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
  });

  const ended = (c: Context<AppEnv>) => {
    deleteCookie(c, COOKIE, PATH);
    return answer(c, viewOf(site, c), setupEndedPage(viewOf(site, c)));
  };

  /** Whether it came to a session; there may be too much to do just now. */
  const signIn = async (c: Context<AppEnv>, login: { login: string; password: string }) => {
    try {
      const wanted = { ...login, rememberMe: false, delivery: "cookie" } as const;
      const begun = await site.accounts.login(wanted, metaOf(c));
      c.header("set-cookie", begun.cookie, { append: true });
      return true;
    } catch (error) {
      if (isRejection(error)) return false;
      throw error;
    }
  };

  app.get("/setup", async (c) => {
    const token = c.req.query("token");
    if (token !== undefined) {
      c.header("referrer-policy", "no-referrer");
      if (!await setup.isOpen(token)) return ended(c);
      setCookie(c, COOKIE, token, {
        ...PATH,
        httpOnly: true,
        secure: isSecure,
        sameSite: "Lax", // with "Strict" a link in a mail would not lead in
        maxAge: COOKIE_SECONDS,
      });
      return c.redirect("/setup", 303);
    }
    // a form of a page with "no-referrer" would come with the Origin "null", and be refused
    c.header("referrer-policy", "same-origin");
    if (!await setup.isOpen(getCookie(c, COOKIE) ?? "")) return ended(c);
    return answer(c, viewOf(site, c), setupPage(viewOf(site, c), BLANK));
  });

  app.post("/setup", async (c) => {
    const view = viewOf(site, c);
    const { viewer, language } = view;
    const token = getCookie(c, COOKIE) ?? "";
    c.header("referrer-policy", "same-origin");
    // before anything is read: a picture of a stranger's is not drawn
    if (!await setup.isOpen(token)) return ended(c);
    const again = (form: FormState, status: Parameters<typeof setupPage>[2]) =>
      answer(c, view, setupPage(view, form, status));

    let typed: Record<string, string> = {};
    let created: { login: string; password: string } | undefined;
    try {
      const { fields, logo } = await receiveLogoForm(c.req.raw, logos);
      typed = fields;
      const { username, email, password, ...rest } = typed;
      const patch = parseForm(view, SitePatch, rest, typed);
      if (viewer.kind === "user") {
        if (!patch.ok) return again(patch.form, 422);
        await setup.finish(token, { userId: viewer.userId }, patch.data, causeOf(c));
      } else {
        const account = parseForm(view, SetupAccount, { username, email, password }, typed);
        if (!patch.ok || !account.ok) return again(wrongs(patch, account), 422);
        await setup.finish(token, { ...account.data, language }, patch.data, causeOf(c));
        created = { login: account.data.username, password: account.data.password };
      }
      if (logo) await settings.setLogo(logo);
    } catch (error) {
      if (isRejection(error, "link_expired")) return ended(c);
      if (isRejection(error, "bad_image") || isRejection(error, "too_large")) {
        const said = sayRejection(view, error);
        return again(refusedForm(typed, { file: said }, view.t.account.check), 422);
      }
      const { form, rejection } = rejectedForm(view, error, typed);
      return again(form, formStatus(rejection));
    }
    deleteCookie(c, COOKIE, PATH);
    // the link is used: what fails from here on must not show its form again
    if (created && !await signIn(c, created)) return c.redirect("/login", 303);
    return c.redirect("/admin/site?saved", 303);
  });
  return app;
}
