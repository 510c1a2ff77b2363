/** One attempt at the job of an upload: works, tells the upload's actor, and tidies up (A16). */
import { attemptFolder } from "../domain/blob_keys.ts";
import { ERRORS, isRejection, Rejection } from "../domain/errors.ts";
import { type Counts, type JobFailure, lostTooOften } from "../domain/jobs.ts";
import { logOf } from "./ffmpeg_errors.ts";
import type { Job, Outcome, Report } from "./job.ts";
import type { RunContext } from "./jobs.ts";

/** A job as it was claimed. */
export interface ClaimedTranscode extends Counts {
  readonly id: string;
  /** The upload. */
  readonly subject: string;
  readonly trackId: string;
  readonly sourceKey: string;
}

/** The actor of the upload, as an attempt speaks to it; on whichever node it lives. */
export interface UploadRef {
  /** False: another attempt has the job. */
  report(told: { attempt: number; report: Report }): Promise<boolean>;
  finished(told: { attempt: number; durationMs: number }): Promise<boolean>;
  failed(told: { counts: Counts; failure: JobFailure }): Promise<
    | { readonly status: "waiting"; readonly afterMs: number }
    | { readonly status: "dead" }
    | { readonly status: "stale" }
  >;
}

export interface AttemptDeps {
  readonly upload: (id: string) => UploadRef;
  readonly transcode: (
    job: Omit<Job, "maxSeconds">,
    context: RunContext & { readonly report: (report: Report) => Promise<void> },
  ) => Promise<Outcome>;
  /** Removes what lies in a folder of blobs, unless a row names it. */
  readonly clean: (folder: string) => Promise<void>;
  /** What became of it, for the log. */
  readonly warn: (message: string, details: Record<string, unknown>) => void;
  /** Counts what attempts come to; `again` will be tried again. */
  readonly count?: (
    outcome: "done" | "again" | "dead" | "overtaken" | "given_back",
  ) => void;
  /** How long to try to reach an actor that cannot answer, in ms; longer than a restart takes. */
  readonly patienceMs?: number;
}

/** An actor that is crashed, or a database that is away, is asked again after this, in ms. */
const PAUSE_MS = 250;
const PATIENCE_MS = 20_000;

/**
 * Makes the work of `jobRunner`. What an attempt makes lies in a folder of its own; that goes when
 * the attempt is not the one that counts, and those of earlier ones when it is.
 */
export function attempts(
  { upload, transcode, clean, warn, count = () => {}, patienceMs = PATIENCE_MS }: AttemptDeps,
) {
  return async (claimed: ClaimedTranscode, context: RunContext): Promise<number | null> => {
    const { subject, trackId, attempt, failures, lost } = claimed;
    const { signal } = context;
    const counts = { attempt, failures, lost };
    const actor = upload(subject);
    const folder = (which: number) => attemptFolder(trackId, subject, which);
    /** Every call may be told again: what the actor does with it is the same. */
    const patiently = async <T>(call: () => Promise<T>): Promise<T> => {
      const until = performance.now() + patienceMs;
      while (true) {
        try {
          return await call();
        } catch (error) {
          const passes = isRejection(error) && ERRORS[error.code].retry !== "no";
          if (!passes || signal.aborted || performance.now() > until) throw error;
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        }
      }
    };
    const report = async (report: Report) => {
      if (!await patiently(() => actor.report({ attempt, report }))) throw new Overtaken();
    };
    try {
      const why = lostTooOften(claimed);
      if (why) throw new Rejection("processing_failed", why);
      const { durationMs } = await transcode(
        {
          trackId,
          uploadId: subject,
          attempt,
          sourceKey: claimed.sourceKey,
          outputPrefix: folder(attempt),
        },
        { ...context, report },
      );
      if (!await patiently(() => actor.finished({ attempt, durationMs }))) throw new Overtaken();
    } catch (error) {
      if (isRejection(signal.reason, "shutting_down")) {
        count("given_back");
        throw error; // the runner does that
      }
      if (signal.aborted || error instanceof Overtaken) {
        count("overtaken");
        await clean(folder(attempt));
        return null;
      }
      const failure = failureOf(error);
      // what the file is to blame for is told to its owner, and is nobody else's trouble
      if (ERRORS[failure.code].retry !== "no") {
        warn("an attempt failed", { upload: subject, attempt, error });
      }
      const after = await patiently(() => actor.failed({ counts, failure })).catch((refused) => {
        if (isRejection(refused, "not_found")) return { status: "dead" } as const; // deleted
        throw refused;
      });
      count(OUTCOMES[after.status]);
      if (after.status === "waiting") return after.afterMs;
      if (after.status === "stale") await clean(folder(attempt));
      else for (let one = 1; one <= attempt; one++) await clean(folder(one));
      return null;
    }
    count("done");
    for (let one = 1; one < attempt; one++) await clean(folder(one));
    return null;
  };
}

/** What an attempt that failed is counted as. */
const OUTCOMES = { waiting: "again", dead: "dead", stale: "overtaken" } as const;

/** Another attempt has the job. */
class Overtaken extends Error {
  override readonly name = "Overtaken";
}

/** What an error is to the owner and to administrators; a defect's words are for the latter only. */
function failureOf(error: unknown): JobFailure {
  const stderr = logOf(error).join("\n");
  if (isRejection(error)) {
    return { code: error.code, detail: error.message, reason: error.message, stderr };
  }
  return {
    code: "processing_failed",
    detail: "Something failed here",
    reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    stderr,
  };
}
