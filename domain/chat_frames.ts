/** Frames of the chat socket: what clients may send, and how entries look on the wire. Pure. */
import { z } from "zod";
import type { Entry, Message } from "./chat.ts";
import { MESSAGE_MOST } from "./chat_wire.ts";
import { jsonFault, storable } from "./storable.ts";

/** Bytes of one frame (C11). */
export const FRAME_MOST = 64 * 1024;
/** Rooms of one socket (C11). */
export const ROOMS_MOST = 100;
/** Frames in a minute that cannot be read, after which a socket is closed (C11). */
export const FAULTS_MOST = 20;
/** Entries that a client may have missed and is still told one by one; without `since`: the newest (C6). */
export const MISSED_MOST = 10_000;
export const NEWEST = 50;
/** Characters of what comes with a message, as JSON. */
export const METADATA_MOST = 4_096;

/** Any UUID: what a client makes need not be of our version. */
const uuid = z.guid().transform((id) => id.toLowerCase());
const room = { room_id: uuid };
const message = { ...room, message_id: uuid };
/** What comes with a message: small, and told back as it is. */
const metadata = z.record(z.string().max(64), z.unknown()).default({})
  .superRefine((value, context) => {
    const message = jsonFault(value, METADATA_MOST);
    if (message) context.addIssue({ code: "custom", message });
  });
const signs = new Intl.Segmenter("en", { granularity: "grapheme" });
/** One sign as people see it; joined emoji are long. */
export const Emoji = z.string().min(1).max(40).regex(
  /^(\p{Extended_Pictographic}|\p{Regional_Indicator}|[0-9#*]\ufe0f?\u20e3)[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u200d\ufe0f\u{e0020}-\u{e007f}]*$/u,
  "is not one emoji",
).refine((sign) => [...signs.segment(sign)].length === 1, "is not one emoji");
export const Content = z.string().max(MESSAGE_MOST)
  .refine((text) => text.trim().length > 0, "is empty").check(storable);

const seq = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const asked = {
  request_id: z.string().max(64).optional(),
  timestamp: z.string().max(40).optional(),
};
const frame = <T extends string, A extends string, S extends z.ZodRawShape>(
  type: T,
  action: A,
  shape: S,
) =>
  z.object({ type: z.literal(type), action: z.literal(action), data: z.object(shape), ...asked });

/** Every frame that a client may send, by `type.action`. */
export const CLIENT_FRAMES = {
  "room.join": frame("room", "join", {
    ...room,
    since: z.object({ gen: seq, seq }).optional(),
  }),
  "room.leave": frame("room", "leave", room),
  "message.send": frame("message", "send", {
    ...room,
    client_id: uuid,
    content: Content,
    message_type: z.enum(["text"]).default("text"),
    reply_to: uuid.nullable().default(null),
    thread_id: uuid.nullable().default(null),
    metadata,
  }),
  "message.edit": frame("message", "edit", { ...message, content: Content }),
  "message.delete": frame("message", "delete", message),
  "message.react": frame("message", "react", { ...message, emoji: Emoji }),
  "message.unreact": frame("message", "unreact", { ...message, emoji: Emoji }),
  "message.pin": frame("message", "pin", message),
  "message.unpin": frame("message", "unpin", message),
  "typing.start": frame("typing", "start", room),
  "typing.stop": frame("typing", "stop", room),
  "receipt.read": frame("receipt", "read", { ...room, seq }),
  "receipt.delivered": frame("receipt", "delivered", { ...room, seq }),
  "presence.set": frame("presence", "set", { status: z.enum(["online", "away"]) }),
  ping: z.object({ type: z.literal("ping"), ...asked }),
} as const;
export type FrameName = keyof typeof CLIENT_FRAMES;
export type ClientFrame<Name extends FrameName = FrameName> = {
  [One in Name]: z.infer<(typeof CLIENT_FRAMES)[One]>;
}[Name];

/** An entry as it lies in `messages[]` of `joined`: flat, in snake_case (C6). */
export function wireEntry(entry: Entry): Record<string, unknown> {
  return { type: "message", action: entry.action, ...wireData(entry) };
}

function wireData(entry: Entry): Record<string, unknown> {
  const { action, seq, messageId, senderId, senderName, createdAt } = entry;
  const by = { user_id: senderId, user_name: senderName, created_at: createdAt };
  switch (action) {
    case "received":
      return {
        seq,
        message_id: messageId,
        client_id: entry.clientId,
        sender_id: senderId,
        sender_name: senderName,
        content: entry.content,
        message_type: entry.messageType,
        reply_to: entry.replyTo,
        thread_id: entry.threadId,
        metadata: entry.metadata,
        created_at: createdAt,
        ...(entry.content === null && { deleted: true }),
      };
    case "edited":
      return { seq, message_id: messageId, content: entry.content, ...by };
    case "deleted":
    case "pinned":
    case "unpinned":
      return { seq, message_id: messageId, ...by };
    case "reacted":
    case "unreacted":
      return { seq, message_id: messageId, emoji: entry.emoji, ...by };
    default:
      return action satisfies never;
  }
}

/** An entry as it is broadcast: one line, without its end. */
export function entryLine(roomId: string, entry: Entry): string {
  const { action } = entry;
  const data = { room_id: roomId, ...wireData(entry) };
  return JSON.stringify({
    type: "message",
    action,
    data: action === "received" ? { ...data, duplicate: false } : data,
  });
}

/** The answer to who sent a message but is not in its room, where it would have come as to all. */
export function messageAck(roomId: string, message: Message, requestId: string | undefined) {
  return {
    type: "message",
    action: "received",
    data: { room_id: roomId, ...wireData(message), duplicate: false },
    request_id: requestId,
  };
}

/** The answer to a message that was there already: outside of the order (C4). */
export function duplicateAck(roomId: string, message: Message, requestId: string | undefined) {
  const ack = messageAck(roomId, message, requestId);
  return { ...ack, data: { ...ack.data, duplicate: true } };
}
