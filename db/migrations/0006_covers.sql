-- Covers, and whether others may take a track as a file.
alter table tracks
  -- the folder of its sizes among the blobs; null where there is none
  add column cover_key text,
  -- the owner has set it, or taken it away: what a file brings along does not replace that
  add column cover_chosen boolean not null default false,
  add column downloadable boolean not null default true;
