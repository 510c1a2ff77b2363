/** How people stand in a room, and the changes of it: SQL and rows. */
import type { Act, Standing } from "../domain/chat.ts";
import { forgetMentions } from "./mentions.ts";
import type { Sql, TransactionSql } from "./open.ts";

/** Until when each was muted last: it outlives their membership, so the record of it is asked. */
const mutes = (db: Sql | TransactionSql, roomId: string) =>
  db`
    select distinct on (target_id) target_id as user_id,
      to_timestamp((details->>'untilMs')::float8 / 1000) as until
    from room_acts where room_id = ${roomId} and act in ('mute', 'unmute')
    order by target_id, id desc`;

/** How people stand in a room: its members, and who is banned or mute; only `userId` when given. */
export async function standingsOf(
  db: Sql | TransactionSql,
  roomId: string,
  userId: string | null = null,
): Promise<Map<string, Standing>> {
  const one = userId === null ? db`` : db`and user_id = ${userId}`;
  const rows = await db<
    {
      userId: string;
      role: Standing["role"];
      mutedUntil: Date | null;
      banned: boolean;
      bannedUntil: Date | null;
    }[]
  >`
    select user_id as "userId", m.role, coalesce(m.muted_until, silenced.until) as "mutedUntil",
      b.user_id is not null as banned, b.until as "bannedUntil"
    from (select * from room_members where room_id = ${roomId}) m
    full join (select * from room_bans where room_id = ${roomId}) b using (user_id)
    full join (select * from (${mutes(db, roomId)}) all_mutes where until > now()) silenced
      using (user_id)
    where true ${one}`;
  return new Map<string, Standing>(rows.map((row) => [row.userId, {
    role: row.role,
    mutedUntil: row.mutedUntil?.getTime() ?? 0,
    bannedUntil: row.banned ? row.bannedUntil?.getTime() ?? Infinity : 0,
  }]));
}

/** Writes what `change` does to `userId`'s place. */
export async function setPlace(
  tx: TransactionSql,
  roomId: string,
  byId: string,
  userId: string,
  change: Act,
): Promise<void> {
  const place = tx`room_id = ${roomId} and user_id = ${userId}`;
  switch (change.act) {
    case "add":
    case "join":
      // who leaves and comes again is as mute as before
      await tx`
        insert into room_members (room_id, user_id, read_seq, muted_until)
        values (${roomId}, ${userId}, (select last_seq from rooms where id = ${roomId}), (
          select to_timestamp((details->>'untilMs')::float8 / 1000) from room_acts
          where room_id = ${roomId} and target_id = ${userId} and act in ('mute', 'unmute')
          order by id desc limit 1))
        on conflict do nothing`;
      return;
    case "leave":
      // a direct room is of all its people: without one of them they can begin another
      await tx`update rooms set direct_key = null where id = ${roomId}`;
      await tx`delete from room_members where ${place}`;
      await forgetMentions(tx, roomId, userId);
      return;
    case "kick":
      await tx`delete from room_members where ${place}`;
      await forgetMentions(tx, roomId, userId);
      return;
    case "mute":
      await tx`update room_members set muted_until = ${new Date(change.untilMs)} where ${place}`;
      return;
    case "unmute":
      await tx`update room_members set muted_until = null where ${place}`;
      return;
    case "ban":
      await tx`delete from room_members where ${place}`;
      await forgetMentions(tx, roomId, userId);
      await tx`
        insert into room_bans (room_id, user_id, until, reason, banned_by)
        values (${roomId}, ${userId}, ${change.untilMs === null ? null : new Date(change.untilMs)},
          ${change.reason}, ${byId})
        on conflict (room_id, user_id) do update
          set until = excluded.until, reason = excluded.reason, banned_by = excluded.banned_by`;
      return;
    case "unban":
      await tx`delete from room_bans where ${place}`;
      return;
    case "role":
      await tx`update room_members set role = ${change.role} where ${place}`;
      return;
    default:
      change satisfies never;
  }
}
