/** Uploads as they come in, each with its track or to one: SQL and rows, nothing else. */
import type { Role } from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import { type EventMetadata, NO_CAUSE } from "../domain/events.ts";
import type { Visibility } from "../domain/tracks.ts";
import { appendEvents } from "./events.ts";
import { addTranscode } from "./jobs.ts";
import type { Sql, TransactionSql } from "./open.ts";
import {
  findOriginal,
  type OriginalBytes,
  type Placed,
  placeOriginal,
  usedBytes,
} from "./originals.ts";
import { acceptResumable } from "./resumable.ts";

/** A file of a track, and the job that makes music of it. */
export interface NewVersion {
  readonly id: string;
  readonly trackId: string;
  readonly userId: string;
  readonly jobId: string;
  /** As the client named it. */
  readonly filename: string;
  readonly blobKey: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The account's quota; null where it has none. */
  readonly limitBytes: number | null;
  /** Of its events, also those of the work that follows. */
  readonly cause?: EventMetadata;
}

/** The first file of a track, and what is said of it. */
export interface NewUpload extends NewVersion {
  readonly title: string;
  readonly artist: string;
  readonly genre: string;
  readonly description: string;
  readonly visibility: Visibility;
  readonly downloadable: boolean;
  /** It came in pieces, and has a row for that. */
  readonly isResumable?: boolean;
}

/** The store of uploads. */
export const uploadStore = (sql: Sql) => {
  /** Answers with what its arrival is to what follows from it. */
  const insert = async (
    tx: TransactionSql,
    upload: NewVersion,
    blobKey: string,
  ): Promise<EventMetadata> => {
    const { id, trackId, userId, jobId, filename, bytes, sha256, cause = NO_CAUSE } = upload;
    const [causationId = null] = await appendEvents(tx, [{
      eventType: "files.file.uploaded.v1",
      aggregateId: id,
      data: { trackId, userId, bytes },
      metadata: cause,
    }]);
    const arrival = { ...cause, causationId };
    await tx`
      insert into uploads
        (id, track_id, user_id, status, stage, filename, blob_key, bytes, sha256, cause)
      values (${id}, ${trackId}, ${userId}, 'received', 'received', ${filename}, ${blobKey},
              ${bytes}, ${sha256}, ${tx.json(arrival)})`;
    await addTranscode(tx, { jobId, uploadId: id });
    return arrival;
  };

  return {
    /**
     * Answers for the bytes: track and upload appear together or not at all. Where the account has
     * the same bytes already, the upload names those, and `blobKey` is free to be removed.
     *
     * @throws {Rejection} `quota_exceeded`, `not_found` when a resumable upload was ended meanwhile
     */
    async create(upload: NewUpload): Promise<Placed> {
      return await sql.begin(async (tx) => {
        const placed = await placeOriginal(tx, upload);
        await tx`
          insert into tracks (id, creator_id, title, artist, genre, description, visibility,
            downloadable, status, current_upload_id)
          values (${upload.trackId}, ${upload.userId}, ${upload.title}, ${upload.artist},
                  ${upload.genre}, ${upload.description}, ${upload.visibility},
                  ${upload.downloadable}, 'processing', ${upload.id})`;
        const arrival = await insert(tx, upload, placed.blobKey);
        await appendEvents(tx, [{
          eventType: "streaming.track.uploaded.v1",
          aggregateId: upload.trackId,
          data: { creatorId: upload.userId },
          metadata: arrival,
        }]);
        if (upload.isResumable) await acceptResumable(tx, upload.id, placed.duplicateOf);
        return placed;
      });
    },

    /**
     * Answers for the bytes of another version. A track that can be played goes on to show what it
     * shows; one that cannot shows the new one from now on.
     *
     * @throws {Rejection} `quota_exceeded`, `not_found` when the track has gone
     */
    async addVersion(version: NewVersion): Promise<Placed> {
      return await sql.begin(async (tx) => {
        const placed = await placeOriginal(tx, version);
        const { id, trackId } = version;
        const found = await tx`select 1 from tracks where id = ${trackId} for no key update`;
        if (found.count === 0) throw new Rejection("not_found", `No track ${trackId}`);
        await insert(tx, version, placed.blobKey);
        await tx`
          update tracks set current_upload_id = ${id}, status = 'processing', updated_at = now()
          where id = ${trackId} and status not in ('playable', 'ready')`;
        return placed;
      });
    },

    /** The present roles of who uploaded it; none when it is gone. */
    async ownerRoles(id: string): Promise<Role[]> {
      const [row] = await sql<{ roles: Role[] }[]>`
        select users.roles from uploads join users on users.id = uploads.user_id
        where uploads.id = ${id}`;
      return row?.roles ?? [];
    },

    /** Bytes that the account stores, each original counted once. */
    usedBytes: (userId: string) => usedBytes(sql, userId),

    /** The blob in which the account has these bytes already; null where it has not. */
    async keptAt(bytes: OriginalBytes): Promise<string | null> {
      return (await findOriginal(sql, bytes))?.blobKey ?? null;
    },

    /** Whether the upload is there; true also when the database cannot tell. */
    async mayExist(id: string): Promise<boolean> {
      try {
        return (await sql`select 1 from uploads where id = ${id}`).length > 0;
      } catch {
        return true; // who asks must not act on a guess
      }
    },

    /** The ids of a track's uploads. */
    async ofTrack(trackId: string): Promise<string[]> {
      const rows = await sql<{ id: string }[]>`
        select id from uploads where track_id = ${trackId}`;
      return rows.map(({ id }) => id);
    },
  };
};

export type UploadStore = ReturnType<typeof uploadStore>;
