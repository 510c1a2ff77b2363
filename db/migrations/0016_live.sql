-- Live streams, each with its room. A room that is hidden is one of a private stream: only its host
-- and moderators see it.
alter table rooms drop constraint rooms_kind_check;
alter table rooms add constraint rooms_kind_check
  check (kind in ('public', 'private', 'direct', 'live'));
alter table rooms add column hidden boolean not null default false;

create table live_streams (
  id uuid primary key,
  host_id uuid not null constraint fk_live_streams_users references users (id) on delete cascade,
  room_id uuid not null constraint fk_live_streams_rooms references rooms (id),
  title text not null,
  description text not null default '',
  visibility text not null check (visibility in ('public', 'unlisted', 'private')),
  record boolean not null default false,
  status text not null default 'idle' check (status in ('idle', 'live', 'reconnecting', 'ended')),
  -- when it is announced for; null: it is not
  scheduled_at timestamptz,
  -- who may take over from the host
  co_host_id uuid constraint fk_live_streams_co_hosts references users (id) on delete set null,
  -- part of the stream key, which is not stored: raising it makes a new key
  key_generation integer not null default 1,
  -- the fence of its actor (A2)
  epoch bigint not null default 0,
  -- one for each connection of a host (L3)
  live_epoch bigint not null default 0,
  -- who is, or was last, on air, and what they send: {codec, channels, frameSamples}
  on_air_id uuid,
  via text check (via in ('browser', 'encoder')),
  source jsonb,
  -- the last frame that was told of, and when: {sequence, capturedUs, atMs}
  last_frame jsonb,
  peak_listeners integer not null default 0,
  started_at timestamptz,
  -- since when it waits for its host to return
  lost_at timestamptz,
  ended_at timestamptz,
  -- the track that its recording became
  recording_track_id uuid
    constraint fk_live_streams_tracks references tracks (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);
create index idx_live_streams_host_id on live_streams (host_id, id desc);
create index idx_live_streams_status on live_streams (status, id desc)
  where deleted_at is null and visibility = 'public';
create index idx_live_streams_room_id on live_streams (room_id);
create index idx_live_streams_recording_track_id on live_streams (recording_track_id)
  where recording_track_id is not null;
