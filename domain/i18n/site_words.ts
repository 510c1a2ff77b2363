/** The words of pages and mails that only the server draws: browsers do not load them. */
import { enSite } from "./en_site.ts";
import { frSite } from "./fr_site.ts";
import type { Language } from "./mod.ts";
import type { SiteWords } from "./site_dictionary.ts";

const dictionaries: Readonly<Record<Language, SiteWords>> = { en: enSite, fr: frSite };

export const siteWords = (language: Language): SiteWords => dictionaries[language];
