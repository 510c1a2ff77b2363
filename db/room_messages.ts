/** Messages of rooms as they stand now: SQL and rows. */
import { type MessageState, NAMES_OF_REACTION } from "../domain/room_messages.ts";
import type { Sql } from "./open.ts";
import type { FoundRow } from "./room_words.ts";

interface StateRow extends MessageState {
  readonly messageId: string;
}

export interface PinnedRow extends FoundRow {
  readonly pinnedAt: Date;
}

/** So many pinned messages are shown. */
const PINS_MOST = 100;

export const roomMessageStore = (sql: Sql) => ({
  /** How these messages stand, all as of the same entry; `viewerId` null is a guest. */
  async states(
    roomId: string,
    messageIds: readonly string[],
    viewerId: string | null,
  ): Promise<Map<string, MessageState>> {
    if (messageIds.length === 0) return new Map();
    const rows = await sql<StateRow[]>`
      select e.message_id as "messageId", coalesce(e.edited_content, e.content) as content,
        e.edited_content is not null as edited, e.pinned_at is not null as pinned,
        (select last_seq from rooms where id = ${roomId}) as "asOf",
        coalesce((
          select json_agg(json_build_object('emoji', one.emoji, 'count', one.count,
            'mine', one.mine, 'names', one.names) order by one.first, one.emoji)
          from (
            select r.emoji, count(*)::int as count, min(r.created_at) as first,
              coalesce(bool_or(r.user_id = ${viewerId}), false) as mine,
              (array_agg(u.display_name order by r.created_at))[1:${NAMES_OF_REACTION}] as names
            from room_reactions r join users u on u.id = r.user_id
            where r.room_id = ${roomId} and r.message_id = e.message_id
            group by r.emoji) one), '[]'::json) as reactions
      from room_entries e
      where e.room_id = ${roomId} and e.message_id = any(${[...messageIds]}::uuid[])
        and e.action = 'received'`;
    return new Map(rows.map(({ messageId, ...state }) => [messageId, state]));
  },

  /** What is pinned in a room, the newest pin first. */
  async pinned(roomId: string): Promise<PinnedRow[]> {
    return await sql<PinnedRow[]>`
      select seq, message_id as "messageId", sender_id as "senderId",
        sender_name as "senderName", coalesce(edited_content, content) as content,
        created_at as "createdAt", pinned_at as "pinnedAt"
      from room_entries
      where room_id = ${roomId} and action = 'received' and pinned_at is not null
        and deleted_at is null
      order by pinned_at desc limit ${PINS_MOST}`;
  },

  /** Where a message stands in the log; null: it is not there. */
  async seqOf(roomId: string, messageId: string): Promise<number | null> {
    const [row] = await sql<{ seq: number }[]>`
      select seq from room_entries
      where room_id = ${roomId} and message_id = ${messageId} and action = 'received'`;
    return row?.seq ?? null;
  },
});
export type RoomMessageStore = ReturnType<typeof roomMessageStore>;
