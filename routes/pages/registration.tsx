/** Registration: what each way of joining asks for, and what one is told who has to wait. */
import { REASON_MAX } from "../../domain/registrations.ts";
import { siteWords } from "../../domain/i18n/site_words.ts";
import { Card, withNext } from "./account.tsx";
import { EmailField, NewPasswordField, UsernameField } from "./account_fields.tsx";
import type { View } from "./context.ts";
import { type FormState, nextPath } from "./forms.ts";
import { Field, FormError } from "./parts.tsx";
import type { Content } from "./view.tsx";

/** An invitation that a link brought along. */
export interface Brought {
  readonly secret: string;
  /** Whether it still lets one in. */
  readonly isOpen: boolean;
}

/** What is said above the form, and whether there is one at all. */
function terms({ t, site, language }: View, brought: Brought | null) {
  const words = siteWords(language).register;
  const invited = brought?.isOpen === true;
  const note = brought && !invited ? words.inviteEnded : null;
  switch (site.registration) {
    case "open":
      return { note: null, form: true, reason: false };
    case "closed":
      return { note: t.account.closed, form: false, reason: false };
    case "invite":
      return {
        note: invited ? words.invited : note ?? t.account.invite,
        form: invited,
        reason: false,
      };
    case "approval":
      return {
        note: invited ? words.invited : note ?? t.account.approval,
        form: true,
        reason: !invited,
      };
    default:
      return site.registration satisfies never;
  }
}

function Fields({ view, form, reason }: { view: View; form: FormState; reason: boolean }) {
  const { t, language } = view;
  const words = siteWords(language).register;
  return (
    <>
      <EmailField view={view} form={form} />
      <UsernameField view={view} form={form} />
      <Field
        name="displayName"
        label={t.account.displayName}
        value={form.values.displayName}
        help={t.account.displayNameHelp}
        error={form.errors.displayName}
        autocomplete="name"
        maxlength={80}
      />
      <NewPasswordField view={view} form={form} />
      {reason && (
        <Field
          name="reason"
          label={words.reason}
          value={form.values.reason}
          help={words.reasonHelp}
          error={form.errors.reason}
          maxlength={REASON_MAX}
          rows={4}
          required
        />
      )}
    </>
  );
}

/** `status` is that of the refusal, when there was one. */
export function registerPage(
  view: View,
  { form, asked, brought, status = 200 }: {
    form: FormState;
    asked: string | undefined;
    brought: Brought | null;
    status?: Content["status"];
  },
): Content {
  const { t, site, language } = view;
  const words = siteWords(language);
  const next = nextPath(asked, "/");
  const told = terms(view, brought);
  const body = () => (
    <Card view={view} title={t.account.register} welcome={t.account.welcomeNew}>
      {told.note && <p class="entry-note">{told.note}</p>}
      {told.form && (
        <form class="form" method="post" action="/register" data-swap>
          {form.problem && <FormError>{form.problem}</FormError>}
          <input type="hidden" name="next" value={next} />
          {brought?.isOpen && <input type="hidden" name="invite" value={brought.secret} />}
          <Fields view={view} form={form} reason={told.reason} />
          {site.front.settings.now().rules && (
            <p class="field-help">
              {words.register.byRegistering} <a href="/rules">{words.foot.rules}</a>
            </p>
          )}
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
  return { title: t.account.register, body, status, noIndex: brought !== null };
}

/** The account is made, and somebody has to let it in. */
export function waitingPage(view: View): Content {
  const words = siteWords(view.language).register;
  const body = () => (
    <Card view={view} title={words.waitingTitle} welcome={view.t.account.welcomeNew}>
      <p class="lead">{words.waiting}</p>
      <p class="acts entry-other">
        <a class="button" href="/">{view.t.errors.home}</a>
      </p>
    </Card>
  );
  return { title: words.waitingTitle, body, status: 202 };
}
