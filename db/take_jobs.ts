/** Recordings as administrators see them: jobs among others, named by their streams (L7, A16). */
import type { Sql } from "./open.ts";

/**
 * The columns of a job, of each recording whose stream has ended. While a stream lasts its recording
 * is nobody's job; and of what was deleted there is nothing to do but to tidy up.
 */
export const takesAsJobs = (sql: Sql) =>
  sql`
    select s.id, 'recording' as kind, s.id as subject, s.recording_track_id as track_id, s.title,
      null::text as stage, null::real as percent,
      case
        when t.status = 'open' then 'waiting'
        when t.status = 'closing' then 'running'
        when t.status = 'lost' and t.code = 'cancelled' then 'cancelled'
        when t.status = 'lost' then 'dead'
        else 'done'
      end as status,
      t.attempt, t.failures, 0 as lost, t.worker, t.heartbeat_at, t.run_after, t.code, t.reason,
      null::text as stderr, t.created_at, t.updated_at
    from live_takes t join live_streams s on s.id = t.stream_id
    where s.status = 'ended' and s.deleted_at is null`;
