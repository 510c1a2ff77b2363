/** Settings: the profile, where one is signed in, and how the site looks. */
import type { Session } from "../../domain/auth.ts";
import { formatDate } from "../../domain/i18n/format.ts";
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

/** A user agent in a few words; the full text is in the title. */
function shortAgent(agent: string | null, fallback: string): string {
  if (!agent) return fallback;
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\/[\d.]+/.exec(agent)?.[1];
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(agent)?.[1];
  const name = browser === "Edg" ? "Edge" : browser === "OPR" ? "Opera" : browser;
  return [name, system?.replace("Mac OS X", "macOS")].filter(Boolean).join(", ") ||
    agent.slice(0, 40);
}

export function securityPage(
  view: View,
  sessions: readonly Session[],
  ended: boolean,
): Content {
  const { t, now, language } = view;
  return frame(view, "security", () => (
    <>
      {ended && <p class="form-saved" role="status">{t.settings.ended}</p>}
      <h2 class="section-title">{t.settings.sessions}</h2>
      <p class="quiet">{t.settings.sessionsText}</p>
      <ul class="sessions">
        {sessions.map((session) => {
          const kind = session.kind === "token" ? t.settings.program : t.settings.browser;
          const name = shortAgent(session.userAgent, kind);
          return (
            <li>
              <div>
                <strong title={session.userAgent ?? undefined}>{name}</strong>
                {session.current && <span class="tag tag-on">{t.settings.current}</span>}
                <p class="quiet">
                  {t.settings.lastUsed(formatDate(session.lastUsedAt, now, language))}
                  {" · "}
                  {t.settings.began(formatDate(session.createdAt, now, language))}
                  {session.address && ` · ${session.address}`}
                </p>
              </div>
              {!session.current && (
                <form method="post" action={`/settings/security/${session.id}/end`} data-swap>
                  <button
                    type="submit"
                    class="button"
                    aria-label={t.settings.revokeTitle(name)}
                  >
                    {t.settings.revoke}
                  </button>
                </form>
              )}
            </li>
          );
        })}
      </ul>
    </>
  ));
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
