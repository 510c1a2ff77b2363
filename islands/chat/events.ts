/** What a chat client tells of, and what is asked of it. */
import type { ErrorCode } from "../../domain/errors.ts";
import type { LineState } from "./line.ts";
import type { WireEntry, WirePerson, WireRoom } from "./wire.ts";

/** What happens. Of one room, in the order of its log. */
export type ChatEvent =
  | { readonly kind: "line"; readonly state: LineState }
  /** The server that one is on does not reach the others, or does again: what comes may be late. */
  | { readonly kind: "degraded"; readonly isDegraded: boolean }
  /** The room was joined, or it or one's own place in it has changed. */
  | { readonly kind: "room"; readonly roomId: string; readonly room: WireRoom }
  /** Entries of the log, ascending, without a hole; `replaced`: they take the place of all before. */
  | {
    readonly kind: "entries";
    readonly roomId: string;
    readonly entries: readonly WireEntry[];
    readonly replaced: boolean;
  }
  /** One cannot be in the room (any more). */
  | { readonly kind: "refused"; readonly roomId: string; readonly code: ErrorCode }
  /** One's own messages that are on their way have changed. */
  | { readonly kind: "outbox"; readonly roomId: string }
  /** Who is there: all of them, or what has changed. No names where there are many. */
  | {
    readonly kind: "presence";
    readonly roomId: string;
    readonly count: number;
    readonly all?: readonly WirePerson[];
    readonly changes?: readonly WirePerson[];
  }
  | {
    readonly kind: "typing";
    readonly roomId: string;
    readonly userId: string;
    readonly name: string;
    readonly isTyping: boolean;
  }
  /** Somebody has read up to an entry. */
  | {
    readonly kind: "receipt";
    readonly roomId: string;
    readonly userId: string;
    readonly seq: number;
  };

/** A change of a message that is there. */
export type ChangeOf =
  | { readonly action: "edit"; readonly messageId: string; readonly content: string }
  | { readonly action: "delete" | "pin" | "unpin"; readonly messageId: string }
  | { readonly action: "react" | "unreact"; readonly messageId: string; readonly emoji: string };

/** A request was refused, or the line broke before it was answered (`unavailable`). */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(readonly code: ErrorCode, message: string) {
    super(message);
  }
}
