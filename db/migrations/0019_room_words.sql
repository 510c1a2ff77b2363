-- The words of messages, for the search. They are put in behind the log of each room, not with it
-- (docs/decisions/0024-words-of-rooms.md); what a room had before comes in by the same way, in small
-- batches, while nodes run.
create table room_words (
  room_id uuid not null,
  -- of the message, in the log of its room
  seq bigint not null,
  sender_id uuid not null,
  created_at timestamptz not null,
  words tsvector not null,
  primary key (room_id, seq)
);
-- Room and sender are in it too, so that a word that is common elsewhere costs nothing here. Sorting
-- entries in by the list (in KB) costs less than half of what each by itself does; whoever fills the
-- list sorts, which nobody waits for, but each search reads it: so it is short.
create index idx_room_words_words on room_words
  using gin (words, (array[room_id, sender_id])) with (gin_pending_list_limit = 1024);

-- How far each room's words have come: all entries up to this one are in.
create table room_words_cursors (
  room_id uuid primary key,
  seq bigint not null default 0
);

-- It was kept up by each message, in the transaction that its sender waits for. It holds no data:
-- a node of the release before, in a rolling update, finds the same without it, only slower.
drop index idx_room_entries_search;
