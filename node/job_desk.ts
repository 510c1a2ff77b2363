/** What an administrator may see of jobs, and do with them. */
import type { Ref } from "../actors/runtime/actor.ts";
import type { trackUpload } from "../actors/track_upload.ts";
import type { JobStore } from "../db/jobs.ts";
import { attemptFolder } from "../domain/blob_keys.ts";
import { Rejection } from "../domain/errors.ts";
import type { Job } from "../domain/jobs.ts";
import type { JobDesk } from "../routes/admin_jobs.ts";

type Upload = Pick<Ref<ReturnType<typeof trackUpload>["on"]>, "retry" | "cancel">;

/** The actor of the upload decides, as it does for every attempt; this finds it, and tells the rest. */
export function jobDesk({ jobs, upload, wake, stop, clean }: {
  jobs: JobStore;
  upload: (id: string) => Upload;
  /** There is a job to take. */
  wake: () => void;
  /** Ends the attempt that runs here; one elsewhere ends at its next heartbeat. */
  stop: (subject: string) => Promise<void>;
  /** Removes what an attempt has made. */
  clean: (folder: string) => Promise<void>;
}): JobDesk {
  const get = async (id: string): Promise<Job> => {
    const job = await jobs.byId(id);
    if (!job) throw new Rejection("not_found", `No job ${id}`);
    return job;
  };
  return {
    list: (query) => jobs.list(query),
    open: (limit) => jobs.open(limit),
    counts: () => jobs.counts(),
    get,
    async retry(id) {
      const { subject } = await get(id);
      await upload(subject).retry();
      wake();
      return await get(id);
    },
    async cancel(id) {
      const { subject, trackId, attempt } = await get(id);
      await upload(subject).cancel();
      await stop(subject);
      for (let one = 1; trackId !== null && one <= attempt; one++) {
        await clean(attemptFolder(trackId, subject, one));
      }
      return await get(id);
    },
  };
}
