/** Times and days of messages, where the page is read; on the server, where that runs. */
import { language } from "../shared/words.ts";
import { words } from "./words.ts";

const DAY_MS = 86_400_000;
/** English dates say the day first, without choosing a country for the rest. */
const tag = () => language() === "en" ? "en-GB" : language();

/** `14:05` */
export const clockOf = (iso: string): string =>
  new Intl.DateTimeFormat(tag(), { hour: "2-digit", minute: "2-digit" }).format(Date.parse(iso));

/** The day of a time: `2026-11-21`. */
export const dayOf = (iso: string): string =>
  new Intl.DateTimeFormat("sv", { dateStyle: "short" }).format(Date.parse(iso));

/** A day as its separator says it. */
export function dayName(iso: string, now: number): string {
  const at = (ms: number) => dayOf(new Date(ms).toISOString());
  if (dayOf(iso) === at(now)) return words().log.today;
  if (dayOf(iso) === at(now - DAY_MS)) return words().log.yesterday;
  return new Intl.DateTimeFormat(tag(), { dateStyle: "full" }).format(Date.parse(iso));
}

/** The whole of it, to be shown on demand. */
export const momentOf = (iso: string): string =>
  new Intl.DateTimeFormat(tag(), { dateStyle: "long", timeStyle: "short" }).format(Date.parse(iso));
