/** The versions of a track, each an upload: SQL and rows, nothing else. */
import { placesOfUpload } from "../domain/blob_keys.ts";
import { Rejection } from "../domain/errors.ts";
import { type EventMetadata, NO_CAUSE } from "../domain/events.ts";
import { encodeCursor, type Page, type PageQuery, positionOf } from "../domain/pages.ts";
import type { Progress, Source, TrackStatus, TrackVersion } from "../domain/tracks.ts";
import { appendEvents } from "./events.ts";
import type { Sql } from "./open.ts";
import { releaseOriginals } from "./originals.ts";

interface VersionRow extends Omit<TrackVersion, "createdAt" | "source"> {
  readonly created_at: Date;
  readonly source: Source | null;
}

/** The store of versions. */
export const versionStore = (sql: Sql) => {
  /** What an upload is as a version, in the words of a track's status. */
  const status = sql`
    case uploads.status when 'done' then 'ready' when 'failed' then 'failed'
      else case when uploads.media_key is null then 'processing' else 'playable' end end`;

  return {
    /**
     * The versions of a track, the newest first.
     *
     * @throws {Rejection} `invalid` when the cursor is not one of ours
     */
    async list(trackId: string, { limit, cursor }: PageQuery): Promise<Page<TrackVersion>> {
      const position = positionOf(cursor);
      const rows = await sql<VersionRow[]>`
        select uploads.id, ${status} as status, uploads.stage, uploads.percent, uploads.failure,
          uploads.id = tracks.current_upload_id as current, uploads.created_at,
          uploads.duration_ms as "durationMs", uploads.source, uploads.filename
        from uploads join tracks on tracks.id = uploads.track_id
        where uploads.track_id = ${trackId}
          ${position === null ? sql`` : sql`and uploads.id < ${position}`}
        order by uploads.id desc limit ${limit + 1}`;
      const items = rows.slice(0, limit).map(({ created_at, ...row }) => ({
        ...row,
        createdAt: created_at.toISOString(),
      }));
      const last = items.at(-1);
      return { items, nextCursor: rows.length > limit && last ? encodeCursor(last.id) : null };
    },

    /** What this version is, in the words of a track's status; null when the track has none such. */
    async status(trackId: string, id: string): Promise<TrackStatus | null> {
      const [row] = await sql<{ status: TrackStatus }[]>`
        select ${status} as status from uploads where id = ${id} and track_id = ${trackId}`;
      return row?.status ?? null;
    },

    /** How the newest version goes. */
    async newest(trackId: string): Promise<Progress | null> {
      const [row] = await sql<Progress[]>`
        select id as "uploadId", ${status} as status, stage, percent, failure
        from uploads where track_id = ${trackId} order by id desc limit 1`;
      return row ?? null;
    },

    /** Makes a version that is whole the one that the track shows; whether there is such a one. */
    async makeCurrent(trackId: string, id: string): Promise<boolean> {
      const done = await sql`
        with version as (
          select id, track_id from uploads
          where id = ${id} and track_id = ${trackId} and status = 'done' for key share
        )
        update tracks set current_upload_id = version.id, status = 'ready', updated_at = now()
        from version where tracks.id = version.track_id`;
      return done.count === 1;
    },

    /**
     * Removes a version with its job; its places among the blobs, which are noted to be erased. Null
     * when there is no such version.
     *
     * @throws {Rejection} `conflict` while the track shows it
     */
    async remove(
      trackId: string,
      id: string,
      cause: EventMetadata = NO_CAUSE,
    ): Promise<string[] | null> {
      return await sql.begin(async (tx) => {
        const [owner] = await tx<{ id: string }[]>`
          select user_id as id from uploads where id = ${id} and track_id = ${trackId}`;
        if (!owner) return null;
        return await releaseOriginals(tx, owner.id, placesOfUpload(trackId, id), async () => {
          const [upload] = await tx<{ key: string }[]>`
            select blob_key as key from uploads where id = ${id} for update`;
          const [shows] = await tx`select 1 from tracks where current_upload_id = ${id}`;
          if (shows) throw new Rejection("conflict", "The track shows this version");
          await tx`delete from jobs where subject = ${id}`;
          const gone = await tx`delete from uploads where id = ${id}`;
          if (gone.count === 1) {
            await appendEvents(tx, [{
              eventType: "files.file.deleted.v1",
              aggregateId: id,
              data: { trackId, userId: owner.id },
              metadata: cause,
            }]);
          }
          return upload ? [upload.key] : [];
        });
      });
    },
  };
};

export type VersionStore = ReturnType<typeof versionStore>;
