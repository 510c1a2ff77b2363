-- What caused an upload: the request, and the event, from which its later events follow (A20). It
-- outlives the request, and whoever works on it.
alter table uploads add column cause jsonb;
alter table resumable_uploads add column cause jsonb;
