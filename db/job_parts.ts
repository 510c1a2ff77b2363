/** Parts of running jobs, which other workers may take: SQL and rows, nothing else (U10). */
import { SILENCE_MS } from "../domain/jobs.ts";
import type { PartState } from "../domain/job_parts.ts";
import type { Sql } from "./open.ts";

/** The attempt that offers parts. */
export interface Offering {
  /** What its job is about: the upload. */
  readonly subject: string;
  readonly attempt: number;
}

/** A part that somebody took: `attempt` is the fence of all that is told of it from now on. */
export interface ClaimedPart<Work> {
  readonly id: string;
  readonly subject: string;
  /** How often it was begun, this time too. */
  readonly attempt: number;
  readonly work: Work;
}

type Held = Pick<ClaimedPart<unknown>, "id" | "attempt">;

/** The store of parts: `Work` says what is to be done, `Made` what came of it; both survive JSON. */
export const jobPartStore = <Work extends object, Made extends object>(sql: Sql) => {
  /** The job is still at the attempt that offered it. */
  const wanted = sql`
    exists (select from jobs where jobs.id = job_parts.job_id and jobs.status = 'running'
      and jobs.attempt = job_parts.attempt)`;
  const held = ({ id, attempt }: Held) =>
    sql`id = ${id} and taken = ${attempt} and status = 'running' and ${wanted}`;

  return {
    /**
     * Offers parts, and takes out what an earlier attempt has offered. False, and nothing done, when
     * the job is another attempt's.
     */
    async offer(
      { subject, attempt }: Offering,
      parts: readonly { readonly id: string; readonly work: Work }[],
    ): Promise<boolean> {
      const rows = parts.map(({ id, work }) => ({ id, payload: work }));
      const { count } = await sql`
        with job as (
          select id from jobs
          where kind = 'transcode' and subject = ${subject} and attempt = ${attempt}
            and status = 'running'
        ), gone as (
          delete from job_parts using job
          where job_parts.job_id = job.id and job_parts.attempt < ${attempt}
        )
        insert into job_parts (id, job_id, attempt, subject, payload)
        select part.id, job.id, ${attempt}, ${subject}, part.payload
        from job, jsonb_to_recordset(${sql.json(rows as never)}) as part (id uuid, payload jsonb)`;
      return count > 0;
    },

    /** Takes the part that waits longest; null when there is none. Nobody else gets it. */
    async claim(worker: string, except: readonly string[] = []): Promise<ClaimedPart<Work> | null> {
      const [row] = await sql<ClaimedPart<Work>[]>`
        update job_parts set status = 'running', taken = taken + 1, worker = ${worker},
          heartbeat_at = now(), reached_ms = null
        where id = (
          select id from job_parts
          where status = 'waiting' and id <> all(${[...except]}::uuid[]) and ${wanted}
          order by id limit 1 for update skip locked
        )
        returning id, subject, taken as attempt, payload as work`;
      return row ?? null;
    },

    /** Says that these go on; answers with the ids of those that are still theirs. */
    async beat(parts: readonly Held[]): Promise<string[]> {
      const rows = await sql<{ id: string }[]>`
        update job_parts set heartbeat_at = now()
        from unnest(${parts.map(({ id }) => id)}::uuid[], ${parts.map((one) => one.attempt)}::int[])
          as held (id, taken)
        where job_parts.id = held.id and job_parts.taken = held.taken
          and job_parts.status = 'running' and ${wanted}
        returning job_parts.id`;
      return rows.map(({ id }) => id);
    },

    /** Gives one back that its worker cannot go on with. */
    async release(part: Held): Promise<void> {
      await sql`update job_parts set status = 'waiting', worker = null where ${held(part)}`;
    },

    /** Tells how far it is, in ms of sound; false when it is not its worker's any more. */
    async reached(part: Held, ms: number): Promise<boolean> {
      const { count } = await sql`
        update job_parts set reached_ms = ${Math.round(ms)}, heartbeat_at = now()
        where ${held(part)}`;
      return count > 0;
    },

    /** Tells what was made; false when nobody needs it any more. */
    async done(part: Held, made: Made): Promise<boolean> {
      const { count } = await sql`
        update job_parts set status = 'done', outcome = ${sql.json(made as never)}
        where ${held(part)}`;
      return count > 0;
    },

    /** Tells why nothing was made. */
    async failed(part: Held, reason: string): Promise<void> {
      await sql`
        update job_parts set status = 'failed', outcome = ${sql.json({ reason })}
        where ${held(part)}`;
    },

    /** All that this attempt has offered. */
    async look({ subject, attempt }: Offering): Promise<PartState<Made>[]> {
      return await sql<PartState<Made>[]>`
        select id, taken, worker, reached_ms as "reachedMs", outcome,
          case when status = 'running' and heartbeat_at < now() - ${SILENCE_MS} * interval '1 ms'
            then 'silent' else status end as status
        from job_parts where subject = ${subject} and attempt = ${attempt} order by id`;
    },

    /**
     * Takes back those of `ids` on which nobody works, or whose worker is silent: the offerer does
     * them. Answers how often each was begun, this time too. Those that are kept are kept again: the
     * one who asks has had no answer.
     */
    async keep(ids: readonly string[]): Promise<{ id: string; taken: number }[]> {
      return await sql<{ id: string; taken: number }[]>`
        update job_parts set status = 'kept', taken = taken + 1
        where id = any(${[...ids]}::uuid[]) and (status in ('waiting', 'failed', 'kept')
          or status = 'running' and heartbeat_at < now() - ${SILENCE_MS} * interval '1 ms')
        returning id, taken`;
    },

    /** Takes all out that this attempt has offered: whoever works on it stops. */
    async withdraw({ subject, attempt }: Offering): Promise<void> {
      await sql`delete from job_parts where subject = ${subject} and attempt = ${attempt}`;
    },
  };
};

export type JobPartStore<Work extends object, Made extends object> = ReturnType<
  typeof jobPartStore<Work, Made>
>;
