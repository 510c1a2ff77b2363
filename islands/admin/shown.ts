/** How figures of the runtime are written. */
import { formatSpan } from "../../domain/i18n/format.ts";
import type { ActorView } from "../../domain/runtime.ts";
import { language, t } from "../shared/words.ts";

/** A whole number with the marks of the language. */
export const figure = (value: number): string => new Intl.NumberFormat(language()).format(value);

/** A length of time that may be short: `0.4 ms`, `12 ms`, `1.3 s`. */
export function took(ms: number): string {
  const [value, unit] = ms < 1_000 ? [ms, "ms"] as const : [ms / 1_000, "s"] as const;
  const digits = value < 10 ? 1 : 0;
  return `${
    new Intl.NumberFormat(language(), { maximumFractionDigits: digits }).format(value)
  }\u00a0${unit}`;
}

/** Messages a second, with a place more where there are few. */
export const rate = (perSecond: number): string =>
  new Intl.NumberFormat(language(), { maximumFractionDigits: perSecond < 10 ? 1 : 0 })
    .format(perSecond);

/** How long ago it was at `now`: `15 s`. */
export const span = (iso: string, now: number): string =>
  formatSpan(Math.max(0, Math.round((now - Date.parse(iso)) / 1_000)), language());

/** The time of day, to the second. */
export const clock = (iso: string): string =>
  new Intl.DateTimeFormat(language() === "en" ? "en-GB" : language(), {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    ...typeof document === "undefined" && { timeZone: "UTC" },
  }).format(Date.parse(iso));

/** What a kind of actor is called. */
export const kindWord = (kind: string): string => {
  const kinds: Readonly<Record<string, string>> = t().admin.runtime.kinds;
  return kinds[kind] ?? kind;
};

/** A key short enough to be read: ids end in what tells them apart. */
export const shortKey = (key: string): string => key.length > 20 ? `…${key.slice(-8)}` : key;

/** What an actor is called in a sentence. */
export const actorWord = (
  { kind, key }: Pick<ActorView, "kind" | "key">,
  title: string | undefined,
): string =>
  title === undefined
    ? `${kindWord(kind)} ${shortKey(key)}`
    : t().admin.runtime.named(kindWord(kind), title);
