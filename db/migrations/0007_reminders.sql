-- What wakes an actor at its time, on whichever node (A10).
create table reminders (
  kind text not null,
  key text not null,
  name text not null,
  due_at timestamptz not null,
  -- tells one setting from the next
  token uuid not null default gen_random_uuid(),
  primary key (kind, key, name)
);
create index idx_reminders_due_at on reminders (due_at);
