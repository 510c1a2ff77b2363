/** Tests of when a stream begins, in words. */
import { equal } from "node:assert/strict";
import { formatLeft, formatStart, toField } from "./live_dates.ts";

const NOW = Date.parse("2026-11-25T10:00:00Z"); // a Wednesday

Deno.test("[L8] a beginning is a day and a time where one is: today, tomorrow, a weekday, a date", () => {
  const paris = (iso: string, language = "en") => formatStart(iso, NOW, language, "Europe/Paris");
  equal(paris("2026-11-25T19:00:00Z"), "today 20:00");
  equal(paris("2026-11-25T23:30:00Z"), "tomorrow 00:30");
  equal(paris("2026-11-28T19:00:00Z"), "Saturday 20:00");
  equal(paris("2026-12-02T19:00:00Z"), "2 December 2026 20:00");
  equal(paris("2026-11-20T19:00:00Z"), "20 November 2026 20:00");
  equal(paris("2026-11-28T19:00:00Z", "fr"), "samedi 20:00");
  equal(paris("2026-11-26T19:00:00Z", "fr"), "demain 20:00");
  equal(
    formatStart("2026-11-25T23:30:00Z", NOW, "en", null),
    "today 23:30 UTC",
    "it says whose time",
  );
});

Deno.test("[L8] how long that is has one unit, and ends with the last minute", () => {
  const left = (ms: number, language = "en") =>
    formatLeft(new Date(NOW + ms).toISOString(), NOW, language);
  equal(left(3 * 86_400_000), "in 3 days");
  equal(left(47 * 3_600_000), "in 47 hours");
  equal(left(119 * 60_000), "in 119 minutes");
  equal(left(60_000), "in 1 minute");
  equal(left(3 * 3_600_000, "fr"), "dans 3 heures");
  equal(left(59_000), null);
  equal(left(-1), null);
});

Deno.test("[L8] a field has the time of who fills it in", () => {
  equal(toField("2026-11-25T19:00:00Z", -60), "2026-11-25T20:00");
  equal(toField("2026-11-25T02:00:00Z", 300), "2026-11-24T21:00");
  equal(toField(null, 0), "");
});
