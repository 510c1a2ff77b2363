/** The site that a database is of, and how far its collections have come: SQL and rows (U13). */
import type { Sql } from "./open.ts";

/** The one row. */
export interface Site {
  readonly id: string;
  /** Since when it is known to belong to its blobs. */
  readonly since: Date;
  /** Collections that were begun, ever. */
  readonly collections: number;
}

/** The store of the site. */
export const siteStore = (sql: Sql) => {
  const only = ([row]: readonly Site[]): Site => {
    if (!row) throw new Error("The table site is empty; wanted the one row that a migration made");
    return row;
  };

  return {
    /** Tells that a collection begins. */
    async begin(): Promise<Site> {
      return only(
        await sql<Site[]>`
          update site set collections = collections + 1 returning id, since, collections`,
      );
    },

    /** It is new to its blobs from `since` on; of the collections, at least `collections` were begun. */
    async renew(since: Date, collections: number): Promise<Site> {
      return only(
        await sql<Site[]>`
          update site set since = ${since}, collections = greatest(collections, ${collections}::bigint)
          returning id, since, collections`,
      );
    },
  };
};

export type SiteStore = ReturnType<typeof siteStore>;
