/** Removes blobs that no row names: what a crash or a half-done deletion left behind (U13). */
import type { Blobs } from "./blobs.ts";

/** What a collection needs. */
export interface Collection {
  readonly blobs: Pick<Blobs, "list" | "stat" | "delete">;
  /** Those of `keys` that a row names. A key that it wrongly leaves out is lost. */
  readonly named: (keys: string[]) => Promise<ReadonlySet<string>>;
  /** The time, in ms since 1970. */
  readonly now: number;
  /** A younger blob stays: its row may be about to be written. In ms; U13 has 24 h. */
  readonly olderThanMs: number;
  /** Keys looked at in one go. Default: 500. */
  readonly pageSize?: number;
  /** Ends the collection between two pages; what was removed until then is returned. */
  readonly signal?: AbortSignal;
}

/** A day, in ms (U13). */
export const COLLECT_AFTER_MS = 24 * 3_600_000;
const PAGE = 500;
/** Blobs asked about at a time: a store far away answers each in its own time. */
const TOGETHER = 8;

/**
 * Removes the blobs that no row names and that are older than `olderThanMs`; returns their keys.
 * What is being written is not listed, and so never met. Rows are asked again right before the
 * removal, so that a blob that was just found anew (deduplication) stays. Throws what the store and
 * the rows throw; the next collection goes on.
 */
export async function collect(collection: Collection): Promise<string[]> {
  const { blobs, named, now, olderThanMs, pageSize = PAGE, signal } = collection;
  const keys = await blobs.list("");
  const removed: string[] = [];
  const unnamed = async (some: string[]) => {
    const kept = some.length > 0 ? await named(some) : new Set();
    return some.filter((key) => !kept.has(key));
  };
  for (let at = 0; at < keys.length && !signal?.aborted; at += pageSize) {
    const page = await unnamed(keys.slice(at, at + pageSize));
    const old: string[] = [];
    for (let next = 0; next < page.length; next += TOGETHER) {
      const some = page.slice(next, next + TOGETHER);
      const stats = await Promise.all(some.map((key) => blobs.stat(key)));
      old.push(...some.filter((_, which) => {
        const modified = stats[which]?.lastModified.getTime();
        return modified !== undefined && now - modified > olderThanMs;
      }));
    }
    for (const key of await unnamed(old)) {
      await blobs.delete(key);
      removed.push(key);
    }
  }
  return removed;
}
