/** Tracks: SQL and rows, nothing else. */
import type { Viewer } from "../domain/auth.ts";
import { placesOfTrack } from "../domain/blob_keys.ts";
import { decodeCursor, encodeCursor, type Page, type PageQuery } from "../domain/pages.ts";
import { Rejection } from "../domain/errors.ts";
import { type EventMetadata, type NewEvent, NO_CAUSE } from "../domain/events.ts";
import type { StoredTrack, Track, TrackPatch } from "../domain/tracks.ts";
import { appendEvents } from "./events.ts";
import { likePattern } from "./like_pattern.ts";
import { releaseOriginals } from "./originals.ts";
import type { Sql, TransactionSql } from "./open.ts";

interface TrackRow {
  id: string;
  creator_id: string;
  creator_username: string;
  title: string;
  artist: string;
  genre: string;
  description: string;
  visibility: Track["visibility"];
  status: Track["status"];
  stage: Track["stage"];
  percent: number;
  failure: Track["failure"];
  duration_ms: number | null;
  loudness: Track["loudness"];
  source: Track["source"];
  media_key: string | null;
  waveform_key: string | null;
  current_upload_id: string | null;
  cover_key: string | null;
  downloadable: boolean;
  like_count: number;
  play_count: number;
  comment_count: number;
  created_at: Date;
  updated_at: Date;
}

/** A track is shown with what its current version came to. */
const columns = (sql: Sql) =>
  sql`
    tracks.*, users.username as creator_username, shown.stage,
    coalesce(shown.percent, 0) as percent, shown.failure, shown.duration_ms, shown.loudness,
    shown.source, shown.media_key, shown.waveform_key
    from tracks join users on users.id = tracks.creator_id
    left join uploads as shown on shown.id = tracks.current_upload_id`;

export interface TrackQuery extends PageQuery {
  /** Only this account's tracks. */
  readonly creatorId?: string;
  /** Words that title, artist or genre must contain. */
  readonly q?: string;
  readonly sortBy?: "created_at" | "title";
  readonly order?: "asc" | "desc";
}

const stored = (row: TrackRow): StoredTrack => ({
  id: row.id,
  title: row.title,
  artist: row.artist,
  creatorId: row.creator_id,
  creatorUsername: row.creator_username,
  genre: row.genre,
  description: row.description,
  visibility: row.visibility,
  downloadable: row.downloadable,
  status: row.status,
  stage: row.stage,
  percent: row.percent,
  failure: row.failure,
  durationMs: row.duration_ms,
  loudness: row.loudness,
  source: row.source,
  streamUrl: row.media_key ? `/api/v1/tracks/${row.id}/stream/master.m3u8` : null,
  waveformUrl: row.waveform_key ? `/api/v1/tracks/${row.id}/waveform` : null,
  coverUrl: row.cover_key && `/api/v1/tracks/${row.id}/cover?v=${row.cover_key.split("/").at(-1)}`,
  urlsEndInMs: null,
  likeCount: row.like_count,
  playCount: row.play_count,
  commentCount: row.comment_count,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  currentUploadId: row.current_upload_id,
  mediaKey: row.media_key,
  waveformKey: row.waveform_key,
  coverKey: row.cover_key,
});

/** A track went, and all its files with it. */
async function tellRemoved(
  tx: TransactionSql,
  { id, creatorId, uploads }: {
    id: string;
    creatorId: string;
    uploads: readonly { readonly id: string; readonly userId: string }[];
  },
  cause: EventMetadata,
): Promise<void> {
  const [causationId = null] = await appendEvents(tx, [{
    eventType: "streaming.track.deleted.v1",
    aggregateId: id,
    data: { creatorId },
    metadata: cause,
  }]);
  await appendEvents(
    tx,
    uploads.map((upload): NewEvent => ({
      eventType: "files.file.deleted.v1",
      aggregateId: upload.id,
      data: { trackId: id, userId: upload.userId },
      metadata: { ...cause, causationId },
    })),
  );
}

/** The store of tracks. */
export const trackStore = (sql: Sql) => ({
  async byId(id: string): Promise<StoredTrack | null> {
    const [row] = await sql<TrackRow[]>`
      select ${columns(sql)} where tracks.id = ${id}`;
    return row ? stored(row) : null;
  },

  /**
   * What `viewer` may find: one's own tracks in any state, others' once public and playable.
   *
   * @throws {Rejection} `invalid` when the cursor is not one of ours
   */
  async list(viewer: Viewer, query: TrackQuery): Promise<Page<StoredTrack>> {
    const position = query.cursor === undefined ? null : decodeCursor(query.cursor);
    if (query.cursor !== undefined && !position) {
      throw new Rejection("invalid", "The cursor is not one that was given out", {
        errors: [{ path: "cursor", message: "is not one that was given out" }],
      });
    }
    const self = viewer.kind === "user" ? viewer.userId : null;
    const byTitle = query.sortBy === "title";
    const descending = (query.order ?? (byTitle ? "asc" : "desc")) === "desc";
    const compare = descending ? sql`<` : sql`>`;
    const direction = descending ? sql`desc` : sql`asc`;
    const words = (query.q ?? "").split(/\s+/).filter(Boolean).slice(0, 8).map(likePattern);
    const contains = words.reduce(
      (all, word) =>
        sql`${all} and concat_ws(' ', tracks.title, tracks.artist, tracks.genre) ilike ${word}`,
      sql``,
    );
    const rows = await sql<TrackRow[]>`
      select ${columns(sql)}
      where ${
      self !== null && self === query.creatorId
        ? sql`true`
        : sql`(tracks.visibility = 'public' and tracks.status in ('playable', 'ready'))`
    }
      ${query.creatorId === undefined ? sql`` : sql`and tracks.creator_id = ${query.creatorId}`}
      ${contains}
      ${
      position === null ? sql`` : byTitle
        ? sql`and (tracks.title, tracks.id) ${compare}
            (select title, id from tracks where id = ${position})`
        : sql`and tracks.id ${compare} ${position}`
    }
      order by ${byTitle ? sql`tracks.title ${direction},` : sql``} tracks.id ${direction}
      limit ${query.limit + 1}`;
    const items = rows.slice(0, query.limit).map(stored);
    const last = items.at(-1);
    return {
      items,
      nextCursor: rows.length > query.limit && last ? encodeCursor(last.id) : null,
    };
  },

  async update(id: string, patch: TrackPatch): Promise<boolean> {
    const done = await sql`
      update tracks set
        title = coalesce(${patch.title ?? null}, title),
        artist = coalesce(${patch.artist ?? null}, artist),
        genre = coalesce(${patch.genre ?? null}, genre),
        description = coalesce(${patch.description ?? null}, description),
        visibility = coalesce(${patch.visibility ?? null}, visibility),
        downloadable = coalesce(${patch.downloadable ?? null}, downloadable),
        updated_at = now()
      where id = ${id}`;
    return done.count === 1;
  },

  /** @param listenerId null for a guest */
  async countPlay(
    id: string,
    listenerId: string | null,
    cause: EventMetadata = NO_CAUSE,
  ): Promise<void> {
    await sql.begin(async (tx) => {
      const done = await tx`update tracks set play_count = play_count + 1 where id = ${id}`;
      if (done.count === 0) return;
      await appendEvents(tx, [{
        eventType: "streaming.track.played.v1",
        aggregateId: id,
        data: { listenerId },
        metadata: cause,
      }]);
    });
  },

  /**
   * Removes the track and its uploads, and notes what is to go from the blobs: its folders, and each
   * original that no other upload needs. Returns those places; null when there is no such track.
   */
  async remove(id: string, cause: EventMetadata = NO_CAUSE): Promise<string[] | null> {
    return await sql.begin(async (tx) => {
      const [track] = await tx<{ owner: string }[]>`
        select creator_id as owner from tracks where id = ${id}`;
      if (!track) return null;
      return await releaseOriginals(tx, track.owner, placesOfTrack(id), async () => {
        // uploads before their track, as saving a step of processing takes them
        const uploads = await tx<{ id: string; userId: string; key: string }[]>`
          select id, user_id as "userId", blob_key as key from uploads
          where track_id = ${id} for update`;
        const gone = await tx`delete from tracks where id = ${id}`;
        if (gone.count === 1) await tellRemoved(tx, { id, creatorId: track.owner, uploads }, cause);
        return uploads.map(({ key }) => key);
      });
    });
  },
});

export type TrackStore = ReturnType<typeof trackStore>;
