/** Times, sizes, dates and numbers in words that follow the language; pure. */

/**
 * A position or length of sound: `m:ss`, or `h:mm:ss` from one hour on.
 *
 * @example
 * ```ts
 * formatTime(83_400); // "1:23"
 * ```
 */
export function formatTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A length as it is spoken: `2 minutes 5 seconds`, for screen readers. */
export function spokenTime(ms: number, language: string): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const unit = (value: number, name: "hour" | "minute" | "second") =>
    new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "long" }).format(
      value,
    );
  const parts = [
    seconds >= 3600 ? unit(Math.floor(seconds / 3600), "hour") : "",
    seconds >= 60 ? unit(Math.floor(seconds / 60) % 60, "minute") : "",
    seconds % 60 > 0 || seconds < 60 ? unit(seconds % 60, "second") : "",
  ];
  return parts.filter(Boolean).join(" ");
}

/** A size with its unit, in steps of 1000 unless told otherwise: `31.4 MB`. */
export function formatBytes(bytes: number, language: string, step = 1000): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  let [value, rank] = [bytes, 0];
  while (value >= 999.5 && rank < units.length - 1) [value, rank] = [value / step, rank + 1];
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: units[rank],
    unitDisplay: rank === 0 ? "long" : "short",
    maximumFractionDigits: rank > 0 && value < 100 ? 1 : 0,
  }).format(value).replace("\u202f", "\u00a0"); // the narrow space all but closes before "Mo"
}

/** Whoever set a limit in steps of 1024 thinks of a round figure: it and its use are told in those. */
export const stepOf = (limitBytes: number): number => limitBytes % 1024 ** 3 === 0 ? 1024 : 1000;

/** A limit as it was meant: `2 GB` for 2 GiB. */
export const formatLimit = (bytes: number, language: string): string =>
  formatBytes(bytes, language, stepOf(bytes));

/** A rate of sampling: `44.1 kHz`. */
export const formatHertz = (hertz: number, language: string): string =>
  `${new Intl.NumberFormat(language, { maximumFractionDigits: 3 }).format(hertz / 1000)}\u00a0kHz`;

/** A level in the unit given, with a true minus sign: `−14.2 LUFS`. */
export const formatLevel = (value: number, unit: string, language: string): string =>
  `${
    new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
      .format(value).replace("-", "−")
  }\u00a0${unit}`;

const STEPS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000]] as const;

/** English dates say the day first, without choosing a country for the rest. */
const dateTag = (language: string) => language === "en" ? "en-GB" : language;

/** A day in full: `21 November 2026`. */
export const formatDay = (iso: string, language: string): string =>
  new Intl.DateTimeFormat(dateTag(language), { dateStyle: "long", timeZone: "UTC" })
    .format(Date.parse(iso));

/** A date, relative up to a week and absolute from then on. */
export function formatDate(iso: string, now: number, language: string): string {
  const then = Date.parse(iso);
  const ago = now - then;
  if (ago >= 7 * 86_400_000 || ago < -60_000) {
    return formatDay(iso, language);
  }
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  for (const [unit, length] of STEPS) {
    if (ago >= length) return relative.format(-Math.floor(ago / length), unit);
  }
  return relative.format(0, "second");
}

/** A part of a whole in percent, never rounded up to all of it: `43 %`. */
export const formatShare = (part: number, whole: number): string =>
  `${whole > 0 ? Math.floor(100 * part / whole) : 0}\u00a0%`;

/** A length of time in its largest unit: `15 s`, `2 min`, `3 h`. */
export function formatSpan(seconds: number, language: string): string {
  const [value, unit] = seconds < 60
    ? [seconds, "second"] as const
    : seconds < 3_600
    ? [seconds / 60, "minute"] as const
    : [seconds / 3_600, "hour"] as const;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: unit === "hour" && value < 10 ? 1 : 0,
  }).format(value).replaceAll("\u202f", "\u00a0");
}
