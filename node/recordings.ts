/** Recordings of live streams, put together: who writes their parts, and who closes them (L7). */
import type { Bus } from "../actors/runtime/bus.ts";
import { topic } from "../actors/runtime/topic.ts";
import type { Config } from "../config.ts";
import { liveReplayStore } from "../db/live_replay.ts";
import { type ClaimedTake, liveTakeStore } from "../db/live_takes.ts";
import type { Sql } from "../db/open.ts";
import type { UploadStore } from "../db/uploads.ts";
import type { Role } from "../domain/auth.ts";
import type { LiveNews } from "../domain/live_news.ts";
import type { UploadRules } from "../domain/upload_rules.ts";
import type { Tool } from "../media/ffmpeg.ts";
import { jobRunner } from "../media/jobs.ts";
import { closing as closingOf } from "../media/live/closing.ts";
import type { PartQueueDeps, Room } from "../media/live/part_queue.ts";
import { recorder } from "../media/live/recorder.ts";
import type { JobDesk } from "../routes/admin_jobs.ts";
import type { Intake } from "../routes/intake.ts";
import { replayDesk, type ReplayParts } from "../routes/live_replay.ts";
import { newId } from "../services/ids.ts";
import type { Log } from "../services/log.ts";
import type { SinkMaker } from "./live.ts";
import type { Storage } from "./storage.ts";

/** Recordings that are closed at a time: it is reading and writing, and no work. */
const AT_ONCE = 2;
const NOTHING: Room = { bytes: 0, ms: 0 };

export interface RecordingsParts {
  readonly config: Config;
  readonly sql: Sql;
  readonly bus: Bus;
  readonly storage: Pick<Storage, "blobs" | "workDir">;
  readonly ffmpeg: Tool;
  readonly uploads: Pick<UploadStore, "usedBytes">;
  readonly intake: Pick<Intake, "accept">;
  readonly rulesOf: (roles: readonly Role[]) => UploadRules;
  readonly rolesOf: (userId: string) => Promise<readonly Role[] | null>;
  /** A track, for who may see it; rejects all others. */
  readonly track: ReplayParts["track"];
  /** Removes what lies at places that were noted. */
  readonly erase: (places: readonly string[]) => Promise<void>;
  /** Nobody else works on this database. */
  readonly alone: boolean;
  /** Aborts when the node stops. */
  readonly closing: AbortSignal;
  readonly log: Log;
}

/** Disposing ends what is being closed, and gives it back; recorders end with their broadcasts. */
export async function recordingsOf(parts: RecordingsParts) {
  const { config, sql, bus, storage, ffmpeg, uploads, intake, rulesOf, rolesOf, erase, log } =
    parts;
  const { blobs, workDir } = storage;
  const takes = liveTakeStore(sql);
  const news = topic<LiveNews>(bus, "live");
  const warn = (message: string, details: Record<string, unknown>) => log.warn(message, details);
  if (parts.alone) await takes.releaseAll();

  const runner = jobRunner<ClaimedTake>({
    rows: {
      claim: (worker, except) => takes.claim(worker, except),
      beat: (held) => takes.beatClosing(held),
      release: (take) => takes.release(take),
    },
    worker: config.nodeName,
    concurrency: AT_ONCE,
    most: AT_ONCE,
    warn,
    work: closingOf<ClaimedTake>({
      blobs,
      ffmpeg,
      workDir,
      takes,
      accept: (recording) => intake.accept({ ...recording, isRecording: true }),
      erase,
      told: (id, state, trackId) => news.publish(id, { type: "recording", state, trackId }),
      warn,
    }),
  });

  const writing: PartQueueDeps["takes"] = {
    async open(streamId, epoch) {
      const take = await takes.open(streamId, epoch, { uploadId: newId(), trackId: newId() });
      const roles = take && await rolesOf(take.hostId);
      if (!roles) return null;
      const { maxBytes, maxSeconds, quotaBytes } = rulesOf(roles);
      // one that has begun is kept whole, even over the quota; one that is over it begins none
      if (quotaBytes !== null && await uploads.usedBytes(take.hostId) >= quotaBytes) return NOTHING;
      const sinceMs = Date.now() - take.beganAt;
      return { bytes: maxBytes - take.bytes, ms: maxSeconds * 1_000 - sinceMs };
    },
    beat: (streamId, epoch, bytes) => takes.beat(streamId, epoch, bytes),
    async shut(streamId, epoch, bytes) {
      await takes.shut(streamId, epoch, bytes);
      runner.wake(); // the stream may have ended before its last part was stored
    },
  };

  /** What records a host's connection; null where it is not to be recorded. */
  const record: SinkMaker = (onAir) =>
    onAir.record
      ? recorder({
        blobs,
        takes: writing,
        told: (id, state) => news.publish(id, { type: "recording", state, trackId: null }),
        warn,
        closing: parts.closing,
      }, onAir)
      : null;

  return {
    record,
    replay: replayDesk({
      replayOf: takes.replayOf,
      said: liveReplayStore(sql).said,
      track: parts.track,
    }),
    /** The desk of jobs, with recordings among them. */
    jobs: (desk: JobDesk): JobDesk => ({
      ...desk,
      async retry(id) {
        if ((await desk.get(id)).kind !== "recording") return await desk.retry(id);
        await takes.retry(id);
        runner.wake();
        return await desk.get(id);
      },
      async cancel(id) {
        if ((await desk.get(id)).kind !== "recording") return await desk.cancel(id);
        await takes.giveUp(id);
        await runner.cancel(id); // one elsewhere ends at its next heartbeat
        return await desk.get(id);
      },
    }),
    /** A stream has ended: its recording may be ready to be closed. */
    wake: runner.wake,
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  };
}
export type Recordings = Awaited<ReturnType<typeof recordingsOf>>;
