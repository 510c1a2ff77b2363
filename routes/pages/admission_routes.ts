/** The addresses where those who run the site let people in: the queue, and invitations. */
import { type Context, Hono } from "hono";
import { Rejection } from "../../domain/errors.ts";
import { isId } from "../../domain/ids.ts";
import { NewInvite } from "../../domain/invites.ts";
import { PageQuery } from "../../domain/pages.ts";
import { RegistrationDecision } from "../../domain/registrations.ts";
import { siteWords } from "../../domain/i18n/site_words.ts";
import type { AppEnv } from "../env.ts";
import { adminView } from "./admin_shell.tsx";
import { signedIn } from "./context.ts";
import { BLANK, parseForm, readFields, readForm } from "./forms.ts";
import { invitesPage } from "./invites.tsx";
import { type Done, registrationsPage } from "./registrations.tsx";
import type { Site } from "./site.ts";
import { answer } from "./view.tsx";

/** What cannot be read shows the first page rather than an error. */
const pageOf = (c: Context<AppEnv>): PageQuery => {
  const parsed = PageQuery.safeParse(c.req.query());
  return parsed.success ? parsed.data : { limit: 20 };
};

/** `?approve=3`: what was decided before the page was asked for. */
function doneOf(c: Context<AppEnv>): Done | null {
  for (const decision of ["approve", "refuse"] as const) {
    const count = Number(c.req.query(decision) ?? NaN);
    if (Number.isSafeInteger(count)) return { decision, count };
  }
  return null;
}

/** A button beside one person decides of that one, those below of all that are marked. */
function wanted(fields: URLSearchParams) {
  const word = fields.get("word") ?? "";
  for (const decision of ["approve", "refuse"] as const) {
    const one = fields.get(decision);
    if (one !== null) return { ids: [one], decision, word };
  }
  return { ids: fields.getAll("ids"), decision: fields.get("all"), word };
}

export function admissionRoutes(site: Site): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const { registrations, invites } = site.admission;

  app.get("/admin/registrations", async (c) => {
    const view = adminView(site, c, "registrations:decide");
    const page = await registrations.list(pageOf(c));
    return answer(c, view, registrationsPage(view, { page, done: doneOf(c) }));
  });
  app.post("/admin/registrations", async (c) => {
    const view = adminView(site, c, "registrations:decide");
    const asked = wanted(await readFields(c));
    const parsed = RegistrationDecision.safeParse(asked);
    if (!parsed.success) {
      const page = await registrations.list(pageOf(c));
      const problem = siteWords(view.language).registrations.none;
      const shown = { page, done: null, problem, word: asked.word, status: 422 as const };
      return answer(c, view, registrationsPage(view, shown));
    }
    const count = await registrations.decide(parsed.data, signedIn(c).userId);
    return c.redirect(`/admin/registrations?${parsed.data.decision}=${count}`, 303);
  });

  app.get("/admin/invites", async (c) => {
    const view = adminView(site, c, "invites:make");
    const page = await invites.list(pageOf(c));
    const revoked = c.req.query("revoked") !== undefined;
    return answer(c, view, invitesPage(view, { page, form: BLANK, made: null, revoked }));
  });
  app.post("/admin/invites", async (c) => {
    const view = adminView(site, c, "invites:make");
    const typed = await readForm(c);
    const parsed = parseForm(view, NewInvite, typed, typed);
    const made = parsed.ok ? await invites.make(parsed.data, signedIn(c).userId) : null;
    const page = await invites.list(pageOf(c));
    const form = parsed.ok ? BLANK : parsed.form;
    const status = parsed.ok ? 200 : 422;
    // the link is in this answer alone, and in no address that a history would keep
    const shown = { page, form, made: made?.url ?? null, revoked: false, status } as const;
    const answered = answer(c, view, invitesPage(view, shown));
    answered.headers.set("cache-control", "no-store");
    return answered;
  });
  app.post("/admin/invites/:id/revoke", async (c) => {
    adminView(site, c, "invites:make");
    const id = c.req.param("id");
    if (!isId(id)) throw new Rejection("not_found", "There is no such invitation");
    await invites.revoke(id);
    return c.redirect("/admin/invites?revoked", 303);
  });
  return app;
}
