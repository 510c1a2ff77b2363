/** `/admin/site`: what the site is called and shows, and who may join. */
import { siteWords } from "../../domain/i18n/site_words.ts";
import { adminPage } from "./admin_shell.tsx";
import type { View } from "./context.ts";
import type { FormState } from "./forms.ts";
import { FormError } from "./parts.tsx";
import { LogoField, SiteFields } from "./site_fields.tsx";
import type { Content } from "./view.tsx";

export function siteSettingsPage(
  view: View,
  { form, saved, logoProblem, status = 200 }: {
    form: FormState;
    saved: boolean;
    logoProblem?: string;
    status?: Content["status"];
  },
): Content {
  const words = siteWords(view.language).settings;
  const config = view.site.front.settings.now();
  const inside = () => (
    <div class="site-settings">
      <p class="lead">{words.lead}</p>
      <form class="form" method="post" action="/admin/site" data-swap>
        {saved && <p class="form-saved" role="status">{words.saved}</p>}
        {form.problem && <FormError>{form.problem}</FormError>}
        <SiteFields view={view} form={form} config={config} />
        <p class="acts">
          <button type="submit" class="button button-main">{words.save}</button>
        </p>
      </form>
      <section class="site-logo">
        <h2 class="section-title">{words.logo}</h2>
        {config.logoUrl
          ? (
            <img
              class="logo-large"
              src={config.logoUrl}
              alt={words.logoAlt(config.name)}
              width={160}
              height={160}
            />
          )
          : <p class="quiet">{words.logoNone}</p>}
        <form class="form" method="post" action="/admin/site/logo" encType="multipart/form-data">
          <LogoField view={view} error={logoProblem} />
          <p class="acts">
            <button type="submit" class="button">{words.logoSet}</button>
          </p>
        </form>
        {config.logoUrl && (
          <form method="post" action="/admin/site/logo/remove" data-swap>
            <button type="submit" class="button button-quiet">{words.logoRemove}</button>
          </form>
        )}
      </section>
    </div>
  );
  return adminPage(view, "site", inside, { wide: true, status });
}
