/** Settings: their frame, the profile, and how the site looks. */
import { LANGUAGES, words } from "../../domain/i18n/mod.ts";
import type { OwnUser } from "../../domain/users.ts";
import type { FormState } from "./forms.ts";
import { Field, FormError } from "./parts.tsx";
import { THEMES } from "./theme.ts";
import type { View } from "./context.ts";
import type { Content } from "./view.tsx";

const SECTIONS = ["profile", "security", "notifications", "appearance"] as const;
export type Section = (typeof SECTIONS)[number];

const address = (section: Section) => section === "profile" ? "/settings" : `/settings/${section}`;

function Tabs({ view, here }: { view: View; here: Section }) {
  const { t, viewer } = view;
  const shown = viewer.kind === "guest" ? (["appearance"] as const) : SECTIONS;
  return (
    <nav class="tabs" aria-label={t.settings.title}>
      {shown.map((section) => (
        <a href={address(section)} aria-current={section === here ? "page" : undefined}>
          {t.settings[section]}
        </a>
      ))}
    </nav>
  );
}

/** The frame of all settings, with one of them inside. */
export function frame(view: View, here: Section, inside: () => preact.VNode): Content {
  const { t } = view;
  return {
    title: `${t.settings[here]} · ${t.settings.title}`,
    body: () => (
      <div class="settings">
        <h1 class="page-title">{t.settings.title}</h1>
        <Tabs view={view} here={here} />
        <section class="settings-body" aria-label={t.settings[here]}>{inside()}</section>
      </div>
    ),
  };
}

export const Saved = ({ view }: { view: View }) => (
  <p class="form-saved" role="status">{view.t.settings.saved}</p>
);

export function profilePage(view: View, user: OwnUser, form: FormState, saved: boolean): Content {
  const { t } = view;
  const content = frame(view, "profile", () => (
    <>
      <form class="form" method="post" action="/settings" data-swap>
        {saved && <Saved view={view} />}
        {form.problem && <FormError>{form.problem}</FormError>}
        <Field
          name="displayName"
          label={t.account.displayName}
          value={form.values.displayName ?? user.displayName}
          error={form.errors.displayName}
          autocomplete="name"
          maxlength={80}
          required
        />
        <Field
          name="bio"
          label={t.settings.bio}
          value={form.values.bio ?? user.bio}
          help={t.settings.bioHelp}
          error={form.errors.bio}
          maxlength={2000}
          rows={6}
        />
        <p class="acts">
          <button type="submit" class="button button-main">{t.settings.save}</button>
          <a class="button" href={`/@${user.username}`}>{t.settings.seePage}</a>
        </p>
      </form>
      <form class="logout" method="post" action="/logout" data-swap>
        <button type="submit" class="button button-quiet">{t.account.logout}</button>
      </form>
    </>
  ));
  return { ...content, ...(form.problem && { status: 422 as const }) };
}

/** `language` is what was chosen, or null for the browser's. */
export function appearancePage(view: View, language: string | null, saved: boolean): Content {
  const { t, theme } = view;
  return frame(
    view,
    "appearance",
    () => (
      <form class="form" method="post" action="/settings/appearance" data-swap>
        {saved && <Saved view={view} />}
        <fieldset class="choices themes">
          <legend>{t.settings.theme}</legend>
          {THEMES.map((name) => (
            <label class="choice theme">
              <span class={`swatch swatch-${name}`} />
              <input type="radio" name="theme" value={name} checked={name === theme} />
              <span>{t.settings.themes[name]}</span>
            </label>
          ))}
        </fieldset>
        <fieldset class="choices">
          <legend>{t.settings.language}</legend>
          <label class="choice">
            <input type="radio" name="language" value="" checked={language === null} />
            <span>{t.settings.languageAuto}</span>
          </label>
          {LANGUAGES.map((name) => (
            <label class="choice">
              <input type="radio" name="language" value={name} checked={language === name} />
              <span lang={name}>{words(name).name}</span>
            </label>
          ))}
        </fieldset>
        <p class="acts">
          <button type="submit" class="button button-main">{t.settings.save}</button>
        </p>
      </form>
    ),
  );
}
