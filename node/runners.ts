/** What works in a process: on jobs, and on parts of jobs that other workers have (A16, U10). */
import type { Config } from "../config.ts";
import { jobPartStore } from "../db/job_parts.ts";
import type { JobStore } from "../db/jobs.ts";
import type { Sql } from "../db/open.ts";
import { refuseUnsafe } from "../domain/safety.ts";
import type { UploadRules } from "../domain/upload_rules.ts";
import { type AttemptDeps, attempts } from "../media/attempt.ts";
import type { Tool } from "../media/ffmpeg.ts";
import type { RenditionOutcome } from "../media/job.ts";
import { jobRunner, type Runner } from "../media/jobs.ts";
import { offering, type RenditionWork } from "../media/offers.ts";
import { renditionParts } from "../media/part.ts";
import { refuseInfected, type Scanner } from "../media/scan.ts";
import type { TrackCovers } from "../media/track_covers.ts";
import { transcode } from "../media/transcode.ts";
import { newId } from "../services/ids.ts";
import type { Log } from "../services/log.ts";
import type { Meters } from "./meters.ts";
import type { Storage } from "./storage.ts";

export interface RunnersParts extends Pick<AttemptDeps, "upload" | "clean"> {
  readonly config: Config;
  readonly sql: Sql;
  readonly jobs: JobStore;
  readonly storage: Storage;
  readonly ffmpeg: Tool;
  readonly scanner: Scanner | undefined;
  readonly covers: Pick<TrackCovers, "bring">;
  /** What counts for the owner of an upload. */
  readonly rulesFor: (uploadId: string) => Promise<UploadRules>;
  /** Tells the runners of other processes that there is something to take. */
  readonly call: () => void;
  readonly meters: Pick<Meters, "attempt" | "part">;
  readonly log: Log;
}

/** Runs from now on. Disposing ends all work, and gives it back. */
export function runnersOf(parts: RunnersParts): Omit<Runner, "isBusy"> {
  const { config, sql, jobs, storage, ffmpeg, scanner, covers, rulesFor, meters, log } = parts;
  const { blobs, workDir } = storage;
  const warn = (message: string, details: Record<string, unknown>) => log.warn(message, details);
  const rows = jobPartStore<RenditionWork, RenditionOutcome>(sql);
  const common = { worker: config.nodeName, warn };
  const onJobs = jobRunner({
    rows: jobs,
    ...common,
    work: attempts({
      upload: parts.upload,
      transcode: async (job, context) => {
        const { maxSeconds, dangers } = await rulesFor(job.uploadId);
        refuseUnsafe(dangers); // it was taken in when this node had another ffmpeg
        return await transcode({ ...job, maxSeconds }, {
          blobs,
          ffmpeg,
          workDir,
          scan: scanner && refuseInfected(scanner),
          cover: (path, signal) =>
            covers.bring(job.trackId, path, signal).catch((error) => {
              signal.throwIfAborted();
              log.warn("a recording stays without its cover", { track: job.trackId, error });
            }),
          hlsForm: config.hlsForm,
          // without NATS nobody else is called, and by the time they look all is done
          offer: config.natsUrl ? offering({ rows, call: parts.call, newId, warn }) : undefined,
          onLost: (worker, reason) =>
            warn("another worker did not end its part", { upload: job.uploadId, worker, reason }),
          ...context,
        });
      },
      clean: parts.clean,
      warn,
      count: meters.attempt,
    }),
  });
  const slots = navigator.hardwareConcurrency; // an encoder keeps one core busy
  const onParts = config.natsUrl
    ? jobRunner({
      rows: {
        ...rows,
        // who has a job of its own has its cores busy, and parts to give rather than to take
        claim: async (worker, except) => onJobs.isBusy ? null : await rows.claim(worker, except),
      },
      ...common,
      work: renditionParts({
        ...{ rows, blobs, ffmpeg, workDir, warn, count: meters.part },
        allow: async (id) => refuseUnsafe((await rulesFor(id)).dangers),
      }),
      concurrency: slots,
      most: slots,
    })
    : undefined;
  return {
    wake() {
      onJobs.wake();
      onParts?.wake();
    },
    async cancel(subject) {
      await Promise.all([onJobs.cancel(subject), onParts?.cancel(subject)]);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([onJobs[Symbol.asyncDispose](), onParts?.[Symbol.asyncDispose]()]);
    },
  };
}
