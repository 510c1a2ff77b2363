/** From bytes to music: what takes uploads in, the jobs of them, and the actors that decide. */
import { resumableStore } from "../db/resumable.ts";
import type { Role } from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import type { EventMetadata } from "../domain/events.ts";
import type { Progress } from "../domain/tracks.ts";
import { readMetadata } from "../media/metadata.ts";
import { sniffBlob } from "../media/sniff_blob.ts";
import { intake } from "../routes/intake.ts";
import { receiver } from "../routes/receive.ts";
import { newId } from "../services/ids.ts";
import { cleaning } from "./cleaning.ts";
import { jobDesk } from "./job_desk.ts";
import { transcodingOf, type TranscodingParts } from "./transcoding.ts";

/** The last that is told of a track that was deleted. */
const GONE: Progress = {
  uploadId: null,
  stage: null,
  percent: 0,
  status: "failed",
  failure: { code: "not_found", detail: "The track was deleted" },
};

/** The pipeline of a node. Disposing ends all work; its rows are found again at the next start. */
export async function pipelineOf(
  { account, ...parts }: TranscodingParts & {
    readonly account: Parameters<typeof intake>[0]["account"];
  },
) {
  const { sql, rows, storage, log } = parts;
  const { blobs, workDir } = storage;
  const { tracks, uploads: uploadRows, versions } = rows;
  const transcoding = await transcodingOf(parts);
  const { uploads, progress, rulesOf, wake, cancel } = transcoding;
  const clean = cleaning({ blobs, sql, log });
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
    begin: wake,
    discard: clean.discard,
  });
  return {
    tracks,
    scanner: transcoding.scanner,
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
      await Promise.all(ids.map(cancel));
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
      await cancel(id);
      await clean.erase(places)
        .catch((error) => log.warn("erased at the next sweep", { trackId, error }));
    },
    rowsOfJobs: transcoding.jobs,
    jobs: jobDesk({
      jobs: transcoding.jobs,
      upload: (id) => uploads.get(id),
      wake,
      stop: cancel,
      clean: transcoding.clean,
    }),
    /** Removes what lies at places that were noted; what fails now is removed at a later sweep. */
    erase: clean.erase,
    /** Ends deletions that broke off, and collects what no row names. */
    sweep: clean.sweep,
    async [Symbol.asyncDispose]() {
      await transcoding[Symbol.asyncDispose]();
      await clean[Symbol.asyncDispose]();
    },
  };
}
