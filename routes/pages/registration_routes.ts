/** The address of registration, with or without an invitation. */
import { Hono } from "hono";
import { Registration } from "../../domain/auth.ts";
import { InviteSecret } from "../../domain/invites.ts";
import type { AppEnv } from "../env.ts";
import { limitRegister } from "../middleware/limits.ts";
import { viewOf } from "./context.ts";
import {
  BLANK,
  type FormState,
  formStatus,
  metaOf,
  nextPath,
  parseForm,
  readForm,
  rejectedForm,
} from "./forms.ts";
import { type Brought, registerPage, waitingPage } from "./registration.tsx";
import type { Site } from "./site.ts";
import { answer, type Content } from "./view.tsx";

export function registrationRoutes(site: Site): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  const broughtBy = async (secret: string | undefined): Promise<Brought | null> => {
    if (!secret) return null;
    const isOpen = InviteSecret.safeParse(secret).success &&
      await site.admission.invites.isOpen(secret);
    return { secret, isOpen };
  };

  app.get("/register", async (c) => {
    const view = viewOf(site, c);
    const asked = c.req.query("next");
    if (view.viewer.kind === "user") return c.redirect(nextPath(asked, "/"), 303);
    const secret = c.req.query("invite");
    if (secret) c.header("referrer-policy", "same-origin"); // the address is what lets one in
    const brought = await broughtBy(secret);
    return answer(c, view, registerPage(view, { form: BLANK, asked, brought }));
  });

  app.post("/register", async (c) => {
    const view = viewOf(site, c);
    const typed = await readForm(c);
    const { email, username, password, reason, next: asked } = typed;
    const displayName = typed.displayName?.trim() || undefined;
    const invite = typed.invite || undefined;
    const again = async (form: FormState, status: Content["status"]) =>
      answer(
        c,
        view,
        registerPage(view, { form, asked, brought: await broughtBy(invite), status }),
      );
    const parsed = parseForm(view, Registration, {
      ...{ email, username, password, displayName, reason, invite },
      delivery: "cookie",
    }, typed);
    if (!parsed.ok) return await again(parsed.form, 422);
    try {
      limitRegister(c);
      const meta = { ...metaOf(c), language: view.language };
      const begun = await site.accounts.register(parsed.data, meta);
      if (!begun) return answer(c, view, waitingPage(view));
      c.header("set-cookie", begun.cookie, { append: true });
      return c.redirect(nextPath(asked, "/"), 303);
    } catch (error) {
      const { form, rejection } = rejectedForm(view, error, typed);
      return await again(form, formStatus(rejection));
    }
  });
  return app;
}
