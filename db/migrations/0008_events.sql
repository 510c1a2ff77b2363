-- Domain events: written in the transaction of what they tell of, and given their position by the
-- one relay once no earlier transaction can still commit (A21).
create table events (
  -- the order of writing; of one aggregate it is the order of its changes
  id bigint generated always as identity primary key,
  transaction_id xid8 not null default pg_current_xact_id(),
  -- the order of relaying, without gaps that could fill later; null until then
  position bigint constraint uq_events_position unique,
  event_id uuid not null default gen_random_uuid(),
  event_type text not null,
  aggregate_type text not null,
  aggregate_id uuid not null,
  created_at timestamptz not null default now(),
  data jsonb not null,
  metadata jsonb not null default '{}'
);
create index idx_events_unrelayed on events (id) where position is null;
create index idx_events_aggregate_id on events (aggregate_id);
create index idx_events_created_at on events (created_at);
create sequence events_position;

-- How far each consumer has come.
create table event_cursors (
  consumer text primary key,
  position bigint not null,
  -- of the event that it cannot get past
  failures integer not null default 0,
  last_error text,
  updated_at timestamptz not null default now()
);
