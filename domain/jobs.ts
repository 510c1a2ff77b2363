/** A job: work that outlives who does it. When it is tried again, and when it is given up (A16). */
import { z } from "zod";
import { type ErrorCode, ERRORS } from "./errors.ts";

export const JOB_STATUSES = ["waiting", "running", "done", "dead", "cancelled"] as const;
/** `waiting` and `running` are open; `dead` was given up, and only an administrator revives it. */
export const JobStatus = z.enum(JOB_STATUSES);
export type JobStatus = z.infer<typeof JobStatus>;

/** The kinds of jobs there are; `transcode` makes an upload's music, and its subject is the upload. */
export const JOB_KINDS = ["transcode"] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** Who runs a job says so this often, in ms (A16 leaves three chances within the silence). */
export const HEARTBEAT_MS = 5_000;
/** Who says nothing for so long has lost the job, in ms (A16). */
export const SILENCE_MS = 15_000;
/** Three failed attempts end a job (A16). */
const MOST_FAILURES = 3;
/**
 * A worker that dies is not the job's failure: nodes are stopped and moved. But a file that takes
 * every worker down with it must not do so for ever.
 */
const MOST_LOST = 20;
/** The pause before the next attempt doubles from the first to the last of these, in ms. */
const PAUSES_MS = { first: 1_000, most: 60_000 } as const;

/** A job as an administrator sees it. */
export const Job = z.object({
  id: z.string(),
  kind: z.string(),
  /** What it is about: of a transcode the upload, of a recording the stream, which has its id too. */
  subject: z.string(),
  trackId: z.string().nullable(),
  /** Of the track, or of the stream that was recorded, for people. */
  title: z.string().nullable(),
  /** How far it is: the stage of the upload, and how much of all is done, 0 to 100. */
  stage: z.string().nullable(),
  percent: z.number().nullable(),
  status: JobStatus,
  /** How often it was begun. */
  attempt: z.number().int(),
  /** How often it failed by itself. */
  failures: z.number().int(),
  /** How often its worker fell silent. */
  lost: z.number().int(),
  /** Who runs it, or ran it last. */
  worker: z.string().nullable(),
  heartbeatAt: z.string().nullable(),
  /** It waits until then. */
  runAfter: z.string(),
  /** Of the last failure: a code of the error table. */
  code: z.string().nullable(),
  reason: z.string().nullable(),
  /** The last lines that ffmpeg wrote before the last failure. */
  stderr: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Job = z.infer<typeof Job>;

/** A page of jobs, with how many there are of each status. */
export const JobPage = z.object({
  items: z.array(Job),
  nextCursor: z.string().nullable(),
  counts: z.record(JobStatus, z.number().int()),
});
export type JobPage = z.infer<typeof JobPage>;

/** How often a job was begun (this time too), how often it failed, and was lost with its worker. */
export interface Counts {
  readonly attempt: number;
  readonly failures: number;
  readonly lost: number;
}

/** Why an attempt came to nothing. */
export interface JobFailure {
  readonly code: ErrorCode;
  /** For the owner of what the job is about. */
  readonly detail: string;
  /** For administrators: may quote paths and messages of defects. */
  readonly reason: string;
  /** The last lines that ffmpeg wrote; may be empty. */
  readonly stderr: string;
}

/** What follows from a failure: it waits for `afterMs`, or is dead and its owner told `detail`. */
export type Verdict =
  | { readonly status: "waiting"; readonly failures: number; readonly afterMs: number }
  | { readonly status: "dead"; readonly failures: number; readonly detail: string };

/** They say something of the node and not of the file: another node, or the same one mended, can. */
const OF_THE_NODE: ReadonlySet<ErrorCode> = new Set(["unsafe_media"]);
/**
 * What is away comes back, also after a night; what has not within so many attempts, a minute
 * apart at most, is lost.
 */
const MOST_AWAY = 1_000;
/** They say something of the attempt, and count; three of them are enough. */
const COUNTED: ReadonlySet<ErrorCode> = new Set(["processing_failed", "internal"]);

/**
 * Decides what follows from a failed attempt. What the error table says not to try again is final,
 * unless it is the node's fault; `processing_failed` and `internal` count; the rest (lack of disk,
 * a database or a blob that is away) passes.
 *
 * @param random at least 0 and below 1: jobs that failed together do not return together
 */
export function afterFailure(
  { attempt, failures, lost }: Counts,
  { code, detail }: Pick<JobFailure, "code" | "detail">,
  random: number,
): Verdict {
  const passed = attempt - failures - lost;
  const final = ERRORS[code].retry === "no" && !OF_THE_NODE.has(code) ||
    code === "unavailable" && passed > MOST_AWAY || lostTooOften({ lost }) !== null;
  if (final) return { status: "dead", failures: failures + 1, detail };
  if (!COUNTED.has(code)) {
    return { status: "waiting", failures, afterMs: pause(passed, random) };
  }
  const failed = failures + 1;
  if (failed < MOST_FAILURES) {
    return { status: "waiting", failures: failed, afterMs: pause(failed, random) };
  }
  return {
    status: "dead",
    failures: failed,
    detail: `It failed ${failed} times, at last with: ${detail}`,
  };
}

/** Why a job may not be begun once more; null when it may. */
export const lostTooOften = ({ lost }: Pick<Counts, "lost">): string | null =>
  lost > MOST_LOST ? `Whoever worked on it died of it, ${lost} times` : null;

const pause = (row: number, random: number) =>
  Math.round(
    Math.min(PAUSES_MS.most, PAUSES_MS.first * 2 ** Math.max(0, row - 1)) * (1 - random / 2),
  );
