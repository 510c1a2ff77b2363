-- Uploads that come in pieces, by tus: what is known of them before, and a while after, they have
-- become an upload and a track of the same ids.
create table resumable_uploads (
  -- of the upload that it becomes
  id uuid primary key,
  user_id uuid not null constraint fk_resumable_uploads_users
    references users (id) on delete cascade,
  -- of the track that it becomes; no reference, for that does not exist yet, or not any more
  track_id uuid not null,
  blob_key text not null,
  status text not null default 'receiving' check (status in ('receiving', 'accepted', 'refused')),
  -- raised by each that begins to write; only the latest may move `received`
  writer bigint not null default 0,
  length bigint not null check (length >= 0),
  -- bytes that are fsynced
  received bigint not null default 0,
  -- name to text or null, in the order that the client gave them: not jsonb, which sorts
  metadata json not null,
  failure jsonb,
  -- the track that had the same bytes before, as it was told to the client
  duplicate_of jsonb,
  created_at timestamptz not null default now(),
  -- of the last byte, or of the end
  touched_at timestamptz not null default now(),
  check (received <= length)
);
create index idx_resumable_uploads_user_id_id on resumable_uploads (user_id, id);
create index idx_resumable_uploads_touched_at on resumable_uploads (touched_at);
create index idx_resumable_uploads_whole on resumable_uploads (id)
  where status = 'receiving' and received = length;
