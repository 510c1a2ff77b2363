/** The icon of a site in a browser's tab: its logo, or the software's own while it has none. */
import type { Site } from "./site.ts";

export function siteIcon(site: Site): { readonly url: string; readonly type: string } {
  const logo = site.front.settings.now().logoUrl;
  if (logo) return { url: logo, type: "image/webp" };
  const drawn = "static/favicon.svg";
  return { url: site.assets()[drawn]?.url ?? `/${drawn}`, type: "image/svg+xml" };
}
