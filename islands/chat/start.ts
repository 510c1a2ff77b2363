/** What the server writes into the pages of rooms for their islands. */
import type { RoomKind, RoomRole } from "../../domain/chat.ts";
import type { EntryNow } from "../../domain/room_messages.ts";
import type { MyRoomView } from "../../domain/rooms.ts";

export interface Me {
  readonly id: string;
  readonly username: string;
  readonly name: string;
}

export interface MemberStart {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly role: RoomRole;
  readonly readSeq: number | null;
  /** ISO 8601; null: may write. */
  readonly mutedUntil: string | null;
}

export interface RoomStart {
  readonly me: Me | null;
  readonly id: string;
  readonly kind: RoomKind;
  /** As the list has it; a direct room is called by the others. */
  readonly name: string;
  readonly topic: string;
  readonly slowModeMs: number;
  readonly memberCount: number;
  readonly gen: number;
  readonly role: RoomRole | null;
  readonly mayWrite: boolean;
  /** The newest entry that was read; null for who is no member. */
  readonly readSeq: number | null;
  /** Part of the log, and where that ends now. */
  readonly entries: readonly EntryNow[];
  readonly lastSeq: number;
  /** The entry that was asked for; null: the newest. */
  readonly at: number | null;
  /** The first by name, and whether there are more. */
  readonly members: readonly MemberStart[];
  readonly moreMembers: string | null;
  /** For moderators. */
  readonly blockedWords: readonly string[] | null;
  readonly now: number;
  /** The form without script: what its message is called, and what was refused of it. */
  readonly plain: {
    readonly clientId: string;
    readonly text: string;
    readonly problem: string | null;
  };
}

export interface ListStart {
  readonly me: Me | null;
  readonly rooms: readonly MyRoomView[];
  /** The room that is open beside it. */
  readonly here: string | null;
  readonly now: number;
}
