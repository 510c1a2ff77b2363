/** The steps of an upload from bytes to music: SQL and rows, nothing else. Every write is fenced. */
import { Rejection } from "../domain/errors.ts";
import { type EventMetadata, NO_CAUSE } from "../domain/events.ts";
import type { JobStatus } from "../domain/jobs.ts";
import type { Failure, Loudness, Source, Stage, TrackStatus } from "../domain/tracks.ts";
import { appendEvents } from "./events.ts";
import type { Sql, TransactionSql } from "./open.ts";

export type UploadStatus = "received" | "processing" | "done" | "failed";

/** An upload as its actor takes it over: `epoch` is the fence of all its later writes. */
export interface OpenedUpload {
  readonly id: string;
  readonly trackId: string;
  readonly status: UploadStatus;
  readonly epoch: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly stage: Stage | null;
  readonly percent: number;
  readonly failure: Failure | null;
  readonly mediaKey: string | null;
}

/** What becomes of the job in a step. */
export interface JobChange {
  readonly status: JobStatus;
  readonly failures?: number;
  readonly lost?: number;
  /** It waits so long, in ms. */
  readonly afterMs?: number;
  readonly code?: string | null;
  readonly reason?: string | null;
  readonly stderr?: string | null;
}

/** What a step of processing changes; a field left out stays as it is. */
export interface UploadChange {
  readonly status?: UploadStatus;
  readonly stage?: Stage;
  readonly percent?: number;
  readonly failure?: Failure | null;
  readonly durationMs?: number;
  readonly loudness?: Loudness;
  readonly source?: Source;
  readonly mediaKey?: string | null;
  readonly waveformKey?: string | null;
  /** What the upload is as a version; its track is the same where it shows this one. */
  readonly shows?: TrackStatus;
  readonly job?: JobChange;
}

/** The state of the job in which a step may be saved: of this attempt, and of one of these. */
export interface JobFence {
  /** Any where it is left out. */
  readonly attempt?: number;
  readonly from: readonly JobStatus[];
}

/** Of whose step events tell. */
interface StepOf {
  readonly id: string;
  readonly trackId: string;
  readonly userId: string;
  /** Null for what came before causes were kept. */
  readonly cause: EventMetadata | null;
}

/** Rows of `changes` without what is left out: `undefined` means "as it is" and not null. */
const given = (columns: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));

export const uploadSteps = (sql: Sql) => {
  const json = (value: Failure | Loudness | Source | null | undefined) =>
    value ? sql.json({ ...value }) : value;

  const saveJob = async (tx: TransactionSql, id: string, change: JobChange) => {
    const { status, failures, lost, code, reason, stderr, afterMs = 0 } = change;
    const columns = given({ status, failures, lost, code, reason, stderr });
    await tx`
      update jobs set ${tx(columns)}, run_after = now() + ${afterMs} * interval '1 ms',
        heartbeat_at = null, updated_at = now()
      where id = ${id}`;
  };

  /**
   * What the step means for the track. A version that can be played takes the place of an older
   * one, or of one that cannot; one that fails gives the place to whom it took it from, or else to the
   * newest that can be played.
   */
  const saveTrack = async (
    tx: TransactionSql,
    { id, trackId, shows }: { id: string; trackId: string; shows: TrackStatus },
  ) => {
    if (shows === "playable" || shows === "ready") {
      // once: whoever has chosen an older one since keeps it
      const first = await tx`
        update uploads set replaced_upload_id = tracks.current_upload_id
        from tracks where uploads.id = ${id} and tracks.id = ${trackId}
          and tracks.current_upload_id < ${id} and uploads.replaced_upload_id is null`;
      await tx`
        update tracks set current_upload_id = ${id}
        where id = ${trackId} and (${first.count > 0} or status not in ('playable', 'ready'))`;
    }
    if (shows === "failed") {
      const back = await tx`
        update tracks set current_upload_id = best.id, updated_at = now(),
          status = case when best.status = 'done' then 'ready' else 'playable' end
        from (
          select other.id, other.status from uploads as other join uploads as this on this.id = ${id}
          where other.track_id = ${trackId} and other.id <> ${id}
            and other.status <> 'failed' and other.media_key is not null
          order by other.id is not distinct from this.replaced_upload_id desc,
            other.status = 'done' desc, other.id desc
          limit 1
        ) as best
        where tracks.id = ${trackId} and tracks.current_upload_id = ${id}`;
      if (back.count > 0) return;
    }
    await tx`
      update tracks set status = ${shows}, updated_at = now()
      where id = ${trackId} and current_upload_id = ${id}`;
  };

  /** The work on an upload has come to its end: what that means for the file, and for its track. */
  const tellEnd = async (
    tx: TransactionSql,
    { id, trackId, userId, cause }: StepOf,
    { status, failure, durationMs }: UploadChange,
  ) => {
    const metadata = cause ?? NO_CAUSE;
    const aggregateId = id;
    if (status === "failed") {
      const data = { trackId, userId, code: failure?.code ?? "processing_failed" };
      await appendEvents(tx, [{ eventType: "files.file.failed.v1", aggregateId, data, metadata }]);
    }
    if (status !== "done") return;
    const data = { trackId, userId, durationMs: durationMs ?? null };
    const [causationId = null] = await appendEvents(tx, [
      { eventType: "files.file.processed.v1", aggregateId, data, metadata },
    ]);
    const [track] = await tx<{ creatorId: string }[]>`
      select creator_id as "creatorId" from tracks
      where id = ${trackId} and current_upload_id = ${id}`;
    if (!track) return; // it shows another
    await appendEvents(tx, [{
      eventType: "streaming.track.processed.v1",
      aggregateId: trackId,
      data: track,
      metadata: { ...metadata, causationId },
    }]);
  };

  return {
    /** Loads the upload and takes the next epoch, in one statement (A2). */
    async open(id: string): Promise<OpenedUpload | null> {
      const [row] = await sql<OpenedUpload[]>`
        update uploads set epoch = epoch + 1 where id = ${id}
        returning id, track_id as "trackId", status, epoch, bytes, sha256, stage, percent, failure,
          media_key as "mediaKey"`;
      return row ?? null;
    },

    /**
     * Saves a step under the epoch it was decided in, with what it means for track and job: all or
     * nothing. False, and nothing saved, when the job is not in the state of `fence`: another
     * attempt has it, or it has gone with its upload.
     *
     * @throws {Rejection} `fenced` when a later epoch was taken
     */
    async save(id: string, epoch: number, fence: JobFence, change: UploadChange): Promise<boolean> {
      return await sql.begin(async (tx) => {
        const { job, shows } = change;
        // progress alone need not outlive the server's own crash: it is not waited for on the disk
        const sync = job || shows || change.status ? "on" : "off";
        const [upload] = await tx<(StepOf & { epoch: number })[]>`
          select id, track_id as "trackId", user_id as "userId", cause, epoch,
            set_config('synchronous_commit', ${sync}, true)
          from uploads where id = ${id} for no key update`;
        if (!upload) return false;
        if (upload.epoch !== epoch) {
          throw new Rejection("fenced", `Upload ${id} has epoch ${upload.epoch} and not ${epoch}`);
        }
        const [held] = await tx<{ id: string }[]>`
          select id from jobs
          where kind = 'transcode' and subject = ${id}
            and (${fence.attempt ?? null}::int is null or attempt = ${fence.attempt ?? null})
            and status = any(${[...fence.from]}::text[])
          for no key update`;
        if (!held) return false;
        const { status, stage, percent, failure } = change;
        const { durationMs, loudness, source, mediaKey, waveformKey } = change;
        const columns = given({
          status,
          stage,
          percent,
          failure: json(failure),
          duration_ms: durationMs,
          loudness: json(loudness),
          source: json(source),
          media_key: mediaKey,
          waveform_key: waveformKey,
          updated_at: new Date(),
        });
        await tx`update uploads set ${tx(columns)} where id = ${id}`;
        if (shows) await saveTrack(tx, { id, trackId: upload.trackId, shows });
        await tellEnd(tx, upload, change);
        if (job) await saveJob(tx, held.id, job);
        return true;
      });
    },

    /** Whether a row names this folder, and its blobs have to stay. */
    async names(folder: string): Promise<boolean> {
      const rows = await sql`
        select 1 from uploads where media_key = ${folder} or waveform_key = ${folder} limit 1`;
      return rows.length > 0;
    },
  };
};

export type UploadSteps = ReturnType<typeof uploadSteps>;
