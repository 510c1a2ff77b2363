/** Sign-in and registration: forms that work without script. */
import type { ComponentChildren } from "preact";
import { type FormState, nextPath } from "./forms.ts";
import { Field, FormError } from "./parts.tsx";
import type { View } from "./context.ts";
import type { Content } from "./view.tsx";

function Card(
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

const withNext = (path: string, next: string) =>
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

export function registerPage(
  view: View,
  form: FormState,
  asked: string | undefined,
  status: Content["status"] = 200,
): Content {
  const { t, site } = view;
  const next = nextPath(asked, "/");
  const note = {
    open: null,
    ...{
      approval: t.account.approval,
      invite: t.account.invite,
      closed: t.account.closed,
    },
  }[site.registration];
  const body = () => (
    <Card view={view} title={t.account.register} welcome={t.account.welcomeNew}>
      {note && <p class="quiet">{note}</p>}
      {site.registration !== "closed" && (
        <form class="form" method="post" action="/register" data-swap>
          {form.problem && <FormError>{form.problem}</FormError>}
          <input type="hidden" name="next" value={next} />
          <Field
            name="email"
            type="email"
            label={t.account.email}
            value={form.values.email}
            error={form.errors.email}
            autocomplete="email"
            required
          />
          <Field
            name="username"
            label={t.account.username}
            value={form.values.username}
            help={t.account.usernameHelp}
            error={form.errors.username}
            autocomplete="username"
            maxlength={30}
            required
          />
          <Field
            name="displayName"
            label={t.account.displayName}
            value={form.values.displayName}
            help={t.account.displayNameHelp}
            error={form.errors.displayName}
            autocomplete="name"
            maxlength={80}
          />
          <Field
            name="password"
            type="password"
            label={t.account.password}
            help={t.account.passwordHelp}
            error={form.errors.password}
            autocomplete="new-password"
            required
          />
          <p class="acts">
            <button type="submit" class="button button-main">{t.account.register}</button>
          </p>
        </form>
      )}
      <p class="entry-other">
        {t.account.haveAccount} <a href={withNext("/login", next)}>{t.account.login}</a>
      </p>
    </Card>
  );
  return { title: t.account.register, body, status };
}
