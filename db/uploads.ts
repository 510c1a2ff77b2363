/** Uploads and the tracks that they become: SQL and rows, nothing else. Every write is fenced. */
import { Rejection } from "../domain/errors.ts";
import type {
  Failure,
  Loudness,
  Source,
  Stage,
  TrackStatus,
  Visibility,
} from "../domain/tracks.ts";
import type { Sql } from "./open.ts";

export type UploadStatus = "received" | "processing" | "done" | "failed";

/** An upload as its actor takes it over: `epoch` is the fence of all its later writes. */
export interface OpenedUpload {
  readonly id: string;
  readonly trackId: string;
  readonly userId: string;
  readonly status: UploadStatus;
  readonly epoch: number;
  readonly attempt: number;
  readonly failures: number;
  readonly blobKey: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface NewUpload {
  readonly id: string;
  readonly trackId: string;
  readonly userId: string;
  readonly filename: string;
  readonly blobKey: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly title: string;
  readonly artist: string;
  readonly genre: string;
  readonly description: string;
  readonly visibility: Visibility;
}

/** What a step of processing changes; a field left out stays as it is. */
export interface UploadChange {
  readonly status?: UploadStatus;
  readonly attempt?: number;
  readonly failures?: number;
  readonly track: {
    readonly status?: TrackStatus;
    readonly stage?: Stage;
    readonly percent?: number;
    readonly failure?: Failure;
    readonly durationMs?: number;
    readonly loudness?: Loudness;
    readonly source?: Source;
    readonly mediaKey?: string;
    readonly waveformKey?: string;
  };
}

/** The store of uploads. */
export const uploadStore = (sql: Sql) => {
  const json = (value: Failure | Loudness | Source | undefined) =>
    value === undefined ? null : sql.json({ ...value });

  return {
    /** Answers for the bytes: track and upload appear together or not at all. */
    async create(upload: NewUpload): Promise<void> {
      await sql.begin(async (tx) => {
        await tx`insert into tracks
          (id, creator_id, title, artist, genre, description, visibility, status, stage)
          values (${upload.trackId}, ${upload.userId}, ${upload.title}, ${upload.artist},
                  ${upload.genre}, ${upload.description}, ${upload.visibility},
                  'processing', 'received')`;
        await tx`insert into uploads (id, track_id, user_id, status, filename, blob_key, bytes, sha256)
          values (${upload.id}, ${upload.trackId}, ${upload.userId}, 'received',
                  ${upload.filename}, ${upload.blobKey}, ${upload.bytes}, ${upload.sha256})`;
      });
    },

    /** Loads the upload and takes the next epoch, in one statement (A2). */
    async open(id: string): Promise<OpenedUpload | null> {
      const [row] = await sql<OpenedUpload[]>`
        update uploads set epoch = epoch + 1 where id = ${id}
        returning id, track_id as "trackId", user_id as "userId", status, epoch, attempt, failures,
          blob_key as "blobKey", bytes, sha256`;
      return row ?? null;
    },

    /**
     * Saves a step under the epoch it was decided in.
     *
     * @throws {Rejection} `fenced` when a later epoch was taken, or the upload is gone
     */
    async save(
      id: string,
      epoch: number,
      { status, attempt, failures, track }: UploadChange,
    ): Promise<void> {
      const done = await sql`
        with fence as (
          update uploads set status = coalesce(${status ?? null}, status),
            attempt = coalesce(${attempt ?? null}::int, attempt),
            failures = coalesce(${failures ?? null}::int, failures), updated_at = now()
          where id = ${id} and epoch = ${epoch} returning track_id
        )
        update tracks set
          status = coalesce(${track.status ?? null}, status),
          stage = coalesce(${track.stage ?? null}, stage),
          percent = coalesce(${track.percent ?? null}::real, percent),
          failure = coalesce(${json(track.failure)}::jsonb, failure),
          duration_ms = coalesce(${track.durationMs ?? null}::int, duration_ms),
          loudness = coalesce(${json(track.loudness)}::jsonb, loudness),
          source = coalesce(${json(track.source)}::jsonb, source),
          media_key = coalesce(${track.mediaKey ?? null}, media_key),
          waveform_key = coalesce(${track.waveformKey ?? null}, waveform_key),
          updated_at = now()
        from fence where tracks.id = fence.track_id`;
      if (done.count !== 1) {
        throw new Rejection(
          "fenced",
          `Upload ${id} has a later owner than epoch ${epoch}, or is gone`,
        );
      }
    },

    /** The ids of all uploads that were answered for and are not finished, the oldest first. */
    async unfinished(): Promise<string[]> {
      const rows = await sql<{ id: string }[]>`
        select id from uploads where status in ('received', 'processing') order by id`;
      return rows.map((row) => row.id);
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
