-- All connections of a host that are being written: one whose backlog is long goes on beside those
-- that came after it. `writer` is the newest of them, for a node of the release before.
alter table live_takes add column writers bigint[] not null default '{}';
