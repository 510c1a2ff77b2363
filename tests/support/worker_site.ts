/** A cluster with workers, for tests of what they make of uploads. */
import { equal, ok } from "node:assert/strict";
import type { Job, JobPage } from "../../domain/jobs.ts";
import { type Bed, clusterBed } from "../../tasks/testbed/bed.ts";
import { ask, upload } from "./client.ts";
import { childrenOf, temporary } from "./processes.ts";

/** A cluster that goes with its folder, and what tests ask it. */
export async function workerSite(nodes: number, workers: number) {
  await using owned = new AsyncDisposableStack();
  const folder = owned.use(await temporary());
  await Deno.chmod(folder.path, 0o711); // PostgreSQL is not root
  const wanted = { embedded: false, nodes, workers, limits: false };
  const bed: Bed = owned.use(await clusterBed(wanted, `${folder.path}/data`));
  const { tells } = bed;
  const token = tells.admin.accessToken;
  const urls = tells.nodes.map(({ url }) => url);
  const [url = "", last = ""] = [urls[0], urls.at(-1)];
  const kept = owned.move();
  return {
    tells,
    token,
    url,
    /** Of the node that the upload did not come to, where there are two. */
    last,
    async jobOf(uploadId: string): Promise<Job> {
      const { body } = await ask<JobPage>(url, "/api/v1/admin/jobs", { token });
      const job = body.items.find(({ subject }) => subject === uploadId);
      ok(job, "there is no such job");
      return job;
    },
    /** Uploads to the first node; the ids of what came of it. */
    async send(bytes: Uint8Array<ArrayBuffer>, name?: string) {
      const { status, body } = await upload(url, token, bytes, name ? { name } : {});
      equal(status, 202, JSON.stringify(body));
      return body.upload;
    },
    worker: (name: string | null) => tells.workers.find((one) => one.name === name)?.pid ?? 0,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export type WorkerSite = Awaited<ReturnType<typeof workerSite>>;

/** The encoders below a process. */
export const encodersOf = async (pid: number) =>
  (await childrenOf(pid)).filter(({ command }) => /ffmpeg .*-i /.test(command));
