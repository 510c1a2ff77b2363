/** Keeps the blobs to what rows name: ends deletions, and collects what was left behind (U13, U15). */
import { erasureStore } from "../db/erasures.ts";
import { namedKeys } from "../db/named.ts";
import type { Sql } from "../db/open.ts";
import type { Blobs } from "../media/blobs.ts";
import { collect, COLLECT_AFTER_MS } from "../media/collector.ts";
import type { Log } from "../services/log.ts";

/** A collection looks at every blob: this often is enough for what may lie for a day, in ms. */
const COLLECT_EVERY_MS = 3_600_000;
/** Keys of removed blobs that go into the log; the rest is counted. */
const TOLD = 20;

export interface Cleaning extends AsyncDisposable {
  /** Removes what lies at places: keys, or folders with a slash at their end. */
  erase(places: readonly string[]): Promise<void>;
  /** Removes one blob; when that fails now, the collector does it. */
  discard(key: string): Promise<void>;
  /** Ends deletions that broke off, and collects when the time has come. */
  sweep(): Promise<void>;
}

/** @param now in ms since 1970 */
export function cleaning(
  { blobs, sql, log, now = Date.now }: { blobs: Blobs; sql: Sql; log: Log; now?: () => number },
): Cleaning {
  const erasures = erasureStore(sql);
  const closing = new AbortController();
  let collecting: Promise<void> = Promise.resolve();
  let collectedAt = -Infinity;

  const erase = async (places: readonly string[]) => {
    for (const place of places) {
      if (place.endsWith("/")) await blobs.deletePrefix(place.slice(0, -1));
      else await blobs.delete(place);
      await erasures.forget(place);
    }
  };

  /** Beside everything else: of a large store it takes long. */
  const collectNow = async () => {
    try {
      const at = now();
      const unfinished = await blobs.sweep(new Date(at - COLLECT_AFTER_MS));
      const { keys, count } = await collect({
        blobs,
        named: (keys) => namedKeys(sql, keys),
        now: at,
        olderThanMs: COLLECT_AFTER_MS,
        told: TOLD,
        signal: closing.signal,
      });
      if (count + unfinished === 0) return;
      log.info("collected what no row names", { blobs: count, unfinished, keys });
    } catch (error) {
      log.warn("the collection broke off, the next goes on", { error });
    }
  };

  return {
    erase,
    async discard(key) {
      try {
        await blobs.delete(key);
      } catch (error) {
        log.warn("a blob is left to the collector", { key, error });
      }
    },
    async sweep() {
      await erase(await erasures.pending());
      if (now() - collectedAt < COLLECT_EVERY_MS) return;
      collectedAt = now();
      collecting = collecting.then(collectNow);
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await collecting;
    },
  };
}
