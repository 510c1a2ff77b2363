-- Originals are found again by their hash, and asked for by their key when an upload goes (U4).
create index idx_uploads_user_id_sha256 on uploads (user_id, sha256);
create index idx_uploads_blob_key on uploads (blob_key);

-- What no row names any more and is to go from the blobs: a key, or a folder with a slash at its
-- end. Written in the transaction that takes the rows out, removed when the blobs are gone, so that
-- a crash in between leaks nothing (U15).
create table erasures (
  place text primary key,
  requested_at timestamptz not null default now()
);
insert into erasures (place, requested_at)
  select 'tracks/' || track_id || '/', requested_at from deletions;
drop table deletions;
