/** Who is told that a message names them, and who no longer is: SQL and rows (C9). */
import { MENTIONS_MOST, mentionsIn, type Message } from "../domain/chat.ts";
import { appendEvents } from "./events.ts";
import type { Sql, TransactionSql } from "./open.ts";

/** A name after an @ in a message. */
export interface Mention {
  readonly message: Message;
  /** In lower case. */
  readonly name: string;
}

/** The mentions in `messages`, at most {@linkcode MENTIONS_MOST} of each. */
export const mentionsOf = (messages: readonly Message[]): Mention[] =>
  messages.filter(({ content }) => content?.includes("@")).flatMap((message) =>
    mentionsIn(message.content ?? "").slice(0, MENTIONS_MOST).map((name) => ({ message, name }))
  );

/**
 * Writes, in the transaction of the messages, an event for each that is mentioned: whoever may read
 * the room and did not write it. A name that is nobody's, or of somebody outside, is only a word.
 */
export async function appendMentions(
  tx: TransactionSql,
  roomId: string,
  mentions: readonly Mention[],
): Promise<void> {
  const rows = await tx<{ userId: string; place: number }[]>`
    select users.id as "userId", place::int
    from unnest(${mentions.map(({ name }) => name)}::text[],
      ${mentions.map(({ message }) => message.senderId)}::uuid[])
      with ordinality as said (name, sender_id, place)
    join users on lower(users.username) = said.name and users.id <> said.sender_id
    join rooms on rooms.id = ${roomId}
    where ${mayBeTold(tx)}
    order by place`;
  await appendEvents(
    tx,
    rows.map(({ userId, place }) => {
      const { messageId, seq, senderId: byId, senderName: byName } = mentions[place - 1]!.message;
      return {
        eventType: "chat.user.mentioned.v1",
        aggregateId: userId,
        data: { roomId, messageId, seq, userId, byId, byName },
      };
    }),
  );
}

/**
 * Holds of a row of `rooms` and one of `users` who is at home there. A moderator of the site may
 * look into a private room, but is not called into it.
 */
export const mayBeTold = (tx: TransactionSql) =>
  tx`users.status = 'active' and rooms.deleted_at is null
    and case rooms.kind
      when 'public' then true
      when 'live' then not rooms.hidden or exists (
        select from live_streams s
        where s.room_id = rooms.id and users.id in (s.host_id, s.co_host_id))
      else exists (
        select from room_members m where m.room_id = rooms.id and m.user_id = users.id)
    end
    and not exists (
      select from room_bans b where b.room_id = rooms.id and b.user_id = users.id
        and (b.until is null or b.until > now()))`;

/** Removes what was told of messages in a room that has ended, or that `userId` reads no more. */
export async function forgetMentions(
  tx: Sql | TransactionSql,
  roomId: string,
  userId?: string,
): Promise<void> {
  const outside = tx`and user_id = ${userId ?? null} and exists (
    select from rooms where rooms.id = room_id and kind <> 'public'
      and (kind <> 'live' or hidden))`;
  await tx`delete from notifications where room_id = ${roomId} ${userId ? outside : tx``}`;
}
