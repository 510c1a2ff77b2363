/** The words of pages and mails that only the server draws: browsers do not load them. */
import { enSite } from "./en_site.ts";
import { frSite } from "./fr_site.ts";
import type { Language } from "./mod.ts";
import type { Widen } from "./dictionary.ts";

export type SiteWords = Widen<typeof enSite>;

const dictionaries: Readonly<Record<Language, SiteWords>> = { en: enSite, fr: frSite };

export const siteWords = (language: Language): SiteWords => dictionaries[language];
