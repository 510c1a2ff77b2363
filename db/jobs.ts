/** Jobs: SQL and rows, nothing else. The row is the truth of a job, whoever works on it (A16). */
import { type Job, type JobKind, type JobStatus, SILENCE_MS } from "../domain/jobs.ts";
import { encodeCursor, type Page, type PageQuery, positionOf } from "../domain/pages.ts";
import type { Sql, TransactionSql } from "./open.ts";
import { takesAsJobs } from "./take_jobs.ts";

/** A job that somebody took: `attempt` is the fence of all that is told of it from now on. */
export interface ClaimedJob {
  readonly id: string;
  readonly kind: JobKind;
  readonly subject: string;
  readonly trackId: string;
  /** Where the original lies. */
  readonly sourceKey: string;
  /** How often it was begun, this time too. */
  readonly attempt: number;
  readonly failures: number;
  readonly lost: number;
}

/** What there is to do. */
export interface Backlog {
  readonly counts: { readonly waiting: number; readonly running: number; readonly dead: number };
  readonly oldestMs: number;
}

interface JobRow {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly track_id: string | null;
  readonly title: string | null;
  readonly stage: string | null;
  readonly percent: number | null;
  readonly status: JobStatus;
  readonly attempt: number;
  readonly failures: number;
  readonly lost: number;
  readonly worker: string | null;
  readonly heartbeat_at: Date | null;
  readonly run_after: Date;
  readonly code: string | null;
  readonly reason: string | null;
  readonly stderr: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const shown = (row: JobRow): Job => ({
  id: row.id,
  kind: row.kind,
  subject: row.subject,
  trackId: row.track_id,
  title: row.title,
  stage: row.stage,
  percent: row.percent,
  status: row.status,
  attempt: row.attempt,
  failures: row.failures,
  lost: row.lost,
  worker: row.worker,
  heartbeatAt: row.heartbeat_at?.toISOString() ?? null,
  runAfter: row.run_after.toISOString(),
  code: row.code,
  reason: row.reason,
  stderr: row.stderr,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
});

/**
 * Adds the job that makes an upload's music, in the transaction that adds the upload: from the
 * moment that the bytes are answered for, somebody will work on them.
 */
export async function addTranscode(
  tx: TransactionSql,
  { jobId, uploadId }: { jobId: string; uploadId: string },
): Promise<void> {
  await tx`
    insert into jobs (id, kind, subject, track_id, payload)
    select ${jobId}, 'transcode', id, track_id, jsonb_build_object('sourceKey', blob_key)
    from uploads where id = ${uploadId}`;
}

/** Jobs with what people call them, and how far they are; recordings that are closed are jobs too. */
const known = (sql: Sql) =>
  sql`
    select * from (
      select jobs.id, jobs.kind, jobs.subject, jobs.track_id, tracks.title, uploads.stage,
        uploads.percent, jobs.status, jobs.attempt, jobs.failures, jobs.lost, jobs.worker,
        jobs.heartbeat_at, jobs.run_after, jobs.code, jobs.reason, jobs.stderr, jobs.created_at,
        jobs.updated_at
      from jobs left join tracks on tracks.id = jobs.track_id
        left join uploads on uploads.id = jobs.subject
      union all ${takesAsJobs(sql)}
    ) as jobs`;

/** The store of jobs. */
export const jobStore = (sql: Sql) => ({
  /**
   * Takes the job that waits longest, or one whose worker has been silent for
   * {@linkcode SILENCE_MS}; null when there is none. Nobody else gets it: one statement takes it,
   * and passes over what another is just taking.
   *
   * @param worker who takes it, for people to read
   * @param except jobs that the worker has: after an outage its own silence looks like another's
   */
  async claim(worker: string, except: readonly string[] = []): Promise<ClaimedJob | null> {
    const [row] = await sql<ClaimedJob[]>`
      update jobs set
        status = 'running', attempt = attempt + 1, lost = lost + (status = 'running')::int,
        worker = ${worker}, heartbeat_at = now(), updated_at = now()
      where id = (
        select id from jobs
        where (status = 'waiting' and run_after <= now()
          or status = 'running' and heartbeat_at < now() - ${SILENCE_MS} * interval '1 ms')
          and id <> all(${[...except]}::uuid[])
        order by run_after, id limit 1 for update skip locked
      )
      returning id, kind, subject, track_id as "trackId", payload ->> 'sourceKey' as "sourceKey",
        attempt, failures, lost`;
    return row ?? null;
  },

  /** Says that these attempts go on; answers with the ids of the jobs that are still theirs. */
  async beat(held: readonly Pick<ClaimedJob, "id" | "attempt">[]): Promise<string[]> {
    const rows = await sql<{ id: string }[]>`
      update jobs set heartbeat_at = now()
      from unnest(${held.map(({ id }) => id)}::uuid[], ${held.map((one) => one.attempt)}::int[])
        as held (id, attempt)
      where jobs.id = held.id and jobs.attempt = held.attempt and jobs.status = 'running'
      returning jobs.id`;
    return rows.map(({ id }) => id);
  },

  /** Gives a job back that its worker cannot go on with, for no fault of the job's. */
  async release({ id, attempt }: Pick<ClaimedJob, "id" | "attempt">): Promise<void> {
    await sql`
      update jobs set status = 'waiting', worker = null, heartbeat_at = null, updated_at = now()
      where id = ${id} and attempt = ${attempt} and status = 'running'`;
  },

  /**
   * Frees all running jobs at once. Only for who knows that nobody works on them, as one who has
   * just started alone on its database.
   */
  async releaseAll(): Promise<void> {
    await sql`
      update jobs set status = 'waiting', lost = lost + 1, worker = null, heartbeat_at = null,
        updated_at = now()
      where status = 'running'`;
  },

  async byId(id: string): Promise<Job | null> {
    const [row] = await sql<JobRow[]>`${known(sql)} where jobs.id = ${id}`;
    return row ? shown(row) : null;
  },

  /**
   * The jobs of a status, or all; the newest first.
   *
   * @throws {Rejection} `invalid` when the cursor is not one of ours
   */
  async list({ status, limit, cursor }: PageQuery & { status?: JobStatus }): Promise<Page<Job>> {
    const position = positionOf(cursor);
    const rows = await sql<JobRow[]>`
      ${known(sql)}
      where ${status === undefined ? sql`true` : sql`jobs.status = ${status}`}
        ${position === null ? sql`` : sql`and jobs.id < ${position}`}
      order by jobs.id desc limit ${limit + 1}`;
    const items = rows.slice(0, limit).map(shown);
    const last = items.at(-1);
    return { items, nextCursor: rows.length > limit && last ? encodeCursor(last.id) : null };
  },

  /** What runs, then what waits, in the order in which it is taken. */
  async open(limit: number): Promise<Job[]> {
    const rows = await sql<JobRow[]>`
      ${known(sql)} where jobs.status in ('running', 'waiting')
      order by jobs.status, jobs.run_after, jobs.id limit ${limit}`;
    return rows.map(shown);
  },

  /**
   * What there is to do, for who watches: open and dead jobs, and how long the one that waits longest
   * has been due, in ms.
   */
  async backlog(): Promise<Backlog> {
    const [row] = await sql<(Backlog["counts"] & { oldestMs: number })[]>`
      select count(*) filter (where status = 'waiting')::int as waiting,
        count(*) filter (where status = 'running')::int as running,
        count(*) filter (where status = 'dead')::int
          + (select count(*)::int from (${
      takesAsJobs(sql)
    }) as takes where status = 'dead') as dead,
        coalesce(extract(epoch from
          now() - min(run_after) filter (where status = 'waiting' and run_after <= now())
        ), 0)::float8 * 1000 as "oldestMs"
      from jobs where status in ('waiting', 'running', 'dead')`;
    const { oldestMs = 0, ...counts } = row ?? { waiting: 0, running: 0, dead: 0 };
    return { counts, oldestMs };
  },

  /** How many jobs there are of each status. */
  async counts(): Promise<Record<JobStatus, number>> {
    const rows = await sql<{ status: JobStatus; count: number }[]>`
      select status, count(*)::int as count
      from (select status from jobs union all select status from (${takesAsJobs(sql)}) as takes)
        as jobs
      group by status`;
    const none = { waiting: 0, running: 0, done: 0, dead: 0, cancelled: 0 };
    return { ...none, ...Object.fromEntries(rows.map(({ status, count }) => [status, count])) };
  },
});

export type JobStore = ReturnType<typeof jobStore>;
