/**
 * The actor of an upload: from bytes that were answered for to a track that plays (U5). The work is
 * a job; whoever has claimed it tells here how it goes, and here it is decided what follows.
 */
import { Rejection } from "../domain/errors.ts";
import { afterFailure, type Counts, type JobFailure, type JobStatus } from "../domain/jobs.ts";
import type { Failure, Loudness, Progress, Source, Stage, TrackStatus } from "../domain/tracks.ts";
import { attemptFolder } from "../domain/blob_keys.ts";
import { defineActor } from "./runtime/actor.ts";

interface Upload {
  readonly id: string;
  readonly trackId: string;
  readonly status: "received" | "processing" | "done" | "failed";
  readonly epoch: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly stage: Stage | null;
  readonly percent: number;
  readonly failure: Failure | null;
  readonly mediaKey: string | null;
}

interface Change {
  readonly status?: Upload["status"];
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
  readonly job?: {
    readonly status: JobStatus;
    readonly failures?: number;
    readonly lost?: number;
    readonly afterMs?: number;
    readonly code?: string | null;
    readonly reason?: string | null;
    readonly stderr?: string | null;
  };
}

/** The rows of uploads, as this actor needs them. */
export interface UploadRows {
  /** Loads the row and takes the next epoch. */
  open(id: string): Promise<Upload | null>;
  /**
   * Saves under the epoch and the state of the job, with what it means for the track; false when
   * the job is in another state. `Rejection("fenced")` when the epoch is stale.
   */
  save(
    id: string,
    epoch: number,
    fence: { readonly attempt?: number; readonly from: readonly JobStatus[] },
    change: Change,
  ): Promise<boolean>;
}

/** What an attempt tells while it works, in the order of the stages. */
export type TranscodeReport =
  & { /** 0 to 100 over everything; never falls. */ readonly percent: number }
  & (
    | { readonly stage: "scanned" | "segmenting" }
    | {
      readonly stage: "probed";
      readonly source: { codec: string; sampleRate: number; channels: number };
      readonly durationMs: number | null;
    }
    | { readonly stage: "measured"; readonly loudness: Loudness; readonly durationMs: number }
    | { readonly stage: "playable" }
    /** No new stage: the waveforms are there, or only further. */
    | { readonly stage: null; readonly waveformKeys?: readonly string[] }
  );

/**
 * What an attempt is told when it failed: the job waits and is taken again, is dead, or had gone to
 * another attempt already, and nothing was changed.
 */
export type AfterAttempt =
  | { readonly status: "waiting"; readonly afterMs: number }
  | { readonly status: "dead" }
  | { readonly status: "stale" };

interface State {
  upload: Upload;
  /** That of the upload, where whoever inspects the actor looks for it. */
  readonly epoch: number;
  progress: Progress;
  /** As it was last saved: what the next life begins with. */
  savedPercent: number;
}

/** Progress is saved in steps, so that after a crash it goes on about where it was, in percent. */
const SAVE_EVERY = 5;

const isWorthSaving = (report: TranscodeReport, savedPercent: number) =>
  report.stage !== null || report.waveformKeys !== undefined ||
  report.percent >= savedPercent + SAVE_EVERY;

export const trackUpload = (
  { uploads, publish, random = Math.random }: {
    uploads: UploadRows;
    /** Tells the pages. */
    publish: (trackId: string, progress: Progress) => void;
    random?: () => number;
  },
) => {
  const tell = (state: State, change: Change) => {
    const { progress } = state;
    state.progress = {
      ...progress,
      stage: change.stage ?? progress.stage,
      status: change.shows ?? progress.status,
      failure: change.failure === undefined ? progress.failure : change.failure,
      percent: Math.max(progress.percent, change.percent ?? 0),
    };
    publish(state.upload.trackId, state.progress);
  };

  /** Save, remember, tell. False, and nothing of it, when the job has gone on without the caller. */
  const commit = async (
    state: State,
    fence: { attempt?: number; from: readonly JobStatus[] },
    given: Change,
  ): Promise<boolean> => {
    const { upload, progress } = state;
    const percent = Math.max(progress.percent, given.percent ?? 0);
    const change = { ...given, percent };
    if (!await uploads.save(upload.id, upload.epoch, fence, change)) return false;
    state.savedPercent = percent;
    const { status, mediaKey } = change;
    state.upload = {
      ...upload,
      ...(status && { status }),
      ...(mediaKey !== undefined && { mediaKey }),
    };
    tell(state, change);
    return true;
  };

  const placeOf = ({ trackId, id }: Upload, attempt: number) => attemptFolder(trackId, id, attempt);

  /** What a report changes. */
  const changeOf = ({ upload }: State, place: string, report: TranscodeReport): Change => {
    const { stage, percent } = report;
    switch (stage) {
      case null:
        return { percent, ...(report.waveformKeys && { waveformKey: place }) };
      case "scanned":
      case "segmenting":
        return { stage, percent };
      case "probed": {
        const { bytes, sha256 } = upload;
        const source = { ...report.source, bytes, sha256 };
        const { durationMs } = report;
        return { stage, percent, source, ...(durationMs !== null && { durationMs }) };
      }
      case "measured": {
        const { loudness, durationMs } = report;
        return { stage, percent, loudness, durationMs };
      }
      case "playable":
        return { stage, percent, mediaKey: place, shows: "playable" };
      default:
        return stage satisfies never;
    }
  };

  return defineActor("track_upload", {
    async start(id): Promise<State> {
      const upload = await uploads.open(id);
      if (!upload) throw new Rejection("not_found", `No upload ${id}`);
      const { stage, percent, failure } = upload;
      return {
        upload,
        epoch: upload.epoch,
        savedPercent: percent,
        progress: { uploadId: id, stage, percent, failure, status: statusOf(upload) },
      };
    },
    idleAfter: 10_000,
    on: {
      /** An attempt tells how it goes; false: another has the job, and this one is to stop. */
      async report(
        state,
        { attempt, report }: { attempt: number; report: TranscodeReport },
      ): Promise<boolean> {
        if (!isWorthSaving(report, state.savedPercent)) {
          tell(state, { percent: report.percent });
          return true;
        }
        const change = changeOf(state, placeOf(state.upload, attempt), report);
        return await commit(state, { attempt, from: ["running"] }, {
          ...change,
          ...(state.upload.status === "received" && { status: "processing" }),
        });
      },

      /** All is made; false: by another attempt. May be told again. */
      async finished(
        state,
        { attempt, durationMs }: { attempt: number; durationMs: number },
      ): Promise<boolean> {
        const { upload } = state;
        // the answer to the first telling may have been lost
        if (upload.status === "done") return upload.mediaKey === placeOf(upload, attempt);
        return await commit(state, { attempt, from: ["running"] }, {
          status: "done",
          stage: "ready",
          percent: 100,
          durationMs,
          shows: "ready",
          job: { status: "done", code: null, reason: null, stderr: null },
        });
      },

      /** An attempt came to nothing. May be told again. */
      async failed(
        state,
        { counts, failure }: { counts: Counts; failure: JobFailure },
      ): Promise<AfterAttempt> {
        const { code, reason, stderr } = failure;
        const verdict = afterFailure(counts, failure, random());
        const fence = { attempt: counts.attempt, from: ["running"] } as const;
        const told = { code, reason, stderr, failures: verdict.failures };
        if (verdict.status === "waiting") {
          const { status, afterMs } = verdict;
          const saved = await commit(state, fence, { job: { ...told, status, afterMs } });
          return saved ? { status, afterMs } : { status: "stale" };
        }
        const saved = await commit(state, fence, {
          ...FAILED,
          failure: { code, detail: verdict.detail },
          job: { ...told, status: "dead" },
        });
        return { status: saved ? "dead" : "stale" };
      },

      /**
       * An administrator wants it tried again, or now and not later.
       *
       * @throws {Rejection} `conflict` when the job is running or done
       */
      async retry(state): Promise<void> {
        const { status } = state.upload;
        const revived = status === "failed"
          ? { status: "processing", shows: "processing", stage: "received", failure: null } as const
          : {};
        if (status === "failed") state.progress = { ...state.progress, percent: 0 };
        const done = await commit(state, { from: ["dead", "cancelled", "waiting"] }, {
          ...revived,
          job: { status: "waiting", failures: 0, lost: 0, code: null, reason: null, stderr: null },
        });
        if (!done) throw new Rejection("conflict", "The job is running or done");
      },

      /**
       * An administrator wants it ended.
       *
       * @throws {Rejection} `conflict` when the job has ended
       */
      async cancel(state): Promise<void> {
        const failure: Failure = { code: "cancelled", detail: "An administrator ended it" };
        const done = await commit(state, { from: ["waiting", "running"] }, {
          ...FAILED,
          failure,
          job: { status: "cancelled", code: failure.code, reason: failure.detail },
        });
        if (!done) throw new Rejection("conflict", "The job has ended already");
      },
    },
  });
};

/** What was made so far is removed, so no row may name it. */
const FAILED = { status: "failed", shows: "failed", mediaKey: null, waveformKey: null } as const;

/** What an upload is as a version. */
function statusOf({ status, mediaKey }: Upload): TrackStatus {
  if (status === "done") return "ready";
  if (status === "failed") return "failed";
  return mediaKey === null ? "processing" : "playable";
}
