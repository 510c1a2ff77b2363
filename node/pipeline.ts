/** From bytes to music: the jobs, the actors of uploads, and what finds work that nobody does. */
import { inProcessBus } from "../actors/runtime/bus.ts";
import type { System } from "../actors/runtime/system.ts";
import { topic } from "../actors/runtime/topic.ts";
import { trackUpload } from "../actors/track_upload.ts";
import type { Config } from "../config.ts";
import type { Sql } from "../db/open.ts";
import { trackStore } from "../db/tracks.ts";
import { uploadStore } from "../db/uploads.ts";
import { dangersOf } from "../domain/safety.ts";
import type { Progress } from "../domain/tracks.ts";
import { uploadRules } from "../domain/upload_rules.ts";
import type { Tool } from "../media/ffmpeg.ts";
import type { Job, Report } from "../media/job.ts";
import { inProcessJobs } from "../media/jobs.ts";
import { readMetadata } from "../media/metadata.ts";
import { clamd, refuseInfected } from "../media/scan.ts";
import { sniffBlob } from "../media/sniff_blob.ts";
import { transcode } from "../media/transcode.ts";
import { intake } from "../routes/intake.ts";
import { receiver } from "../routes/receive.ts";
import { newId } from "../services/ids.ts";
import type { Log } from "../services/log.ts";
import { cleaning } from "./cleaning.ts";
import type { Storage } from "./storage.ts";

/** The last that is told of a track that was deleted. */
const GONE: Progress = {
  stage: null,
  percent: 0,
  status: "failed",
  failure: { code: "not_found", detail: "The track was deleted" },
};

/** The pipeline of a node. Disposing ends all work; its rows are found again at the next start. */
export function pipelineOf({ config, sql, storage, ffmpeg, system, account, log }: {
  config: Config;
  sql: Sql;
  storage: Storage;
  ffmpeg: Tool;
  system: System;
  account: Parameters<typeof intake>[0]["account"];
  log: Log;
}) {
  const { blobs, workDir } = storage;
  const tracks = trackStore(sql);
  const uploadRows = uploadStore(sql);
  const clean = cleaning({ blobs, sql, log });
  const { uploadMaxBytes: maxBytes, uploadMaxSeconds: maxSeconds } = config;
  const rulesOf = uploadRules({
    quotas: config.quotas,
    limits: config.uploadLimits,
    ceiling: { maxBytes, maxSeconds },
    dangers: dangersOf({ ...ffmpeg, isPublic: config.isPublic, allowed: config.allowUnsafeMedia }),
  });
  const scanner = config.clamavUrl ? clamd({ url: config.clamavUrl }) : undefined;

  const jobs = inProcessJobs({
    run: ({ job, report }: { job: Job; report: (report: Report) => Promise<void> }, context) =>
      transcode(job, {
        blobs,
        ffmpeg,
        workDir,
        report,
        scan: scanner && refuseInfected(scanner),
        ...context,
      }),
  });
  const progress = topic<Progress>(inProcessBus(), "track");
  const uploads = system.host(trackUpload({
    uploads: uploadRows,
    transcode: async (job, report, signal) => {
      const { maxSeconds } = rulesOf(await uploadRows.ownerRoles(job.uploadId));
      return await jobs.submit({ job: { ...job, maxSeconds }, report }, { signal });
    },
    publish: (trackId, event) => progress.publish(trackId, event),
    clean: (place) => blobs.deletePrefix(place),
  }));
  const begin = async (id: string) => {
    try {
      await uploads.get(id).begin();
    } catch (error) {
      log.warn("an upload waits for the next sweep", { upload: id, error }); // its row is safe
    }
  };
  const taking = intake({
    blobs,
    uploads: uploadRows,
    newId,
    account,
    rulesOf,
    sniff: (key) => sniffBlob(blobs, key, workDir),
    tags: async (key) => {
      const path = blobs.localPath(key); // of a blob elsewhere the whole would have to come here
      return path === null ? null : await readMetadata(path);
    },
    begin,
    discard: clean.discard,
  });
  return {
    tracks,
    scanner,
    progress,
    intake: taking,
    receiver: receiver({ blobs, intake: taking }),
    rulesOf,
    usedBytes: uploadRows.usedBytes,
    /** Stops what is being made of a track, and removes its row and all its blobs (U15). */
    async discard(trackId: string): Promise<void> {
      const ids = await uploadRows.ofTrack(trackId);
      const places = await tracks.remove(trackId); // from here on every write of its actors is refused
      progress.publish(trackId, GONE);
      for (const id of ids) {
        // one that sleeps finds no row to wake up with; what it made is erased below
        await uploads.get(id).abandon()
          .catch((error) => log.debug("abandon", { upload: id, error }));
      }
      await clean.erase(places ?? [])
        .catch((error) => log.warn("erased at the next sweep", { trackId, error }));
    },
    /** Begins what nobody works on, and ends deletions that broke off. */
    async sweep(): Promise<void> {
      for (const id of await uploadRows.unfinished()) await begin(id);
      await clean.sweep();
    },
    async [Symbol.asyncDispose]() {
      await jobs[Symbol.asyncDispose]();
      await clean[Symbol.asyncDispose]();
    },
  };
}
