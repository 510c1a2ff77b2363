/** From a job to music: the actors that decide on uploads, and the runner that works for them (A16). */
import type { Bus } from "../actors/runtime/bus.ts";
import type { System } from "../actors/runtime/system.ts";
import { topic } from "../actors/runtime/topic.ts";
import { trackUpload } from "../actors/track_upload.ts";
import type { Config } from "../config.ts";
import { type JobStore, jobStore } from "../db/jobs.ts";
import type { Sql } from "../db/open.ts";
import type { Danger } from "../domain/safety.ts";
import type { Progress } from "../domain/tracks.ts";
import { uploadRules } from "../domain/upload_rules.ts";
import type { Tool } from "../media/ffmpeg.ts";
import { clamd } from "../media/scan.ts";
import type { TrackCovers } from "../media/track_covers.ts";
import type { Log } from "../services/log.ts";
import { jobCalls } from "./job_calls.ts";
import type { Meters } from "./meters.ts";
import { runnersOf } from "./runners.ts";
import type { Storage } from "./storage.ts";
import type { TrackRows } from "./track_rows.ts";

export interface TranscodingParts {
  readonly config: Config;
  readonly sql: Sql;
  readonly rows: TrackRows;
  /** Nobody else works on this database: jobs that run are a dead predecessor's. */
  readonly alone: boolean;
  readonly storage: Storage;
  readonly ffmpeg: Tool;
  readonly dangers: readonly Danger[];
  readonly system: System;
  readonly bus: Bus;
  readonly covers: Pick<TrackCovers, "bring">;
  /** Is called when domain events were written that somebody waits for. */
  readonly told: () => void;
  readonly meters: Pick<Meters, "attempt" | "part">;
  readonly log: Log;
}

/**
 * What a worker is, and a node too: one whose ROLES have no `worker` hosts the actors and leaves the
 * jobs to others. Disposing ends all work, and gives it back.
 */
export async function transcodingOf(parts: TranscodingParts) {
  const { config, sql, rows, alone, storage, ffmpeg, dangers, system, bus, covers, told } = parts;
  const { meters, log } = parts;
  const { blobs } = storage;
  const { uploads: uploadRows, steps } = rows;
  const { uploadMaxBytes: maxBytes, uploadMaxSeconds: maxSeconds } = config;
  const rulesOf = uploadRules({
    quotas: config.quotas,
    limits: config.uploadLimits,
    ceiling: { maxBytes, maxSeconds },
    dangers,
  });
  const scanner = config.clamavUrl ? clamd({ url: config.clamavUrl }) : undefined;
  const progress = topic<Progress>(bus, "track");
  const uploads = system.host(trackUpload({
    uploads: steps,
    publish(trackId, event) {
      void rows.forget(trackId);
      progress.publish(trackId, event);
      if (event.status === "ready" || event.status === "failed") told();
    },
  }));
  const jobs: JobStore = jobStore(sql);
  if (alone) await jobs.releaseAll();
  /** Removes what lies in a folder of blobs, unless a row names it. */
  const clean = async (folder: string) => {
    if (!await steps.names(folder)) await blobs.deletePrefix(folder);
  };
  const runner = config.roles.includes("worker")
    ? runnersOf({
      ...{ config, sql, jobs, storage, ffmpeg, scanner, covers, clean, meters, log },
      upload: (id) => uploads.get(id),
      rulesFor: async (uploadId) => rulesOf(await uploadRows.ownerRoles(uploadId)),
      call: () => calls.wake(),
    })
    : undefined;
  const calls = jobCalls({ bus, node: config.nodeName, runner });
  return {
    uploads,
    progress,
    scanner,
    rulesOf,
    jobs,
    clean,
    /** There is a job to take: tells this runner, and all others. */
    wake: calls.wake,
    /** Ends the attempt at a subject: here at once, elsewhere soon. */
    cancel: calls.cancel,
    async [Symbol.asyncDispose]() {
      calls[Symbol.dispose]();
      await runner?.[Symbol.asyncDispose]();
    },
  };
}
