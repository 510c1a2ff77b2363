/** The settings of one's security: the password, and where one is signed in. */
import type { Session } from "../../domain/auth.ts";
import { formatDate } from "../../domain/i18n/format.ts";
import type { View } from "./context.ts";
import type { FormState } from "./forms.ts";
import { Field, FormError } from "./parts.tsx";
import { frame } from "./settings.tsx";
import type { Content } from "./view.tsx";

/** A user agent in a few words; the full text is in the title. */
function shortAgent(agent: string | null, fallback: string): string {
  if (!agent) return fallback;
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\/[\d.]+/.exec(agent)?.[1];
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(agent)?.[1];
  const name = browser === "Edg" ? "Edge" : browser === "OPR" ? "Opera" : browser;
  return [name, system?.replace("Mac OS X", "macOS")].filter(Boolean).join(", ") ||
    agent.slice(0, 40);
}

function Sessions({ view, sessions }: { view: View; sessions: readonly Session[] }) {
  const { t, now, language } = view;
  return (
    <>
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
  );
}

function PasswordForm({ view, form }: { view: View; form: FormState }) {
  const { t } = view;
  return (
    <form class="form password-form" method="post" action="/settings/security/password" data-swap>
      <div>
        <h2 class="section-title">{t.settings.password}</h2>
        <p class="quiet">{t.settings.passwordText}</p>
      </div>
      {form.problem && <FormError>{form.problem}</FormError>}
      <Field
        name="currentPassword"
        type="password"
        label={t.settings.passwordNow}
        error={form.errors.currentPassword}
        autocomplete="current-password"
        required
      />
      <Field
        name="newPassword"
        type="password"
        label={t.settings.passwordNew}
        help={t.account.passwordHelp}
        error={form.errors.newPassword}
        autocomplete="new-password"
        required
      />
      <p class="acts">
        <button type="submit" class="button button-main">{t.settings.passwordSet}</button>
      </p>
    </form>
  );
}

/** `done` is what has just been done here; `status` that of the refusal, when there was one. */
export function securityPage(
  view: View,
  { sessions, form, done = null, status = 200 }: {
    sessions: readonly Session[];
    form: FormState;
    done?: "ended" | "passwordChanged" | null;
    status?: Content["status"];
  },
): Content {
  const content = frame(view, "security", () => (
    <>
      {done && <p class="form-saved" role="status">{view.t.settings[done]}</p>}
      <PasswordForm view={view} form={form} />
      <Sessions view={view} sessions={sessions} />
    </>
  ));
  return { ...content, status };
}
