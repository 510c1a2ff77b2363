/** Whether a site may remove what its rows do not name: only where it is sure of its store (U13). */
import { siteMark, siteOf, SITES } from "../domain/blob_keys.ts";
import type { Blobs } from "./blobs.ts";

/** What the database says of the site; `collections` that were begun, ever. */
interface Site {
  readonly id: string;
  readonly since: Date;
  readonly collections: number;
}

/** The rows, as far as marks ask. */
export interface SiteRows {
  begin(): Promise<Site>;
  renew(since: Date, collections: number): Promise<Site>;
}

export type Verdict =
  | { readonly kind: "sure" }
  /** The database is new to these blobs, or was set back to an earlier day. */
  | { readonly kind: "new"; readonly until: Date }
  /** Others have their blobs here, by their marks; or this is not the database of these blobs. */
  | { readonly kind: "shared"; readonly own: string; readonly others: readonly string[] };

/**
 * Looks at the marks in the store, renews the site's own, and says whether it may collect now. A
 * mark counts the collections, as the database does: one that is ahead tells that the database was
 * restored, or is a copy. Throws what the store and the rows throw.
 *
 * @param now in ms since 1970
 * @param waitMs how long a site that is new to its blobs, or was set back, collects nothing
 */
export async function judgeStore(
  { blobs, rows, now, waitMs }: {
    blobs: Pick<Blobs, "list" | "read" | "put">;
    rows: SiteRows;
    now: number;
    waitMs: number;
  },
): Promise<Verdict> {
  // before the row, which only goes up: another node of this site may be at the same
  const marks = (await blobs.list(SITES)).filter((key) => siteOf(key) !== null);
  const counts = new Map<string, number>();
  for (const key of marks) counts.set(key, Number(new TextDecoder().decode(await blobs.read(key))));

  let site = await rows.begin();
  const mine = siteMark(site.id);
  const told = counts.get(mine);
  // the present collection is not in the mark yet; a count that is no number is no proof
  if (told === undefined || !(told < site.collections)) {
    const ahead = told !== undefined && Number.isSafeInteger(told) ? told + 1 : 0;
    site = await rows.renew(new Date(now), ahead);
  }
  await blobs.put(mine, new TextEncoder().encode(String(site.collections)));

  const others = marks.filter((key) => key !== mine);
  if (others.length > 0) return { kind: "shared", own: mine, others };
  const until = new Date(site.since.getTime() + waitMs);
  return now < until.getTime() ? { kind: "new", until } : { kind: "sure" };
}
