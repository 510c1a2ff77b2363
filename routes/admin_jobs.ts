/** `/api/v1/admin/jobs`: the jobs of the site, for those who run it (A16). */
import { z } from "zod";
import { Id } from "../domain/ids.ts";
import { Job, JobPage, JobStatus } from "../domain/jobs.ts";
import { type Page, PageQuery } from "../domain/pages.ts";
import { endpoint, json, routes } from "./endpoint.ts";

/** What an administrator may see of jobs, and do with them. */
export interface JobDesk {
  list(query: PageQuery & { status?: JobStatus }): Promise<Page<Job>>;
  /** What runs, then what waits, in the order in which it is taken. */
  open(limit: number): Promise<Job[]>;
  /** How many there are of each status. */
  counts(): Promise<Record<JobStatus, number>>;
  /** @throws {Rejection} `not_found` */
  get(id: string): Promise<Job>;
  /**
   * Has it tried again: what was given up, or what waits for its time.
   *
   * @throws {Rejection} `not_found`; `conflict` when it is running or done
   */
  retry(id: string): Promise<Job>;
  /**
   * Ends it, and what is being made.
   *
   * @throws {Rejection} `not_found`; `conflict` when it has ended
   */
  cancel(id: string): Promise<Job>;
}

const OneJob = z.object({ id: Id });

const list = endpoint({
  method: "get",
  path: "/admin/jobs",
  tags: ["admin"],
  operationId: "listJobs",
  summary: "The jobs of the site, the newest first",
  description: "`status=dead` lists what was given up, each with its reason.",
  permission: "site:observe",
  request: { query: PageQuery.extend({ status: JobStatus.optional() }) },
  responses: { 200: json(JobPage, "Jobs") },
});

const get = endpoint({
  method: "get",
  path: "/admin/jobs/{id}",
  tags: ["admin"],
  operationId: "getJob",
  summary: "A job, with what was said when it failed",
  description: "`stderr` has the last lines that ffmpeg wrote.",
  permission: "site:observe",
  problems: [404],
  request: { params: OneJob },
  responses: { 200: json(Job, "The job") },
});

const retry = endpoint({
  method: "post",
  path: "/admin/jobs/{id}/retry",
  tags: ["admin"],
  operationId: "retryJob",
  summary: "Try a job again, now",
  description: "One that was given up or cancelled begins anew; one that waits does not wait.",
  permission: "jobs:manage",
  problems: [404, 409],
  request: { params: OneJob },
  responses: { 200: json(Job, "The job as it is now") },
});

const cancel = endpoint({
  method: "post",
  path: "/admin/jobs/{id}/cancel",
  tags: ["admin"],
  operationId: "cancelJob",
  summary: "End a job",
  description: "What runs is stopped, and what it has made is removed. It may be tried again.",
  permission: "jobs:manage",
  problems: [404, 409],
  request: { params: OneJob },
  responses: { 200: json(Job, "The job as it is now") },
});

/** A page of jobs, with how many there are of each status. */
export async function jobPage(
  jobs: Pick<JobDesk, "list" | "counts">,
  query: Parameters<JobDesk["list"]>[0],
): Promise<JobPage> {
  const [page, counts] = await Promise.all([jobs.list(query), jobs.counts()]);
  return { ...page, counts };
}

export function adminJobs({ jobs }: { jobs: JobDesk }) {
  const app = routes();
  app.openapi(list, async (c) => {
    const { status, ...page } = c.req.valid("query");
    return c.json(await jobPage(jobs, { ...page, ...(status && { status }) }), 200);
  });
  app.openapi(get, async (c) => c.json(await jobs.get(c.req.valid("param").id), 200));
  app.openapi(retry, async (c) => c.json(await jobs.retry(c.req.valid("param").id), 200));
  app.openapi(cancel, async (c) => c.json(await jobs.cancel(c.req.valid("param").id), 200));
  return app;
}
