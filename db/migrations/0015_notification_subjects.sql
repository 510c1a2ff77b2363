-- What a notification is about, beside a track: a message that mentions its reader (C9), and
-- somebody who waits to be let in (S4). Which columns are set goes by the kind.
alter table notifications
  add column room_id uuid constraint fk_notifications_rooms references rooms (id) on delete cascade,
  add column message_id uuid,
  -- the message's place in its room
  add column seq bigint,
  -- who wrote the message, or who waits
  add column person_id uuid
    constraint fk_notifications_persons references users (id) on delete cascade;
create index idx_notifications_room_id on notifications (room_id, user_id)
  where room_id is not null;
create index idx_notifications_person_id on notifications (person_id) where person_id is not null;
