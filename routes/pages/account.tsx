/** Sign-in, a form that works without script, and the card that it shares with registration. */
import type { ComponentChildren } from "preact";
import { type FormState, nextPath } from "./forms.ts";
import { Field, FormError } from "./parts.tsx";
import type { View } from "./context.ts";
import type { Content } from "./view.tsx";

export function Card(
  { view, title, welcome, children }: {
    view: View;
    title: string;
    welcome: string;
    children: ComponentChildren;
  },
) {
  return (
    <div class="entry">
      <p class="entry-welcome" aria-hidden="true">{welcome}</p>
      <div class="entry-form">
        <h1 class="page-title">{title}</h1>
        {children}
        <p class="visually-hidden">{view.t.tagline}</p>
      </div>
    </div>
  );
}

export const withNext = (path: string, next: string) =>
  next === "/" ? path : `${path}?${new URLSearchParams({ next })}`;

/** `status` is that of the refusal, when there was one. */
export function loginPage(
  view: View,
  form: FormState,
  asked: string | undefined,
  status: Content["status"] = 200,
): Content {
  const { t, site } = view;
  const next = nextPath(asked, "/");
  const body = () => (
    <Card view={view} title={t.account.login} welcome={t.account.welcome}>
      <form class="form" method="post" action="/login" data-swap>
        {form.problem && <FormError>{form.problem}</FormError>}
        <input type="hidden" name="next" value={next} />
        <Field
          name="login"
          label={t.account.loginField}
          value={form.values.login}
          error={form.errors.login}
          autocomplete="username"
          required
        />
        <Field
          name="password"
          type="password"
          label={t.account.password}
          error={form.errors.password}
          autocomplete="current-password"
          required
        />
        <label class="check">
          <input type="checkbox" name="rememberMe" checked={form.values.rememberMe === "on"} />
          <span>{t.account.remember}</span>
        </label>
        <p class="acts">
          <button type="submit" class="button button-main">{t.account.login}</button>
        </p>
      </form>
      {site.registration !== "closed" && (
        <p class="entry-other">
          {t.account.noAccount} <a href={withNext("/register", next)}>{t.account.register}</a>
        </p>
      )}
    </Card>
  );
  return { title: t.account.login, body, status };
}
