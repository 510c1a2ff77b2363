-- What the people who run a site set in its pages, and who may come in.

-- One row. Empty texts and a null stand for what was never set.
create table site_settings (
  is_only boolean primary key default true check (is_only),
  name text not null default 'Veza',
  -- Markdown, shown without its HTML
  rules text not null default '',
  legal text not null default '',
  -- null: as the address of the site says (open on loopback, else approval)
  registration text check (registration in ('open', 'approval', 'invite', 'closed')),
  updated_at timestamptz not null default now()
);
insert into site_settings default values;

-- The site's logo in its sizes, WebP. Small enough for a row, and so every node and backup has it.
create table site_logos (
  size text primary key check (size in ('small', 'medium', 'large')),
  -- names the picture in its address; the same in all rows
  version text not null,
  bytes bytea not null
);

-- The one-time link by which the first administrator comes in; the newest start's alone.
create table setup_links (
  is_only boolean primary key default true check (is_only),
  -- SHA-256 of the token
  token_hash bytea not null,
  created_at timestamptz not null default now()
);

-- Links that let new accounts in.
create table invites (
  id uuid primary key,
  -- SHA-256 of the link's secret, which is shown once
  secret_hash bytea not null,
  note text not null default '',
  created_by uuid constraint fk_invites_users references users (id) on delete set null,
  most_uses integer not null check (most_uses > 0),
  uses integer not null default 0 check (uses <= most_uses),
  created_at timestamptz not null default now(),
  ends_at timestamptz not null,
  revoked_at timestamptz
);
create unique index idx_invites_secret_hash on invites (secret_hash);
create index idx_invites_created_by on invites (created_by);

alter table users add column invite_id uuid
  constraint fk_users_invites references invites (id) on delete set null;
create index idx_users_invite_id on users (invite_id);
-- of the page where the account was made, for what is written to its person; null: not known
alter table users add column language text;
-- the queue of those who wait, and whether there is an administrator
create index idx_users_pending on users (id) where status = 'pending';
create index idx_users_admin on users (id) where 'admin' = any (roles);

-- What was decided of those who waited. The account of one who was refused is gone, so that name
-- and address are free again.
create table registration_decisions (
  id uuid primary key default gen_random_uuid(),
  -- of the account at the time; it may be gone
  user_id uuid not null,
  username text not null,
  decision text not null check (decision in ('approved', 'refused')),
  word text not null default '',
  decided_by uuid constraint fk_registration_decisions_users
    references users (id) on delete set null,
  decided_at timestamptz not null default now()
);
create index idx_registration_decisions_decided_by on registration_decisions (decided_by);
