/** Streams that are recorded, as rows: for tests of what becomes of their recordings. */
import type { Sql } from "../../db/open.ts";
import { newId } from "../../services/ids.ts";

export async function person(sql: Sql): Promise<string> {
  const id = newId();
  const name = `u${id.replaceAll("-", "").slice(12)}`;
  await sql`insert into users (id, username, email, display_name, password_hash, status)
    values (${id}, ${name}, ${`${name}@example.org`}, 'Anna', 'x', 'active')`;
  return id;
}

/** A stream of `hostId` that is on air, and recorded unless told otherwise. */
export async function stream(sql: Sql, hostId: string, record = true): Promise<string> {
  const [id, roomId] = [newId(), newId()];
  await sql`insert into rooms (id, kind, name, owner_id) values (${roomId}, 'live', 'x', ${hostId})`;
  await sql`insert into live_streams (id, host_id, room_id, title, visibility, record, status)
    values (${id}, ${hostId}, ${roomId}, 'Set', 'unlisted', ${record}, 'live')`;
  return id;
}

export const endStream = (sql: Sql, id: string) =>
  sql`update live_streams set status = 'ended', ended_at = now() where id = ${id}`;
