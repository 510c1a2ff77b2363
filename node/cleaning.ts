/** Keeps the blobs to what rows name: ends deletions, and collects what was left behind (U13, U15). */
import { erasureStore } from "../db/erasures.ts";
import { namedKeys } from "../db/named.ts";
import type { Sql } from "../db/open.ts";
import { siteStore } from "../db/site.ts";
import { FOLDERS } from "../domain/blob_keys.ts";
import { isRejection } from "../domain/errors.ts";
import type { Blobs } from "../media/blobs.ts";
import { collect, COLLECT_AFTER_MS } from "../media/collector.ts";
import { overWithin } from "../media/over_within.ts";
import { judgeStore, type Verdict } from "../media/site_marks.ts";
import type { Log } from "../services/log.ts";

/** A collection looks at every blob: this often is enough for what may lie for a day, in ms. */
const COLLECT_EVERY_MS = 3_600_000;
/** A place that could not be erased is tried again after this time, in ms. */
const POSTPONED_MS = 300_000;
/** Whoever stops waits so long for a collection to break off, in ms: a store may be away. */
const PATIENCE_MS = 2_000;
/** Keys of removed blobs that go into the log; the rest is counted. */
const TOLD = 20;

export interface Cleaning extends AsyncDisposable {
  /**
   * Removes what lies at places that were noted: keys, or folders with a slash at their end. One that
   * fails is told, and left to a later sweep.
   */
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
  const site = siteStore(sql);
  const closing = new AbortController();
  let collecting: Promise<void> = Promise.resolve();
  let collectedAt = -Infinity;
  let said: Verdict["kind"] = "sure";

  const erase = async (places: readonly string[]) => {
    for (const place of places) {
      try {
        if (place.endsWith("/")) await blobs.deletePrefix(place.slice(0, -1));
        else await blobs.delete(place);
        await erasures.forget(place);
      } catch (error) {
        log.warn("a place is erased later", { place, error });
        await erasures.postpone(place, POSTPONED_MS);
        if (isRejection(error, "unavailable")) return; // so would be the next, after a long wait
      }
    }
  };

  /** Whether the store is surely this site's alone; why not is told once. */
  const isSure = async (at: number): Promise<boolean> => {
    const verdict = await judgeStore({ blobs, rows: site, now: at, waitMs: COLLECT_AFTER_MS });
    const told = verdict.kind === said;
    said = verdict.kind;
    if (verdict.kind === "sure") return true;
    if (told) return false;
    if (verdict.kind === "new") {
      // of every new site, and over by itself: nobody has to know
      log.debug("nothing is collected for a day: the database is new to these blobs, or restored", {
        until: verdict.until.toISOString(),
      });
    } else {
      log.error(
        "nothing is collected: another site has its blobs here too, or this is not their database. " +
          "See to DATABASE_URL, and give each site a store of its own; remove a mark only when its " +
          "site is gone for good",
        { own: verdict.own, others: verdict.others },
      );
    }
    return false;
  };

  /** Of our own folders only: a bucket may have others' files, and they count for nothing. */
  async function* ourKeys() {
    for (const folder of FOLDERS) yield* blobs.keys(folder);
  }

  /** Beside everything else: of a large store it takes long. */
  const collectNow = async () => {
    try {
      const at = now();
      const unfinished = await blobs.sweep(new Date(at - COLLECT_AFTER_MS));
      if (unfinished > 0) log.info("ended writes that a crash had left", { unfinished });
      if (!await isSure(at)) return;
      const { keys, count, refused } = await collect({
        blobs: { ...blobs, keys: ourKeys },
        named: (keys) => namedKeys(sql, keys),
        now: at,
        olderThanMs: COLLECT_AFTER_MS,
        told: TOLD,
        signal: closing.signal,
      });
      if (refused) {
        log.error(
          "nothing is collected: no row names most of the blobs, so rows must have been lost. See to " +
            "DATABASE_URL, or restore the database; what is truly nobody's has to be removed by hand",
          refused,
        );
      }
      if (count > 0) log.info("collected what no row names", { blobs: count, keys });
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
      if (!await overWithin(collecting, PATIENCE_MS)) {
        log.warn("the collection is left in the middle");
      }
    },
  };
}
