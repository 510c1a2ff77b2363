/** What a client reads and writes on the chat socket (C2, C3); the server's part is `domain/chat_frames.ts`. */
import type { ErrorCode } from "../../domain/errors.ts";

/** One entry of a room's log, as it comes. */
export interface WireEntry {
  readonly type: "message";
  readonly action:
    | "received"
    | "edited"
    | "deleted"
    | "reacted"
    | "unreacted"
    | "pinned"
    | "unpinned";
  readonly seq: number;
  readonly message_id: string;
  /** ISO 8601, UTC */
  readonly created_at: string;
  /** Of a message: null when it was deleted since. Of an edit: the new text. */
  readonly content?: string | null;
  readonly client_id?: string;
  readonly sender_id?: string;
  readonly sender_name?: string;
  readonly reply_to?: string | null;
  readonly thread_id?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly emoji?: string;
  /** Who made a change. */
  readonly user_id?: string;
  readonly user_name?: string;
}

/** Somebody who is in a room now. */
export interface WirePerson {
  readonly user_id: string;
  readonly user_name: string;
  readonly status: "online" | "away" | "offline";
  readonly last_seen?: string;
}

/** A room, and one's own place in it. */
export interface WireRoom {
  readonly room_id: string;
  readonly kind: "public" | "private" | "direct" | "live";
  readonly name: string;
  readonly topic: string;
  readonly owner_id: string;
  readonly slow_mode_ms: number;
  readonly gen: number;
  readonly members: number;
  readonly role: "member" | "moderator" | "owner" | null;
  readonly may_write: boolean;
}

export interface WireJoined extends WireRoom {
  /** Of the last of `messages`, or where the log ends. */
  readonly seq: number;
  readonly recovered: boolean;
  readonly messages: readonly WireEntry[];
  /** There are more entries: join again after the last. */
  readonly more?: boolean;
  readonly online: readonly WirePerson[];
  readonly online_count: number;
}

/** A line that came. */
export interface Frame {
  readonly type: string;
  readonly action?: string;
  // each kind has its own; whoever takes it names what it reads
  readonly data: unknown;
  readonly request_id?: string;
}

export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retry_after_ms?: number;
}

const decoder = new TextDecoder();

/** The lines of a frame, text or bytes. */
export function framesOf(data: string | ArrayBuffer): Frame[] {
  const text = typeof data === "string" ? data : decoder.decode(data);
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}
