/** Entries of a room's log: their rows, and where a change of a message lands beside the log. */
import type { Entry } from "../domain/chat.ts";
import type { Sql, TransactionSql } from "./open.ts";

export interface EntryRow {
  seq: number;
  action: Entry["action"];
  messageId: string;
  senderId: string;
  senderName: string;
  clientId: string;
  content: string | null;
  messageType: string;
  replyTo: string | null;
  threadId: string | null;
  metadata: Record<string, unknown>;
  emoji: string;
  createdAt: Date;
}

/** What an `EntryRow` has of `room_entries`. */
export const entryColumns = (sql: Sql) =>
  sql`seq, action, message_id as "messageId", sender_id as "senderId",
    sender_name as "senderName", client_id as "clientId", content, message_type as "messageType",
    reply_to as "replyTo", thread_id as "threadId", metadata, emoji, created_at as "createdAt"`;

export function entryOf(row: EntryRow): Entry {
  const { seq, action, messageId, senderId, senderName } = row;
  const entered = { seq, messageId, senderId, senderName, createdAt: row.createdAt.toISOString() };
  switch (action) {
    case "received": {
      const { clientId, content, messageType, replyTo, threadId, metadata } = row;
      return { ...entered, action, clientId, content, messageType, replyTo, threadId, metadata };
    }
    case "edited":
      return { ...entered, action, content: row.content };
    case "deleted":
    case "pinned":
    case "unpinned":
      return { ...entered, action };
    case "reacted":
    case "unreacted":
      return { ...entered, action, emoji: row.emoji };
    default:
      return action satisfies never;
  }
}

/** Where a change of a message lands, beside the log. */
export async function applyChange(tx: TransactionSql, roomId: string, entry: Entry): Promise<void> {
  const { action, messageId, senderId, createdAt } = entry;
  const message = tx`room_id = ${roomId} and message_id = ${messageId} and action = 'received'`;
  switch (action) {
    case "edited":
      await tx`update room_entries set edited_content = ${entry.content} where ${message}`;
      return;
    case "deleted":
      // gone from the history too, each earlier wording of it (C9)
      await tx`
        update room_entries set content = null, edited_content = null, metadata = '{}',
          deleted_at = ${createdAt}, pinned_at = null
        where room_id = ${roomId} and message_id = ${messageId}
          and action in ('received', 'edited')`;
      await tx`delete from room_reactions where room_id = ${roomId} and message_id = ${messageId}`;
      return;
    case "pinned":
    case "unpinned":
      await tx`update room_entries set pinned_at = ${action === "pinned" ? createdAt : null}
        where ${message}`;
      return;
    case "reacted":
      await tx`insert into room_reactions (room_id, message_id, user_id, emoji)
        values (${roomId}, ${messageId}, ${senderId}, ${entry.emoji})`;
      return;
    case "unreacted":
      await tx`delete from room_reactions where room_id = ${roomId}
        and message_id = ${messageId} and user_id = ${senderId} and emoji = ${entry.emoji}`;
      return;
    case "received":
      throw new TypeError("A message is appended, not applied");
    default:
      entry satisfies never;
  }
}
