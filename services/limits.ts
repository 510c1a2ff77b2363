/** Counts requests by key in a sliding window; this form is of one node, in memory. */
import type { LimitName, LimitRule } from "../domain/limits.ts";

/** What became of one request. Times in ms. */
export interface Verdict {
  readonly allowed: boolean;
  readonly rule: LimitRule;
  readonly remaining: number;
  /** Until room is made again. */
  readonly resetMs: number;
}

export interface Limiter {
  /** Counts a request by `key`; null where limits are off. */
  take(name: LimitName, key: string): Verdict | null | Promise<Verdict | null>;
}

/** A limiter that answers at once, and can be told that a request was not let through after all. */
export interface MemoryLimiter extends Limiter {
  take(name: LimitName, key: string): Verdict | null;
  /** Uncounts the request that was allowed last by `key`. */
  giveBack(name: LimitName, key: string): void;
}

/** A window is counted in this many slices, so a count is late by a tenth of it at most. */
export const SLICES = 10;
/** Keys of this many callers are kept; past it, those that have been silent longest go. */
const MOST_KEYS = 100_000;

/**
 * A limiter in memory. Any window touches at most eleven slices, and these never hold more than
 * `limit + burst`: the promise of S5 holds for every window, not only for aligned ones.
 */
export function memoryLimiter(
  rules: Readonly<Record<LimitName, LimitRule>> | null,
  now: () => number = Date.now,
): MemoryLimiter {
  /** By rule and key: slice number → count, in order of time. */
  const counts = new Map<string, Map<number, number>>();

  return {
    take(name, key) {
      if (!rules) return null;
      const rule = rules[name];
      const width = rule.windowMs / SLICES;
      const slice = Math.floor(now() / width);
      const id = `${name} ${key}`;
      const slices = counts.get(id) ?? new Map<number, number>();
      let used = 0;
      for (const [at, count] of slices) {
        if (at < slice - SLICES) slices.delete(at);
        else used += count;
      }
      const most = rule.limit + rule.burst;
      const allowed = used < most;
      if (allowed) {
        slices.set(slice, (slices.get(slice) ?? 0) + 1);
        counts.delete(id); // to the end: a Map keeps the order of insertion
        counts.set(id, slices);
        if (counts.size > MOST_KEYS) counts.delete(counts.keys().next().value!);
      }
      const oldest = slices.keys().next().value ?? slice;
      return {
        allowed,
        rule,
        remaining: Math.max(0, most - used - (allowed ? 1 : 0)),
        resetMs: Math.max(0, Math.ceil((oldest + SLICES + 1) * width - now())),
      };
    },
    giveBack(name, key) {
      const slices = counts.get(`${name} ${key}`);
      const newest = slices && [...slices.keys()].at(-1);
      if (newest === undefined) return;
      const count = slices?.get(newest) ?? 0;
      if (count > 1) slices?.set(newest, count - 1);
      else slices?.delete(newest);
    },
  };
}
