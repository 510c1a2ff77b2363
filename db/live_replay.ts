/** What was said in a room while its stream was recorded: SQL and rows, nothing else. */
import type { Sql } from "./open.ts";

/** A message that is still there, as it is now. */
export interface SaidRow {
  readonly id: string;
  readonly seq: number;
  readonly senderId: string;
  readonly senderName: string;
  readonly content: string;
  readonly replyTo: string | null;
  readonly createdAt: Date;
}

export const liveReplayStore = (sql: Sql) => ({
  /** At most `limit` messages of a span of time, in order, after the entry `afterSeq` of the log. */
  async said(
    roomId: string,
    { from, until, afterSeq, limit }: { from: Date; until: Date; afterSeq: number; limit: number },
  ): Promise<SaidRow[]> {
    return await sql<SaidRow[]>`
      select message_id as id, seq, sender_id as "senderId", sender_name as "senderName",
        coalesce(edited_content, content) as content, reply_to as "replyTo",
        created_at as "createdAt"
      from room_entries
      where room_id = ${roomId} and seq > ${afterSeq} and action = 'received'
        and deleted_at is null and coalesce(edited_content, content, '') <> ''
        and created_at >= ${from} and created_at <= ${until}
      order by seq limit ${limit}`;
  },
});
export type LiveReplayStore = ReturnType<typeof liveReplayStore>;
