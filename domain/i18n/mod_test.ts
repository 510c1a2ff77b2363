/** Every language says everything; the choice of a language; forms. */
import { deepEqual, equal } from "node:assert/strict";
import { en } from "./en.ts";
import {
  formatBytes,
  formatDate,
  formatLevel,
  formatLimit,
  formatShare,
  formatSpan,
  formatTime,
  spokenTime,
} from "./format.ts";
import { fr } from "./fr.ts";
import { chooseLanguage } from "./mod.ts";
import { checkWords } from "../../tests/support/words.ts";

Deno.test("[W6] both languages have the same words, none empty or shouted, and French as it is set", () => {
  checkWords(en, fr);
});

Deno.test("[W6] plurals follow each language: French counts zero as one", () => {
  deepEqual([0, 1, 2].map(en.track.plays), ["0 plays", "1 play", "2 plays"]);
  deepEqual([0, 1, 2].map(fr.track.plays), ["0 écoute", "1 écoute", "2 écoutes"]);
});

Deno.test("[W6] a chosen language goes before the browser's, which is weighed", () => {
  equal(chooseLanguage("fr", "en"), "fr");
  equal(chooseLanguage("xx", "de, fr-CA;q=0.9, en;q=0.8"), "fr");
  equal(chooseLanguage(undefined, "fr;q=0, en"), "en");
  equal(chooseLanguage(undefined, undefined), "en");
  equal(chooseLanguage(undefined, "en;q=0.5,fr"), "fr");
});

Deno.test("[W6] times, sizes, levels and dates", () => {
  deepEqual([0, 83_400, 3_723_000].map(formatTime), ["0:00", "1:23", "1:02:03"]);
  equal(spokenTime(83_000, "en"), "1 minute 23 seconds");
  equal(spokenTime(120_000, "en"), "2 minutes");
  equal(spokenTime(0, "en"), "0 seconds");
  equal(formatBytes(31_400_000, "en"), "31.4 MB");
  equal(formatBytes(999_999, "en"), "1 MB");
  deepEqual([2 ** 31, 10 * 2 ** 30, 12_000_000].map((size) => formatLimit(size, "en")), [
    "2 GB",
    "10 GB",
    "12 MB",
  ]);
  equal(formatLevel(-14.2, "LUFS", "en"), "−14.2\u00a0LUFS");
  const now = Date.parse("2026-11-21T12:00:00Z");
  equal(formatDate("2026-11-21T11:58:00Z", now, "en"), "2 minutes ago");
  equal(formatDate("2026-11-20T11:00:00Z", now, "en"), "yesterday");
  equal(formatDate("2026-11-14T11:00:00Z", now, "en"), "14 November 2026");
  equal(formatDate("2026-11-14T11:00:00Z", now, "fr"), "14 novembre 2026");
  equal(formatShare(999_999, 1_000_000), "99\u00a0%", "not all before it is all");
  equal(formatShare(0, 0), "0\u00a0%");
  equal(formatSpan(15, "en"), "15 sec");
  equal(formatSpan(120, "en"), "2 min");
  equal(formatSpan(5_400, "en"), "1.5 hr");
  equal(formatSpan(15, "fr"), "15\u00a0s");
});
