-- What people are told of in the page, and of what they do not want to be told (D12).
create table notifications (
  -- a UUIDv7: lists go by it
  id uuid primary key,
  user_id uuid not null constraint fk_notifications_users references users (id) on delete cascade,
  event_id uuid not null,
  kind text not null,
  -- what it is about, by the kind; without it there is nothing left to tell
  track_id uuid constraint fk_notifications_tracks references tracks (id) on delete cascade,
  -- of the error table, where something failed
  code text,
  -- when it happened
  created_at timestamptz not null,
  read_at timestamptz,
  -- deleted by its reader; the row stays for its time, so that a replayed event does not bring it back
  removed_at timestamptz,
  -- an event that is told twice notifies once (A21)
  constraint uq_notifications_user_id_event_id unique (user_id, event_id)
);
create index idx_notifications_user_id_id on notifications (user_id, id) where removed_at is null;
create index idx_notifications_unread on notifications (user_id, id)
  where read_at is null and removed_at is null;
create index idx_notifications_track_id on notifications (track_id);
create index idx_notifications_created_at on notifications (created_at);

-- Only what was chosen; everything else is as by default.
create table notification_preferences (
  user_id uuid not null constraint fk_notification_preferences_users
    references users (id) on delete cascade,
  kind text not null,
  in_page boolean not null,
  primary key (user_id, kind)
);
