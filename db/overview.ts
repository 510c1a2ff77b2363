/** The site in figures, and what uploads, streams and rooms are called: SQL and rows, nothing else. */
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

  /** What these streams are called, by id; those that are private are left out. */
  async streamsOf(ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map();
    const rows = await sql<{ id: string; title: string }[]>`
      select id, title from live_streams
      where id = any(${[...ids]}::uuid[]) and visibility <> 'private' and deleted_at is null`;
    return new Map(rows.map(({ id, title }) => [id, title]));
  },

  /**
   * What these rooms are called, by id, with the stream that one belongs to; those that are not open
   * to everybody are left out.
   */
  async roomsOf(
    ids: readonly string[],
  ): Promise<Map<string, { title: string; streamId: string | null }>> {
    if (ids.length === 0) return new Map();
    const rows = await sql<{ id: string; title: string; streamId: string | null }[]>`
      select rooms.id, coalesce(s.title, rooms.name) as title, s.id as "streamId"
      from rooms left join live_streams s on s.room_id = rooms.id
      where rooms.id = any(${[...ids]}::uuid[]) and rooms.kind in ('public', 'live')
        and not rooms.hidden and rooms.deleted_at is null`;
    return new Map(rows.map(({ id, title, streamId }) => [id, { title, streamId }]));
  },
});

export type OverviewStore = ReturnType<typeof overviewStore>;
