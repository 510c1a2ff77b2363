/** The addresses of one's security: the password changed, sessions ended. */
import { type Context, Hono } from "hono";
import { PasswordChange } from "../../domain/auth.ts";
import { causeOf } from "../cause.ts";
import type { AppEnv } from "../env.ts";
import { limitPassword } from "../middleware/limits.ts";
import { signedIn, viewOf } from "./context.ts";
import { BLANK, formStatus, parseForm, readForm, rejectedForm } from "./forms.ts";
import { securityPage } from "./security.tsx";
import type { Site } from "./site.ts";
import { answer } from "./view.tsx";

export function securityRoutes(site: Site): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const page = async (
    c: Context<AppEnv>,
    shown: Omit<Parameters<typeof securityPage>[1], "sessions">,
  ) => {
    const view = viewOf(site, c);
    const sessions = await site.sessions.list(signedIn(c));
    return answer(c, view, securityPage(view, { ...shown, sessions }));
  };

  app.get("/settings/security", (c) => {
    const { ended, changed } = c.req.query();
    const done = changed !== undefined
      ? "passwordChanged" as const
      : ended !== undefined
      ? "ended" as const
      : null;
    return page(c, { form: BLANK, done });
  });

  app.post("/settings/security/password", async (c) => {
    const viewer = signedIn(c);
    const view = viewOf(site, c);
    const typed = await readForm(c);
    const parsed = parseForm(view, PasswordChange, typed, typed);
    if (!parsed.ok) return await page(c, { form: parsed.form, status: 422 });
    try {
      await limitPassword(c, viewer.userId);
      await site.accounts.changePassword(parsed.data, viewer, causeOf(c));
    } catch (error) {
      const { form, rejection } = rejectedForm(view, error, typed);
      return await page(c, { form, status: formStatus(rejection) });
    }
    return c.redirect("/settings/security?changed", 303);
  });

  app.post("/settings/security/:id/end", async (c) => {
    await site.sessions.revoke(c.req.param("id"), signedIn(c));
    return c.redirect("/settings/security?ended", 303);
  });
  return app;
}
