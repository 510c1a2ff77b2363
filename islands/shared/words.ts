/** The words of the page's language in the browser: one dictionary is loaded, before any island. */
import type { Dictionary } from "../../domain/i18n/dictionary.ts";

interface Spoken {
  language: string;
  words: Dictionary | null;
}

const spoken: Spoken = { language: "en", words: null };

/** Loads the dictionary that `<html lang>` names. */
export async function loadWords(): Promise<void> {
  const language = document.documentElement.lang;
  const words = language === "fr"
    ? (await import("../../domain/i18n/fr.ts")).fr
    : (await import("../../domain/i18n/en.ts")).en;
  speak(language, words);
}

/** Sets the language; the server does so while it renders an island's first picture. */
export function speak(language: string, words: Dictionary): void {
  spoken.language = language;
  spoken.words = words;
}

/** The dictionary in use. */
export function t(): Dictionary {
  if (!spoken.words) throw new Error("An island was drawn before its words were loaded");
  return spoken.words;
}

/** The language in use, as a BCP 47 tag. */
export const language = (): string => spoken.language;
