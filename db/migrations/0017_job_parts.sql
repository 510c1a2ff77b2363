-- Parts of a running job that other workers may take (U10): renditions of an attempt's ladder. They
-- are offered by an attempt and end with it; the row of the job stays the truth.
create table job_parts (
  id uuid primary key,
  job_id uuid not null constraint fk_job_parts_jobs references jobs (id) on delete cascade,
  -- the attempt of the job that offers it: with another, nobody needs it any more
  attempt integer not null,
  -- what the job is about, for who ends all that is done for it
  subject uuid not null,
  payload jsonb not null,
  -- 'kept': who offered it does it after all
  status text not null default 'waiting'
    check (status in ('waiting', 'running', 'done', 'failed', 'kept')),
  -- how often it was begun: the fence of who works on it
  taken integer not null default 0,
  worker text,
  heartbeat_at timestamptz,
  -- how far it is, in ms of sound; null until the first segment can be played
  reached_ms integer,
  -- what was made, or why nothing was
  outcome jsonb,
  created_at timestamptz not null default now()
);
create index idx_job_parts_subject_attempt on job_parts (subject, attempt);
create index idx_job_parts_job_id on job_parts (job_id);
create index idx_job_parts_waiting on job_parts (id) where status = 'waiting';
