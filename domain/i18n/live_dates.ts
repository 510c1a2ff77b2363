/** When a stream that was announced begins, and how long that is: "Saturday 20:00", "in 2 days". */

/** One that nobody began is announced no longer after this, in ms. */
export const OVERDUE_MS = 6 * 3_600_000;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A clock without am and pm, and the day before the month, without choosing a country for the rest. */
const tagOf = (language: string) => language === "en" ? "en-GB" : language;

/** Days since 1970 on a wall calendar of that zone. */
function dayOf(ms: number, timeZone: string): number {
  const [year, month, day] = new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" })
    .format(ms).split("-").map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day) / DAY;
}

/**
 * The day and the time: today, tomorrow, a weekday within the next six, else the date.
 *
 * @param timeZone where who reads it is; null: not known, so that it is told in UTC, and says so
 * @example
 * ```ts
 * formatStart("2026-11-28T20:00:00Z", Date.UTC(2026, 10, 25), "en", null); // "Saturday 20:00 UTC"
 * ```
 */
export function formatStart(
  iso: string,
  now: number,
  language: string,
  timeZone: string | null,
): string {
  const at = Date.parse(iso);
  const zone = timeZone ?? "UTC";
  const tag = tagOf(language);
  const time = new Intl.DateTimeFormat(tag, {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: zone,
    ...(timeZone === null && { timeZoneName: "short" }),
  }).format(at);
  const days = dayOf(at, zone) - dayOf(now, zone);
  if (days === 0 || days === 1) {
    return `${new Intl.RelativeTimeFormat(tag, { numeric: "auto" }).format(days, "day")} ${time}`;
  }
  const isNear = days > 1 && days < 7;
  const date: Intl.DateTimeFormatOptions = isNear ? { weekday: "long" } : { dateStyle: "long" };
  return `${new Intl.DateTimeFormat(tag, { ...date, timeZone: zone }).format(at)} ${time}`;
}

/** How long it is until then, in its largest unit: "in 3 hours"; null when that is under a minute. */
export function formatLeft(iso: string, now: number, language: string): string | null {
  const left = Date.parse(iso) - now;
  if (left < MINUTE) return null;
  const [unit, length] = left >= 2 * DAY
    ? ["day", DAY] as const
    : left >= 2 * HOUR
    ? ["hour", HOUR] as const
    : ["minute", MINUTE] as const;
  return new Intl.RelativeTimeFormat(tagOf(language)).format(Math.floor(left / length), unit);
}

/** A time as a field of type `datetime-local` has it, in this zone; "" for none. */
export function toField(iso: string | null, offsetMinutes: number): string {
  if (iso === null) return "";
  return new Date(Date.parse(iso) - offsetMinutes * MINUTE).toISOString().slice(0, 16);
}
