/** From bytes to music: what takes uploads in, the jobs of them, and the actors that decide. */
import type { Bus } from "../actors/runtime/bus.ts";
import type { System } from "../actors/runtime/system.ts";
import { topic } from "../actors/runtime/topic.ts";
import { trackUpload } from "../actors/track_upload.ts";
import type { Config } from "../config.ts";
import type { Sql } from "../db/open.ts";
import { jobStore } from "../db/jobs.ts";
import { resumableStore } from "../db/resumable.ts";
import type { Role } from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import type { EventMetadata } from "../domain/events.ts";
import { type Danger, refuseUnsafe } from "../domain/safety.ts";
import type { Progress } from "../domain/tracks.ts";
import { uploadRules } from "../domain/upload_rules.ts";
import { attempts } from "../media/attempt.ts";
import type { Tool } from "../media/ffmpeg.ts";
import { jobRunner } from "../media/jobs.ts";
import { readMetadata } from "../media/metadata.ts";
import { clamd, refuseInfected } from "../media/scan.ts";
import { sniffBlob } from "../media/sniff_blob.ts";
import type { TrackCovers } from "../media/track_covers.ts";
import { transcode } from "../media/transcode.ts";
import { intake } from "../routes/intake.ts";
import { receiver } from "../routes/receive.ts";
import { newId } from "../services/ids.ts";
import type { Log } from "../services/log.ts";
import { cleaning } from "./cleaning.ts";
import { jobDesk } from "./job_desk.ts";
import type { Storage } from "./storage.ts";
import type { TrackRows } from "./track_rows.ts";

/** The last that is told of a track that was deleted. */
const GONE: Progress = {
  uploadId: null,
  stage: null,
  percent: 0,
  status: "failed",
  failure: { code: "not_found", detail: "The track was deleted" },
};

/**
 * The pipeline of a node. Disposing ends all work; its rows are found again at the next start.
 *
 * @param alone nobody else works on this database: jobs that run are a dead predecessor's
 */
export async function pipelineOf(
  { config, sql, rows, alone, storage, ffmpeg, dangers, system, bus, account, covers, told, log }: {
    config: Config;
    sql: Sql;
    rows: TrackRows;
    alone: boolean;
    storage: Storage;
    ffmpeg: Tool;
    dangers: readonly Danger[];
    system: System;
    bus: Bus;
    account: Parameters<typeof intake>[0]["account"];
    covers: Pick<TrackCovers, "bring">;
    /** Is called when domain events were written that somebody waits for. */
    told: () => void;
    log: Log;
  },
) {
  const { blobs, workDir } = storage;
  const { tracks, uploads: uploadRows, steps, versions } = rows;
  const clean = cleaning({ blobs, sql, log });
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
  const jobs = jobStore(sql);
  if (alone) await jobs.releaseAll();
  const warn = (message: string, details: Record<string, unknown>) => log.warn(message, details);
  const removeUnnamed = async (folder: string) => {
    if (!await steps.names(folder)) await blobs.deletePrefix(folder);
  };
  const runner = jobRunner({
    rows: jobs,
    worker: config.nodeName,
    warn,
    work: attempts({
      upload: (id) => uploads.get(id),
      transcode: async (job, context) => {
        const { maxSeconds, dangers } = rulesOf(await uploadRows.ownerRoles(job.uploadId));
        refuseUnsafe(dangers); // it was taken in when this node had another ffmpeg
        const scan = scanner && refuseInfected(scanner);
        return await transcode({ ...job, maxSeconds }, {
          blobs,
          ffmpeg,
          workDir,
          scan,
          cover: (path, signal) =>
            covers.bring(job.trackId, path, signal).catch((error) => {
              signal.throwIfAborted();
              log.warn("a recording stays without its cover", { track: job.trackId, error });
            }),
          hlsForm: config.hlsForm,
          ...context,
        });
      },
      clean: removeUnnamed,
      warn,
    }),
  });
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
    begin: runner.wake,
    discard: clean.discard,
  });
  return {
    tracks,
    scanner,
    progress,
    intake: taking,
    receiver: receiver({ blobs, intake: taking, promised: resumableStore(sql).promised }),
    rulesOf,
    quotaOf: async ({ userId, roles }: { userId: string; roles: readonly Role[] }) => ({
      usedBytes: await uploadRows.usedBytes(userId),
      limitBytes: rulesOf(roles).quotaBytes,
    }),
    /** Stops what is being made of a track, and removes its row and all its blobs (U15). */
    async discard(trackId: string, cause: EventMetadata): Promise<void> {
      const ids = await uploadRows.ofTrack(trackId);
      const places = await tracks.remove(trackId, cause); // from here on no attempt saves anything
      progress.publish(trackId, GONE);
      await Promise.all(ids.map(runner.cancel)); // those elsewhere end at their next heartbeat
      await clean.erase(places ?? [])
        .catch((error) => log.warn("erased at the next sweep", { trackId, error }));
    },
    versions,
    /**
     * Removes a version with its job and its blobs.
     *
     * @throws {Rejection} `not_found`; `conflict` while the track shows it
     */
    async discardVersion(trackId: string, id: string, cause: EventMetadata): Promise<void> {
      const places = await versions.remove(trackId, id, cause);
      if (!places) throw new Rejection("not_found", `The track has no version ${id}`);
      await runner.cancel(id);
      await clean.erase(places)
        .catch((error) => log.warn("erased at the next sweep", { trackId, error }));
    },
    jobs: jobDesk({
      jobs,
      upload: (id) => uploads.get(id),
      wake: runner.wake,
      stop: runner.cancel,
      clean: removeUnnamed,
    }),
    /** Ends deletions that broke off, and collects what no row names. */
    sweep: clean.sweep,
    async [Symbol.asyncDispose]() {
      await runner[Symbol.asyncDispose]();
      await clean[Symbol.asyncDispose]();
    },
  };
}
