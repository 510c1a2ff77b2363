-- Tracks, and the uploads they are made from.
create table tracks (
  id uuid primary key,
  creator_id uuid not null constraint fk_tracks_users references users (id) on delete cascade,
  title text not null,
  artist text not null,
  genre text not null default '',
  description text not null default '',
  visibility text not null default 'public' check (visibility in ('public', 'unlisted', 'private')),
  status text not null check (status in ('uploading', 'processing', 'playable', 'ready', 'failed')),
  stage text,
  percent real not null default 0,
  failure jsonb,
  duration_ms integer,
  loudness jsonb,
  source jsonb,
  -- where the renditions lie in the blobs; null until the first segment can be played
  media_key text,
  -- where the waveforms lie; null until they are drawn
  waveform_key text,
  like_count integer not null default 0,
  play_count integer not null default 0,
  comment_count integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index idx_tracks_creator_id_id on tracks (creator_id, id);
create index idx_tracks_public_id on tracks (id) where visibility = 'public' and status in ('playable', 'ready');

-- An upload: bytes that were answered for. Its actor takes the next epoch at each start (A2).
create table uploads (
  id uuid primary key,
  track_id uuid not null constraint fk_uploads_tracks references tracks (id) on delete cascade,
  user_id uuid not null constraint fk_uploads_users references users (id) on delete cascade,
  status text not null check (status in ('received', 'processing', 'done', 'failed')),
  epoch bigint not null default 0,
  -- how often work was begun, and how often it failed by itself
  attempt integer not null default 0,
  failures integer not null default 0,
  filename text not null,
  blob_key text not null,
  bytes bigint not null,
  sha256 text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index idx_uploads_track_id on uploads (track_id);
-- Tracks whose rows are gone and whose blobs are not yet: written in the statement that deletes the
-- track, removed when the last blob is gone, so that a crash in between leaks nothing (U15).
create table deletions (
  track_id uuid primary key,
  requested_at timestamptz not null default now()
);

create index idx_uploads_unfinished on uploads (id) where status in ('received', 'processing');
