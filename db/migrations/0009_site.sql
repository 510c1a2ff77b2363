-- The site that this database is of, so that only who knows what the blobs are for removes any.
create table site (
  is_only boolean primary key default true check (is_only),
  -- stands among the blobs too, as a mark
  id uuid not null default gen_random_uuid(),
  -- it is new to its blobs, or was set back: for a day after this nothing is collected
  since timestamptz not null default now(),
  -- collections that were begun; the mark says the same, and more when the database was set back
  collections bigint not null default 0
);
insert into site default values;

-- one that fails waits, and the others go on
alter table erasures add column run_after timestamptz not null default now();
create index idx_erasures_run_after on erasures (run_after);

-- the collector asks whether one still comes in to a key
create index idx_resumable_uploads_blob_key on resumable_uploads (blob_key)
  where status = 'receiving';
