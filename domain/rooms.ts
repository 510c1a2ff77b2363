/** Rooms as the REST interface gives them and takes them. */
import { z } from "zod";
import { type Entry, ROOM_KINDS, ROOM_ROLES } from "./chat.ts";
import { Id } from "./ids.ts";
import { storable } from "./storable.ts";

export const RoomView = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(ROOM_KINDS),
  topic: z.string(),
  ownerId: z.string(),
  memberCount: z.number().int(),
  slowModeMs: z.number().int(),
  /** Of the log: it changes only when this was restored from a backup (C5). */
  gen: z.number().int(),
  lastSeq: z.number().int(),
  lastMessageAt: z.string().nullable(),
  createdAt: z.string(),
}).meta({ id: "Room" });
export type RoomView = z.infer<typeof RoomView>;

/** A room that one is in. */
export const MyRoomView = RoomView.extend({
  role: z.enum(ROOM_ROLES),
  /** The newest entry that was read. */
  readSeq: z.number().int(),
  /** Messages of others since then, counted up to 100. */
  unread: z.number().int(),
  others: z.array(
    z.object({ id: z.string(), username: z.string(), displayName: z.string() }),
  ),
  /** The newest message, cut. */
  lastMessage: z.object({ content: z.string(), senderName: z.string() }).nullable(),
}).meta({ id: "MyRoom" });
export type MyRoomView = z.infer<typeof MyRoomView>;

export const MemberView = z.object({
  id: z.string(),
  username: z.string(),
  displayName: z.string(),
  role: z.enum(ROOM_ROLES),
  /** The newest entry that they have read; null for a guest who asks. */
  readSeq: z.number().int().nullable(),
  joinedAt: z.string(),
  mutedUntil: z.string().nullable(),
});

export const BanView = z.object({
  userId: z.string(),
  username: z.string(),
  displayName: z.string(),
  /** Null: for good. */
  until: z.string().nullable(),
  reason: z.string(),
  createdAt: z.string(),
});

/** Any part of a log; one of the three places at most. */
export const HistoryQuery = z.object({
  /** Exclusive, as is `after_seq`. */
  before_seq: z.coerce.number().int().min(0).optional(),
  after_seq: z.coerce.number().int().min(0).optional(),
  around_seq: z.coerce.number().int().min(0).optional(),
  /** The first entries at or after this time. */
  at: z.iso.datetime().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});
export type HistoryQuery = z.infer<typeof HistoryQuery>;

/** An entry of a log, as on the socket, in camelCase (C7). */
export const EntryView = z.looseObject({
  type: z.literal("message"),
  action: z.string(),
  seq: z.number().int(),
  messageId: z.string(),
}).meta({ id: "RoomEntry" });

/** An entry as REST gives it. */
export function entryView(entry: Entry) {
  const { senderId, senderName, ...rest } = entry;
  const who = entry.action === "received"
    ? { senderId, senderName }
    : { userId: senderId, userName: senderName };
  const deleted = entry.action === "received" && entry.content === null ? { deleted: true } : {};
  return { type: "message" as const, ...rest, ...who, ...deleted };
}

export const RoomSearchQuery = z.object({
  q: z.string().trim().min(1).max(200),
  sender_id: Id.optional(),
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
  before_seq: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
export const FoundMessage = z.object({
  seq: z.number().int(),
  messageId: z.string(),
  senderId: z.string(),
  senderName: z.string(),
  content: z.string(),
  createdAt: z.string(),
});

export const NewMember = z.strictObject({ userId: Id });
export const MemberPatch = z.strictObject({
  role: z.enum(["member", "moderator"]).optional(),
  /** Until then they may read only; null ends it. */
  mutedUntil: z.iso.datetime().nullable().optional(),
});
export const NewBan = z.strictObject({
  userId: Id,
  /** Null: for good. */
  until: z.iso.datetime().nullable().default(null),
  reason: z.string().trim().max(500).check(storable).default(""),
});
/** A link that lets people in. */
export const NewRoomInvite = z.strictObject({
  uses: z.number().int().min(1).max(1_000).default(25),
  /** Hours from now. */
  hours: z.number().int().min(1).max(24 * 30).default(24 * 7),
});
export const RoomInviteView = z.object({
  /** The secret part of the link; it is shown once. */
  code: z.string(),
  url: z.string(),
  uses: z.number().int(),
  expiresAt: z.string(),
});
/** A code as invites have it: 256 bits. */
export const InviteCode = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
