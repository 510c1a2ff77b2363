/** Chat: what a room and its log hold, and the rules by which its actor decides. Pure. */
import { z } from "zod";
import { Rejection } from "./errors.ts";
import { Id } from "./ids.ts";
import { storable } from "./storable.ts";

/** `live` is the room of a live stream; it is made and ends with it. */
export const ROOM_KINDS = ["public", "private", "direct", "live"] as const;
export type RoomKind = (typeof ROOM_KINDS)[number];
/** From least to most; each has all rights of those before it. */
export const ROOM_ROLES = ["member", "moderator", "owner"] as const;
export type RoomRole = (typeof ROOM_ROLES)[number];

/** How many of those who are there a room names; beyond it, it counts them (C10). */
export const NAMES_MOST = 100;

/** What a message says: the part that its sender writes. */
export interface Words {
  readonly content: string;
  readonly messageType: string;
  readonly replyTo: string | null;
  readonly threadId: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Who does something in a room. */
export interface Person {
  readonly id: string;
  readonly name: string;
  /** A moderator of the site is one in every room. */
  readonly moderator: boolean;
}

/** Where the log of a room ends, and under which epoch it is written. */
export interface RoomHead {
  readonly roomId: string;
  readonly gen: number;
  readonly lastSeq: number;
  readonly epoch: number;
}

/** A message to be written. */
export interface Post extends Words {
  readonly sender: Person;
  /** UUID made by the client; the same when it sends again (C4). */
  readonly clientId: string;
}

interface Entered {
  /** Gap-free in its room, from 1 (C5). */
  readonly seq: number;
  readonly messageId: string;
  /** Who did it. */
  readonly senderId: string;
  readonly senderName: string;
  /** ISO 8601, UTC */
  readonly createdAt: string;
}

/** One entry of a room's log; nothing else changes its history. */
export type Entry =
  | (Entered & Omit<Words, "content"> & {
    readonly action: "received";
    readonly clientId: string;
    /** Null when it has been deleted since. */
    readonly content: string | null;
  })
  | (Entered & { readonly action: "edited"; readonly content: string | null })
  | (Entered & { readonly action: "deleted" | "pinned" | "unpinned" })
  | (Entered & { readonly action: "reacted" | "unreacted"; readonly emoji: string });
export type Message = Extract<Entry, { action: "received" }>;

/** A change of a message that is there. */
export type Change =
  | { readonly action: "edit"; readonly messageId: string; readonly content: string }
  | { readonly action: "delete" | "pin" | "unpin"; readonly messageId: string }
  | { readonly action: "react" | "unreact"; readonly messageId: string; readonly emoji: string };

/** What a change is as an entry of the log. */
export const ENTRY_ACTIONS = {
  edit: "edited",
  delete: "deleted",
  pin: "pinned",
  unpin: "unpinned",
  react: "reacted",
  unreact: "unreacted",
} as const satisfies Record<Change["action"], Entry["action"]>;

/** What one person's place in a room becomes; what is missing stays. */
export type Act =
  | { readonly act: "add" | "join" | "leave" | "kick" | "unmute" | "unban" }
  | { readonly act: "mute"; readonly untilMs: number }
  | { readonly act: "ban"; readonly untilMs: number | null; readonly reason: string }
  | { readonly act: "role"; readonly role: "member" | "moderator" };

/** What of a room decides who may see it. */
type Open = Pick<Room, "id" | "kind" | "hidden" | "ownerId" | "coHostId">;

/** Whether it is open to all. */
export const isOpenToAll = ({ kind, hidden }: Pick<Room, "kind" | "hidden">): boolean =>
  kind === "public" || (kind === "live" && !hidden);

export interface Room {
  readonly id: string;
  readonly kind: RoomKind;
  /** Of a private stream: only who may see that sees it, whoever spoke there before. */
  readonly hidden: boolean;
  /** Of a stream: whom its host has invited to take over; null: nobody. */
  readonly coHostId: string | null;
  readonly name: string;
  readonly topic: string;
  readonly ownerId: string;
  readonly slowModeMs: number;
  readonly blockedWords: readonly string[];
  readonly memberCount: number;
  readonly gen: number;
  readonly lastSeq: number;
  readonly createdAt: string;
}

/** What a room knows of somebody. Times in ms since 1970; `Infinity`: for good. */
export interface Standing {
  readonly role: RoomRole | null;
  readonly mutedUntil: number;
  readonly bannedUntil: number;
}
export const STRANGER: Standing = { role: null, mutedUntil: 0, bannedUntil: 0 };

const rank = (role: RoomRole | null) => role === null ? -1 : ROOM_ROLES.indexOf(role);

/** The role that counts: a moderator of the site is at least one here. */
export function roleOf(person: Person | null, { role }: Standing): RoomRole | null {
  if (!person?.moderator) return role;
  return rank(role) < rank("moderator") ? "moderator" : role;
}

/** Whether `person` may do what takes `least`. */
export const hasRole = (person: Person | null, standing: Standing, least: RoomRole): boolean =>
  rank(roleOf(person, standing)) >= rank(least);

/** Whether somebody sees the room at all. */
function maySee(room: Open, person: Person | null, standing: Standing): boolean {
  if (isOpenToAll(room)) return true;
  switch (room.kind) {
    case "direct":
      return standing.role !== null;
    case "live": // a private one, by the rule of its stream: to have been there before is not enough
      return person !== null &&
        (person.moderator || person.id === room.ownerId || person.id === room.coHostId);
    default:
      return roleOf(person, standing) !== null;
  }
}

/**
 * Rejects who may not read the room: one that cannot be seen is not there. A guest (null) may read
 * public rooms and those of streams; that of a private stream is for who may see it. Direct rooms are
 * closed to moderators of the site as well.
 */
export function demandRead(
  room: Open,
  person: Person | null,
  standing: Standing,
  now: number,
): void {
  if (!maySee(room, person, standing)) {
    throw new Rejection("not_found", `There is no room ${room.id}`);
  }
  if (standing.bannedUntil > now && !person?.moderator) throw new Rejection("room_banned");
}

/** Rejects who may not write now. */
export function demandWrite(
  room: Open,
  person: Person,
  standing: Standing,
  now: number,
): void {
  demandRead(room, person, standing, now);
  if (standing.mutedUntil > now) throw later("muted", standing.mutedUntil - now);
}

/** A refusal that ends by itself after `ms`. */
export function later(code: "muted" | "slow_mode" | "rate_limited", ms: number): Rejection {
  return new Rejection(code, undefined, Number.isFinite(ms) ? { retryAfterMs: Math.ceil(ms) } : {});
}

/** So many are told of one message that names them. */
export const MENTIONS_MOST = 20;

/** `@name` in a text: the usernames, in lower case, each once. */
export function mentionsIn(content: string): string[] {
  const found = content.matchAll(/(?<![\p{L}\p{N}_@/])@([A-Za-z][A-Za-z0-9_-]{2,29})/gu);
  return [...new Set([...found].map(([, name = ""]) => name.toLowerCase()))];
}

/** Which of a room's blocked words is in `content`, not inside of another; whatever their case. */
export function blockedWord(content: string, words: readonly string[]): string | undefined {
  const said = content.toLowerCase();
  return words.find((word) => {
    const sought = word.toLowerCase();
    for (let at = said.indexOf(sought); at >= 0; at = said.indexOf(sought, at + 1)) {
      const around = [said.slice(0, at), said.slice(at + sought.length)] as const;
      if (!LETTER_LAST.test(around[0]) && !LETTER_FIRST.test(around[1])) return true;
    }
    return false;
  });
}
const LETTER_LAST = /[\p{L}\p{N}_]$/u;
const LETTER_FIRST = /^[\p{L}\p{N}_]/u;

/** Rejects a text with words that the room does not take, except from who leads there. */
export function demandWords(
  content: string,
  { blockedWords }: Pick<Room, "blockedWords">,
  leads: boolean,
): void {
  const word = leads ? undefined : blockedWord(content, blockedWords);
  if (word) throw new Rejection("blocked_word", `"${word}" is not taken in this room`);
}

/**
 * Rejects a change that is not `person`'s to make: one edits one's own, deletes one's own or as a
 * moderator, and pins as a moderator; in a direct room anyone in it pins.
 */
export function demandChange(
  change: Change,
  { room, message, person, standing, now }: {
    room: Open & Pick<Room, "blockedWords">;
    message: { readonly senderId: string; readonly deleted: boolean } | null;
    person: Person;
    standing: Standing;
    now: number;
  },
): void {
  demandWrite(room, person, standing, now);
  if (!message || message.deleted) {
    throw new Rejection("not_found", `There is no message ${change.messageId}`);
  }
  const own = message.senderId === person.id;
  const leads = hasRole(person, standing, "moderator") || room.kind === "direct";
  switch (change.action) {
    case "edit":
      if (!own) throw new Rejection("forbidden", "Only who wrote a message may edit it");
      return demandWords(change.content, room, hasRole(person, standing, "moderator"));
    case "delete":
      if (!own && !hasRole(person, standing, "moderator")) {
        throw new Rejection("forbidden", "Only who wrote it, or a moderator, may delete a message");
      }
      return;
    case "pin":
    case "unpin":
      if (!leads) throw new Rejection("forbidden", "Only moderators pin messages");
      return;
    case "react":
    case "unreact":
      return;
    default:
      change satisfies never;
  }
}

/**
 * Rejects what is not `by`'s to do to the place of `userId`: one joins and leaves oneself, members of
 * a private room add others, moderators act on who is below them, and owners name moderators.
 */
export function demandAct(
  change: Act,
  { room, by, userId, standings, now }: {
    room: Open;
    by: Person;
    userId: string;
    standings: { readonly by: Standing; readonly target: Standing };
    now: number;
  },
): void {
  demandRead(room, by, standings.by, now);
  const mine = roleOf(by, standings.by);
  const above = rank(mine) >= rank("moderator") && rank(mine) > rank(standings.target.role);
  const need = (allowed: boolean, detail: string) => {
    if (!allowed) throw new Rejection("forbidden", detail);
  };
  const there = () => {
    if (standings.target.role === null) {
      throw new Rejection("not_found", `There is no member ${userId}`);
    }
  };
  switch (change.act) {
    case "join":
      return need(userId === by.id && isOpenToAll(room), "Only public rooms are open to all");
    case "leave":
      need(userId === by.id, "One leaves oneself; others are removed");
      return need(standings.by.role !== "owner", "An owner does not leave; a room can be deleted");
    case "add":
      if (standings.target.bannedUntil > now) throw new Rejection("room_banned", "They are banned");
      return need(room.kind === "private" && mine !== null, "Only members of a private room add");
    case "role":
      need(mine === "owner" || by.moderator, "Only the owner names moderators");
      there();
      return need(standings.target.role !== "owner", "The owner stays the owner");
    case "kick":
    case "mute":
    case "unmute":
      there();
      need(room.kind !== "direct", "In a direct room nobody is above the other");
      return need(above, "This takes a moderator, on somebody below");
    case "ban":
    case "unban":
      need(room.kind !== "direct", "In a direct room nobody is above the other");
      return need(above, "This takes a moderator, on somebody below");
    default:
      change satisfies never;
  }
}

const name = z.string().trim().min(1).max(80).check(storable);
const topic = z.string().trim().max(500).check(storable);

export const NewRoom = z.strictObject({
  name: name.optional(),
  kind: z.enum(["public", "private", "direct"]),
  topic: topic.default(""),
  /** The others of a direct room, or the first members of a private one. */
  memberIds: z.array(Id).max(50).default([]),
});
export type NewRoom = z.infer<typeof NewRoom>;

export const RoomPatch = z.strictObject({
  name: name.optional(),
  topic: topic.optional(),
  slowModeMs: z.number().int().min(0).max(3_600_000).optional(),
  blockedWords: z.array(z.string().trim().min(1).max(40).check(storable)).max(200).optional(),
});
export type RoomPatch = z.infer<typeof RoomPatch>;
