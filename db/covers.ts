/** Covers of tracks: SQL and rows, nothing else. */
import type { Sql } from "./open.ts";

/** What a change of cover replaced. */
export interface Replaced {
  /** The key of the cover before; null when there was none. */
  readonly previous: string | null;
}

export const coverStore = (sql: Sql) => ({
  /** The owner's choice, or `null` for none; null when the track is gone. */
  async choose(trackId: string, key: string | null): Promise<Replaced | null> {
    const [row] = await sql<Replaced[]>`
      with before as (select id, cover_key from tracks where id = ${trackId} for update)
      update tracks set cover_key = ${key}, cover_chosen = true, updated_at = now()
      from before where tracks.id = before.id
      returning before.cover_key as previous`;
    return row ?? null;
  },

  /** What a file brought along; null when the owner has chosen, or the track is gone. */
  async bring(trackId: string, key: string): Promise<Replaced | null> {
    const [row] = await sql<Replaced[]>`
      with before as (
        select id, cover_key from tracks where id = ${trackId} and not cover_chosen for update
      )
      update tracks set cover_key = ${key}, updated_at = now()
      from before where tracks.id = before.id
      returning before.cover_key as previous`;
    return row ?? null;
  },

  /** Whether what a file brings along would be taken. */
  async isOpen(trackId: string): Promise<boolean> {
    const [row] = await sql<{ open: boolean }[]>`
      select not cover_chosen as open from tracks where id = ${trackId}`;
    return row?.open ?? false;
  },
});

export type CoverStore = ReturnType<typeof coverStore>;
