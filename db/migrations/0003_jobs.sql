-- What an upload came to belongs to the upload, for a track may have several: its versions. The
-- track shows one of them.
alter table uploads
  add column stage text,
  add column percent real not null default 0,
  add column failure jsonb,
  add column duration_ms integer,
  add column loudness jsonb,
  add column source jsonb,
  -- where the renditions lie in the blobs; null until the first segment can be played
  add column media_key text,
  -- where the waveforms lie; null until they are drawn
  add column waveform_key text,
  -- the version that the track showed when this one took its place
  add column replaced_upload_id uuid;
update uploads set stage = tracks.stage, percent = tracks.percent, failure = tracks.failure,
  duration_ms = tracks.duration_ms, loudness = tracks.loudness, source = tracks.source,
  media_key = tracks.media_key, waveform_key = tracks.waveform_key
  from tracks where tracks.id = uploads.track_id;

-- deferred: track and upload appear in one transaction, and each names the other
alter table tracks add column current_upload_id uuid
  constraint fk_tracks_current_upload references uploads (id) deferrable initially deferred;
update tracks set current_upload_id = uploads.id from uploads where uploads.track_id = tracks.id;
set constraints all immediate;
alter table tracks
  drop column stage,
  drop column percent,
  drop column failure,
  drop column duration_ms,
  drop column loudness,
  drop column source,
  drop column media_key,
  drop column waveform_key;

-- Work that outlives who does it (A16). The row is the truth: who claims it adds one to `attempt`,
-- which is the fence of all that this attempt writes.
create table jobs (
  id uuid primary key,
  kind text not null,
  -- what it is about; of a 'transcode' the upload
  subject uuid not null,
  track_id uuid constraint fk_jobs_tracks references tracks (id) on delete cascade,
  payload jsonb not null default '{}',
  status text not null default 'waiting'
    check (status in ('waiting', 'running', 'done', 'dead', 'cancelled')),
  -- how often it was begun, how often it failed by itself, how often its worker died of it
  attempt integer not null default 0,
  failures integer not null default 0,
  lost integer not null default 0,
  worker text,
  heartbeat_at timestamptz,
  run_after timestamptz not null default now(),
  -- of the last failure: a code of the error table, words, and the end of what ffmpeg said
  code text,
  reason text,
  stderr text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index idx_jobs_kind_subject on jobs (kind, subject);
create index idx_jobs_open on jobs (run_after, id) where status in ('waiting', 'running');
create index idx_jobs_status_id on jobs (status, id);
create index idx_jobs_track_id on jobs (track_id);

insert into jobs (id, kind, subject, track_id, payload, status, attempt, failures, code, reason,
    created_at, updated_at)
  select id, 'transcode', id, track_id, jsonb_build_object('sourceKey', blob_key),
    case when status = 'failed' then 'dead' else 'waiting' end, attempt, failures,
    failure ->> 'code', failure ->> 'detail', created_at, updated_at
  from uploads where status <> 'done';
drop index idx_uploads_unfinished;
alter table uploads drop column attempt, drop column failures;
