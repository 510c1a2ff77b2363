/** The page behind the one-time link: the first administrator, and what the site is to be. */
import { siteWords } from "../../domain/i18n/site_words.ts";
import { Card } from "./account.tsx";
import { EmailField, NewPasswordField, UsernameField } from "./account_fields.tsx";
import type { View } from "./context.ts";
import type { FormState } from "./forms.ts";
import { FormError } from "./parts.tsx";
import { LogoField, SiteFields } from "./site_fields.tsx";
import type { Content } from "./view.tsx";

function Account({ view, form }: { view: View; form: FormState }) {
  const { viewer, language } = view;
  const words = siteWords(language).setup;
  if (viewer.kind === "user") return <p>{words.signedInAs(viewer.username)}</p>;
  return (
    <>
      <p class="field-help">{words.accountText}</p>
      <UsernameField view={view} form={form} />
      <EmailField view={view} form={form} />
      <NewPasswordField view={view} form={form} />
    </>
  );
}

export function setupPage(
  view: View,
  form: FormState,
  status: Content["status"] = 200,
): Content {
  const { setup: words } = siteWords(view.language);
  const config = view.site.front.settings.now();
  const body = () => (
    <Card view={view} title={words.title} welcome={words.welcome}>
      <form class="form" method="post" action="/setup" encType="multipart/form-data">
        <p class="quiet">{words.lead}</p>
        {form.problem && <FormError>{form.problem}</FormError>}
        <h2 class="section-title">{words.account}</h2>
        <Account view={view} form={form} />
        <h2 class="section-title">{words.site}</h2>
        <SiteFields view={view} form={form} config={config} />
        <LogoField view={view} error={form.errors.file} later />
        <p class="acts">
          <button type="submit" class="button button-main">{words.finish}</button>
        </p>
      </form>
    </Card>
  );
  return { title: words.title, body, status, noIndex: true };
}

/** The link was used, or is none. */
export function setupEndedPage(view: View): Content {
  const { setup: words } = siteWords(view.language);
  const body = () => (
    <div class="error">
      <p class="error-status">403</p>
      <h1 class="error-title">{words.endedTitle}</h1>
      <p class="lead">{words.ended}</p>
      <p class="acts">
        <a class="button button-main" href="/login">{words.toLogin}</a>
        <a class="button" href="/">{view.t.errors.home}</a>
      </p>
    </div>
  );
  return { title: words.endedTitle, body, status: 403, noIndex: true };
}
