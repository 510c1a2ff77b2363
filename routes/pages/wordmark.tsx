/** The site's logo, or its name where it has none: the way to the first page. */
import type { View } from "./context.ts";

/** A longer name is set smaller: the rail is narrow. Letters. */
const SHORT = 6;

export function Wordmark({ view }: { view: View }) {
  const { site, t } = view;
  const { name, logoUrl } = site.front.settings.now();
  const look = logoUrl || name.length <= SHORT ? "wordmark" : "wordmark wordmark-long";
  return (
    <a class={look} href="/" aria-label={`${name}, ${t.places.discover}`}>
      {logoUrl ? <img src={logoUrl} alt="" width={44} height={44} /> : <span>{name}</span>}
    </a>
  );
}
