/** Removes blobs that no row names: what a crash or a half-done deletion left behind (U13). */
import type { Blobs } from "./blobs.ts";

/** What a collection needs. */
export interface Collection {
  readonly blobs: Pick<Blobs, "keys" | "stat" | "delete">;
  /** Those of `keys` that a row names. A key that it wrongly leaves out is lost. */
  readonly named: (keys: string[]) => Promise<ReadonlySet<string>>;
  /** The time, in ms since 1970. */
  readonly now: number;
  /** A younger blob stays: its row may be about to be written. In ms; U13 has 24 h. */
  readonly olderThanMs: number;
  /** Keys held and looked at in one go, however many there are. Default: 500. */
  readonly pageSize?: number;
  /** Keys of removed blobs that are told at most. Default: all. */
  readonly told?: number;
  /** Ends the collection between two pages; what was removed until then is returned. */
  readonly signal?: AbortSignal;
}

/** What was removed: how many blobs, and the keys of the first of them. */
export interface Collected {
  readonly count: number;
  readonly keys: readonly string[];
}

/** A day, in ms (U13). */
export const COLLECT_AFTER_MS = 24 * 3_600_000;
const PAGE = 500;
/** Blobs asked about at a time: a store far away answers each in its own time. */
const TOGETHER = 8;

/**
 * Removes the blobs that no row names and that are older than `olderThanMs`. What is being written
 * is not listed, and so never met. Rows are asked again right before the removal, so that a blob
 * that got its row meanwhile stays. Throws what the store and the rows throw; the next collection
 * goes on.
 */
export async function collect(collection: Collection): Promise<Collected> {
  const { blobs, named, now, olderThanMs, pageSize = PAGE, told = Infinity, signal } = collection;
  const keys: string[] = [];
  let count = 0;
  const unnamed = async (some: string[]) => {
    const kept = some.length > 0 ? await named(some) : new Set();
    return some.filter((key) => !kept.has(key));
  };
  const isOld = async (key: string) => {
    const modified = (await blobs.stat(key))?.lastModified.getTime();
    return modified !== undefined && now - modified > olderThanMs;
  };
  const clean = async (page: string[]) => {
    const old = await chosen(await unnamed(page), isOld);
    for (const key of await unnamed(old)) {
      await blobs.delete(key);
      count += 1;
      if (keys.length < told) keys.push(key);
    }
  };
  let page: string[] = [];
  for await (const key of blobs.keys("")) {
    if (signal?.aborted) return { count, keys };
    page.push(key);
    if (page.length < pageSize) continue;
    await clean(page);
    page = [];
  }
  if (!signal?.aborted) await clean(page);
  return { count, keys };
}

/** Those of `list` that `wanted` says yes to, asked {@linkcode TOGETHER} at a time. */
async function chosen(
  list: readonly string[],
  wanted: (one: string) => Promise<boolean>,
): Promise<string[]> {
  const found: string[] = [];
  for (let at = 0; at < list.length; at += TOGETHER) {
    const some = list.slice(at, at + TOGETHER);
    const answers = await Promise.all(some.map(wanted));
    found.push(...some.filter((_, which) => answers[which]));
  }
  return found;
}
