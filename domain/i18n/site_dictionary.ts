/** The type of what every language says of a site, its settings and its ways in. */
import type { Widen } from "./dictionary.ts";
import type { enSite } from "./en_site.ts";

/** English is the pattern; a missing key does not compile. */
export type SiteWords = Widen<typeof enSite>;
