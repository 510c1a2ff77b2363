/** Languages: the typed dictionaries, the choice of one, and forms that follow it (W6). */
import type { Dictionary } from "./dictionary.ts";
import { en } from "./en.ts";
import { fr } from "./fr.ts";

export type { Dictionary };

export const LANGUAGES = ["en", "fr"] as const;
export type Language = (typeof LANGUAGES)[number];

const dictionaries: Readonly<Record<Language, Dictionary>> = { en, fr };

/** The words of a language. */
export const words = (language: Language): Dictionary => dictionaries[language];

/** Whether `text` names a language that Veza speaks. */
export const isLanguage = (text: string | undefined): text is Language =>
  LANGUAGES.some((language) => language === text);

/**
 * The language for a request: what was chosen (a cookie), else the best of `Accept-Language`
 * (RFC 9110 §12.5.4), else English.
 *
 * @example
 * ```ts
 * chooseLanguage(undefined, "fr-CA, en;q=0.8"); // "fr"
 * ```
 */
export function chooseLanguage(chosen: string | undefined, accepted: string | undefined): Language {
  if (isLanguage(chosen)) return chosen;
  const ranges = (accepted ?? "").split(",").map((part, position) => {
    const [tag = "", ...parameters] = part.trim().toLowerCase().split(";");
    const q = parameters.find((parameter) => parameter.trim().startsWith("q="));
    return { tag: tag.split("-")[0], q: q ? Number(q.trim().slice(2)) || 0 : 1, position };
  }).filter(({ q }) => q > 0);
  ranges.sort((a, b) => b.q - a.q || a.position - b.position);
  return ranges.map(({ tag }) => tag).find(isLanguage) ?? "en";
}
