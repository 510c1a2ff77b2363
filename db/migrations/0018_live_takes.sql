-- Recordings of live streams, each from its first part among the blobs to the track that it becomes.
create table live_takes (
  stream_id uuid primary key
    constraint fk_live_takes_streams references live_streams (id) on delete cascade,
  -- what it will be, decided before its first part: however often closing it is begun, there is one
  upload_id uuid not null,
  track_id uuid not null,
  -- 'open' is written, or waits to be closed; 'empty' was nothing to keep; 'lost' was given up
  status text not null default 'open'
    check (status in ('open', 'closing', 'done', 'empty', 'lost')),
  -- the connection of a host that is being written, and when that was last said; null: none is
  writer bigint,
  wrote_at timestamptz,
  -- what its parts have
  bytes bigint not null default 0,
  -- who closes it: as of a job, `attempt` is the fence
  attempt integer not null default 0,
  failures integer not null default 0,
  worker text,
  heartbeat_at timestamptz,
  run_after timestamptz not null default now(),
  -- of the last failure: a code of the error table, and words
  code text,
  reason text,
  -- where its time line begins, and how long it is; null until it is closed
  started_at timestamptz,
  duration_ms bigint,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index idx_live_takes_open on live_takes (run_after) where status in ('open', 'closing');
