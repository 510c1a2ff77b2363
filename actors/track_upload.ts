/** The actor of an upload: from bytes that were answered for to a track that plays (U5). */
import { isRejection, Rejection } from "../domain/errors.ts";
import type { Failure, Loudness, Progress, Source, Stage, TrackStatus } from "../domain/tracks.ts";
import { defineActor, type OwnedChild, type Self } from "./runtime/actor.ts";

/** Three failed attempts end an upload (A16). */
const MOST_FAILURES = 3;

interface Upload {
  readonly id: string;
  readonly trackId: string;
  readonly status: "received" | "processing" | "done" | "failed";
  readonly epoch: number;
  readonly attempt: number;
  readonly failures: number;
  readonly blobKey: string;
  readonly bytes: number;
  readonly sha256: string;
}

interface Change {
  readonly status?: Upload["status"];
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

/** The rows of uploads, as this actor needs them. */
export interface UploadRows {
  /** Loads the row and takes the next epoch. */
  open(id: string): Promise<Upload | null>;
  /** Saves under the epoch; `Rejection("fenced")` when it is stale. */
  save(id: string, epoch: number, change: Change): Promise<void>;
}

/** What the transcoder tells while it works, in the order of the stages. */
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

export interface TranscodeJob {
  readonly trackId: string;
  readonly uploadId: string;
  /** Counts from 1; each writes to a place of its own. */
  readonly attempt: number;
  readonly sourceKey: string;
  readonly outputPrefix: string;
}

/** Does the work of one attempt. Throws a `Rejection` for what another attempt would not change. */
export type Transcode = (
  job: TranscodeJob,
  report: (report: TranscodeReport) => Promise<void>,
  signal: AbortSignal,
) => Promise<{ durationMs: number }>;

interface State {
  upload: Upload;
  progress: Progress;
  work?: OwnedChild;
  /** The track is being deleted: what the work has made goes with it. */
  abandoned: boolean;
}

/** Where the files of an attempt lie. */
const placeOf = ({ trackId, id }: Upload, attempt: number) => `tracks/${trackId}/${id}/${attempt}`;

/** Refusals that say something of the node and not of the file: they are tried again. */
const isPassing = (error: Rejection) =>
  ["disk_full", "unavailable", "busy", "timeout", "shutting_down", "moved", "crashed"].includes(
    error.code,
  );

export const trackUpload = (
  { uploads, transcode, publish, clean }: {
    uploads: UploadRows;
    transcode: Transcode;
    /** Tells the pages. */
    publish: (trackId: string, progress: Progress) => void;
    /** Removes the files that an attempt has made. */
    clean: (place: string) => Promise<void>;
  },
) => {
  /** Save, remember, tell. */
  const commit = async (state: State, change: Change) => {
    await uploads.save(state.upload.id, state.upload.epoch, change);
    const { status, attempt, failures, track } = change;
    state.upload = {
      ...state.upload,
      ...(status && { status }),
      ...(attempt !== undefined && { attempt }),
      ...(failures !== undefined && { failures }),
    };
    tell(state, track);
  };

  const tell = (state: State, track: Change["track"]) => {
    state.progress = {
      stage: track.stage ?? state.progress.stage,
      status: track.status ?? state.progress.status,
      failure: track.failure ?? state.progress.failure,
      percent: Math.max(state.progress.percent, track.percent ?? 0),
    };
    publish(state.upload.trackId, state.progress);
  };

  const fail = (state: State, failure: Failure) =>
    commit(state, { status: "failed", track: { status: "failed", failure } });

  /** What a report changes; percent alone is told and not saved, for it is worth nothing later. */
  const step = async (state: State, place: string, report: TranscodeReport) => {
    const { stage, percent } = report;
    switch (stage) {
      case null:
        if (report.waveformKeys) return await commit(state, { track: { waveformKey: place } });
        return tell(state, { percent });
      case "scanned":
      case "segmenting":
        return await commit(state, { track: { stage, percent } });
      case "probed": {
        const { bytes, sha256 } = state.upload;
        const source = { ...report.source, bytes, sha256 };
        const durationMs = report.durationMs ?? undefined;
        return await commit(state, { track: { stage, percent, source, durationMs } });
      }
      case "measured": {
        const { loudness, durationMs } = report;
        return await commit(state, { track: { stage, percent, loudness, durationMs } });
      }
      case "playable":
        return await commit(state, {
          track: { stage, percent, status: "playable", mediaKey: place },
        });
      default:
        return stage satisfies never;
    }
  };

  /** One attempt, as a child: it works beside the mailbox, and changes state only in turns. */
  const attempt = async (state: State, self: Self, signal: AbortSignal) => {
    const { upload } = state;
    if (upload.status !== "received" && upload.status !== "processing") return;
    const number = upload.attempt + 1;
    await self.turn(() =>
      commit(state, { status: "processing", attempt: number, track: { stage: "received" } })
    );
    const job = {
      trackId: upload.trackId,
      uploadId: upload.id,
      attempt: number,
      sourceKey: upload.blobKey,
      outputPrefix: placeOf(upload, number),
    };
    try {
      const { durationMs } = await transcode(
        job,
        (report) => self.turn(() => step(state, job.outputPrefix, report)),
        signal,
      );
      await self.turn(() =>
        commit(state, {
          status: "done",
          track: { status: "ready", stage: "ready", percent: 100, durationMs },
        })
      );
    } catch (error) {
      // deleted, or another activation has it: nobody will ask for what this one made
      if (state.abandoned || isRejection(error, "fenced")) return await clean(job.outputPrefix);
      if (signal.aborted) return;
      if (isRejection(error) && !isPassing(error)) {
        return await self.turn(() => fail(state, { code: error.code, detail: error.message }));
      }
      if (!isRejection(error)) await self.turn(() => countFailure(state, error));
      if (state.upload.status !== "failed") throw error; // to be tried again after a rest
      return;
    }
    for (let old = 1; old < number; old++) await clean(placeOf(upload, old));
  };

  const countFailure = (state: State, error: unknown) => {
    const failures = state.upload.failures + 1;
    return failures < MOST_FAILURES ? commit(state, { failures, track: {} }) : commit(state, {
      failures,
      status: "failed",
      track: {
        status: "failed",
        failure: {
          code: "processing_failed",
          detail: `It failed ${failures} times, at last with: ${(error as Error).message}`,
        },
      },
    });
  };

  return defineActor("track_upload", {
    async start(id, self): Promise<State> {
      const upload = await uploads.open(id);
      if (!upload) throw new Rejection("not_found", `No upload ${id}`);
      const state: State = {
        upload,
        abandoned: false,
        progress: { stage: "received", percent: 0, status: "processing", failure: null },
      };
      if (upload.status === "received" || upload.status === "processing") {
        state.work = self.own({
          name: `transcode ${id}`,
          run: (signal) => attempt(state, self, signal),
        });
      }
      return state;
    },
    idleAfter: 10_000,
    on: {
      /** Makes sure that the work is going on; asking twice changes nothing. */
      begin: ({ progress }): Progress => progress,
      /** Stops the work, because the track is being deleted. */
      abandon: (state): void => {
        state.abandoned = true;
        void state.work?.stop(); // not awaited: the work may be waiting for a turn of ours
      },
    },
  });
};
