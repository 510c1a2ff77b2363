/** The site in figures, and what uploads are called: SQL and rows, nothing else. */
import type { Overview } from "../domain/overview.ts";
import type { Sql } from "./open.ts";

interface Counted {
  readonly status: string;
  readonly count: number;
}

const named = (rows: readonly Counted[]) =>
  Object.fromEntries(rows.map(({ status, count }) => [status, count]));

/** The store of what administrators see at a glance. */
export const overviewStore = (sql: Sql) => ({
  async figures(): Promise<Pick<Overview, "people" | "tracks" | "originalBytes">> {
    const [people, tracks, originals] = await Promise.all([
      sql<Counted[]>`select status, count(*)::int as count from users group by status`,
      sql<Counted[]>`select status, count(*)::int as count from tracks group by status`,
      sql<{ bytes: number }[]>`
        select coalesce(sum(bytes), 0)::bigint as bytes from (
          select distinct on (blob_key) bytes from uploads
        ) as originals`,
    ]);
    return {
      people: { active: 0, pending: 0, banned: 0, ...named(people) },
      tracks: { uploading: 0, processing: 0, playable: 0, ready: 0, failed: 0, ...named(tracks) },
      originalBytes: originals[0]?.bytes ?? 0,
    };
  },

  /** Of which tracks these uploads are, by the upload's id; those that are gone are left out. */
  async tracksOf(
    uploadIds: readonly string[],
  ): Promise<Map<string, { id: string; title: string }>> {
    if (uploadIds.length === 0) return new Map();
    const rows = await sql<{ uploadId: string; id: string; title: string }[]>`
      select uploads.id as "uploadId", tracks.id, tracks.title
      from uploads join tracks on tracks.id = uploads.track_id
      where uploads.id = any(${[...uploadIds]}::uuid[])`;
    return new Map(rows.map(({ uploadId, id, title }) => [uploadId, { id, title }]));
  },
});

export type OverviewStore = ReturnType<typeof overviewStore>;
