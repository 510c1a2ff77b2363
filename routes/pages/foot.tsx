/**
 * What stands below every page: the site's name where its logo took the name's place above, its
 * rules and legal notice, and the software it runs on.
 */
import { siteWords } from "../../domain/i18n/site_words.ts";
import { SOFTWARE } from "../../domain/site_settings.ts";
import type { View } from "./context.ts";

export function Foot({ view }: { view: View }) {
  const { foot } = siteWords(view.language);
  const { name, logoUrl, rules, legal } = view.site.front.settings.now();
  return (
    <footer id="foot" class="foot">
      <nav aria-label={foot.label}>
        {logoUrl && <strong>{name}</strong>}
        {rules && <a href="/rules">{foot.rules}</a>}
        {legal && <a href="/legal">{foot.legal}</a>}
        <span>{foot.software} {SOFTWARE}</span>
      </nav>
    </footer>
  );
}
