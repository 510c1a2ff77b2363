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
  /** Nothing was removed, for this was too much: rows must have been lost. */
  readonly refused?: { readonly unnamed: number; readonly named: number };
}

/** A day, in ms (U13). */
export const COLLECT_AFTER_MS = 24 * 3_600_000;
const PAGE = 500;
/** Blobs asked about at a time: a store far away answers each in its own time. */
const TOGETHER = 8;
/** What crashes leave is less than this, in blobs, or less than half: more is a loss of rows. */
const GUARD = 100;

/**
 * Removes the blobs that no row names and that are older than `olderThanMs`; none at all when these
 * are more than {@linkcode GUARD} and more than those that are named. What is being written is not
 * listed, and so never met. Rows are asked again right before each removal, so that a blob that got
 * its row meanwhile stays. Throws what the store and the rows throw; the next collection goes on.
 */
export async function collect(collection: Collection): Promise<Collected> {
  const { blobs, named, now, olderThanMs, pageSize = PAGE, told = Infinity, signal } = collection;
  const isOld = async (key: string) => {
    const modified = (await blobs.stat(key))?.lastModified.getTime();
    return modified !== undefined && now - modified > olderThanMs;
  };

  /** Page by page: how many are named, and what is to go. Ends early by `signal`. */
  async function* judged() {
    const judge = async (page: string[]) => {
      const kept = page.length > 0 ? await named(page) : new Set<string>();
      const unnamed = page.filter((key) => !kept.has(key));
      return { kept: page.length - unnamed.length, old: await chosen(unnamed, isOld) };
    };
    let page: string[] = [];
    for await (const key of blobs.keys("")) {
      if (signal?.aborted) return;
      page.push(key);
      if (page.length < pageSize) continue;
      yield await judge(page);
      page = [];
    }
    if (!signal?.aborted) yield await judge(page);
  }

  const total = { named: 0, unnamed: 0 };
  for await (const { kept, old } of judged()) {
    total.named += kept;
    total.unnamed += old.length;
  }
  const keys: string[] = [];
  let count = 0;
  if (signal?.aborted || total.unnamed === 0) return { count, keys };
  if (total.unnamed > Math.max(GUARD, total.named)) return { count, keys, refused: total };
  for await (const { old } of judged()) {
    for (const key of old) {
      if ((await named([key])).has(key)) continue;
      await blobs.delete(key);
      count += 1;
      if (keys.length < told) keys.push(key);
    }
  }
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
