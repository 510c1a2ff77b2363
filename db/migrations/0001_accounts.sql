-- Accounts and their sessions.
create table users (
  id uuid primary key,
  email text not null,
  username text not null,
  display_name text not null,
  bio text not null default '',
  password_hash text not null,
  roles text[] not null default '{user}',
  -- 'pending' waits for an administrator where REGISTRATION=approval; 'banned' may not sign in
  status text not null default 'active' check (status in ('active', 'pending', 'banned')),
  registration_reason text not null default '',
  -- raised to end every session at once
  token_version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (roles <@ array['user', 'premium_user', 'creator', 'moderator', 'admin'])
);
create unique index idx_users_email on users (lower(email));
create unique index idx_users_username on users (lower(username));

-- A sign-in: one browser (cookie) or one program (a family of refresh tokens).
create table sessions (
  id uuid primary key,
  user_id uuid not null constraint fk_sessions_users references users (id) on delete cascade,
  kind text not null check (kind in ('cookie', 'token')),
  -- SHA-256 of the cookie's secret; null for 'token'
  secret_hash bytea,
  remember boolean not null default false,
  user_agent text,
  address text,
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create unique index idx_sessions_secret_hash on sessions (secret_hash);
create index idx_sessions_user_id on sessions (user_id);

-- Refresh tokens, each used once; a second use revokes the session it belongs to.
create table refresh_tokens (
  hash bytea primary key,
  session_id uuid not null constraint fk_refresh_tokens_sessions
    references sessions (id) on delete cascade,
  issued_at timestamptz not null default now(),
  used_at timestamptz
);
create index idx_refresh_tokens_session_id on refresh_tokens (session_id);
