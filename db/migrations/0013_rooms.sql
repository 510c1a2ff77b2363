-- Rooms and their logs. A log is partitioned by room, so that its unique keys hold in the whole of
-- a room: the number of an entry, and what a client named a message (C4, C5).
create table rooms (
  id uuid primary key,
  kind text not null check (kind in ('public', 'private', 'direct')),
  name text not null,
  topic text not null default '',
  owner_id uuid not null constraint fk_rooms_users references users (id),
  -- who a direct room is between: their ids in order; one room for the same people
  direct_key text constraint uq_rooms_direct_key unique,
  -- least time between two messages of a member, in ms; 0 is off
  slow_mode_ms integer not null default 0 check (slow_mode_ms between 0 and 3600000),
  -- words that are not taken here
  blocked_words text[] not null default '{}',
  member_count integer not null default 0,
  -- the fence of its actor (A2)
  epoch bigint not null default 0,
  -- changes only when the log was restored from a backup (C5)
  gen bigint not null default 1,
  last_seq bigint not null default 0,
  last_message_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);
create index idx_rooms_public on rooms (coalesce(last_message_at, created_at) desc, id desc)
  where kind = 'public' and deleted_at is null;

create table room_members (
  room_id uuid not null constraint fk_room_members_rooms references rooms (id) on delete cascade,
  user_id uuid not null constraint fk_room_members_users references users (id) on delete cascade,
  role text not null default 'member' check (role in ('member', 'moderator', 'owner')),
  muted_until timestamptz,
  -- the newest entry that was read
  read_seq bigint not null default 0,
  joined_at timestamptz not null default now(),
  primary key (room_id, user_id)
);
create index idx_room_members_user_id on room_members (user_id);

create table room_bans (
  room_id uuid not null constraint fk_room_bans_rooms references rooms (id) on delete cascade,
  user_id uuid not null constraint fk_room_bans_users references users (id) on delete cascade,
  -- null: for good
  until timestamptz,
  reason text not null default '',
  banned_by uuid not null,
  created_at timestamptz not null default now(),
  primary key (room_id, user_id)
);

create table room_invites (
  -- sha-256 of the code in the link
  code_hash bytea primary key,
  room_id uuid not null constraint fk_room_invites_rooms references rooms (id) on delete cascade,
  made_by uuid not null,
  uses_left integer not null check (uses_left >= 0),
  expires_at timestamptz not null,
  created_at timestamptz not null default now()
);
create index idx_room_invites_room_id on room_invites (room_id);

create table room_entries (
  room_id uuid not null,
  seq bigint not null,
  action text not null,
  message_id uuid not null,
  -- who did it
  sender_id uuid not null,
  sender_name text not null,
  -- what the client named the message, on 'received' alone
  client_id uuid,
  -- the text, on 'received' (as it was sent) and 'edited'; null when it was deleted
  content text,
  -- the text as it is now, where it was edited; on 'received' alone
  edited_content text,
  message_type text,
  reply_to uuid,
  thread_id uuid,
  metadata jsonb,
  emoji text,
  deleted_at timestamptz,
  pinned_at timestamptz,
  created_at timestamptz not null,
  primary key (room_id, seq)
) partition by hash (room_id);
create unique index uq_room_entries_client_id on room_entries (room_id, sender_id, client_id)
  where client_id is not null;
create index idx_room_entries_message_id on room_entries (room_id, message_id);
create index idx_room_entries_search on room_entries
  using gin (to_tsvector('simple', coalesce(edited_content, content, '')))
  where action = 'received';
do $$
begin
  for part in 0..15 loop
    execute format('create table room_entries_%s partition of room_entries
      for values with (modulus 16, remainder %s)', part, part);
  end loop;
end $$;

-- Who gave a message which sign; each person each sign once.
create table room_reactions (
  room_id uuid not null,
  message_id uuid not null,
  user_id uuid not null,
  emoji text not null,
  created_at timestamptz not null default now(),
  primary key (room_id, message_id, user_id, emoji)
);

-- Passes with which a socket is opened once (C1).
create table chat_tickets (
  -- sha-256 of the token
  token_hash bytea primary key,
  user_id uuid not null constraint fk_chat_tickets_users references users (id) on delete cascade,
  session_id uuid not null,
  expires_at timestamptz not null
);
create index idx_chat_tickets_expires_at on chat_tickets (expires_at);

-- What was done to whom and why: only ever added to (S7).
create table room_acts (
  id bigint generated always as identity primary key,
  room_id uuid not null,
  actor_id uuid not null,
  target_id uuid,
  act text not null,
  details jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index idx_room_acts_room_id on room_acts (room_id, id);
