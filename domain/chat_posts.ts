/** How a room decides on the messages that wait: taken, refused, or there already. Pure. */
import {
  demandWords,
  demandWrite,
  hasRole,
  later,
  type Message,
  type Post,
  type Room,
} from "./chat.ts";
import { type Standing, STRANGER, type Words } from "./chat.ts";
import { Rejection } from "./errors.ts";
import type { LimitRule } from "./limits.ts";

/** How fast one person may write in one room: a token bucket (C11). */
export interface Pace {
  readonly perSecond: number;
  readonly burst: number;
}
/** The pace that a rule of S5 sets. */
export const paceOf = ({ limit, windowMs, burst }: LimitRule): Pace => ({
  perSecond: limit * 1_000 / windowMs,
  burst,
});

/** What is left to somebody, as of `at` in ms; `last`: when the last message was taken. */
export interface Allowance {
  readonly left: number;
  readonly at: number;
  readonly last: number;
}

/** What is left after one more message, or the refusal that says when to try again. */
export function spend(
  before: Allowance | undefined,
  { pace, slowModeMs }: { pace: Pace | null; slowModeMs: number },
  now: number,
): Allowance | Rejection {
  const last = before?.last ?? -Infinity;
  if (slowModeMs > 0 && now - last < slowModeMs) return later("slow_mode", last + slowModeMs - now);
  if (!pace) return { left: 0, at: now, last: now };
  const full = pace.burst;
  const left = before
    ? Math.min(full, before.left + Math.max(0, now - before.at) * pace.perSecond / 1_000)
    : full;
  if (left < 1) return later("rate_limited", (1 - left) * 1_000 / pace.perSecond);
  return { left: left - 1, at: now, last: now };
}

/** Whether a message that is sent again says what it said at first. A deleted one is not compared. */
export function saysTheSame(message: Message, words: Words): boolean {
  return message.content === null || (
    message.content === words.content && message.messageType === words.messageType &&
    message.replyTo === words.replyTo && message.threadId === words.threadId &&
    canonical(message.metadata) === canonical(words.metadata)
  );
}

/** JSON with the names of objects in order, as the database may have changed it. */
export const canonical = (value: unknown): string =>
  JSON.stringify(
    value,
    (_, inner) =>
      inner !== null && typeof inner === "object" && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a < b ? -1 : 1))
        : inner,
  );

/** The name of a message in its room, for ever (C4). */
export const messageKey = (senderId: string, clientId: string) => `${senderId}/${clientId}`;

/** What became of a post. `duplicate` is the message as it was written at first. */
export type Posted =
  | {
    readonly seq: number;
    readonly messageId: string;
    readonly createdAt: string;
    readonly duplicate?: undefined;
  }
  | { readonly duplicate: Message };

/** What a room must know to decide. */
export interface Posting {
  readonly room: Room;
  readonly standings: ReadonlyMap<string, Standing>;
  /** Who wrote lately, and what is left to them. */
  readonly allowances: ReadonlyMap<string, Allowance>;
  /** Null: as fast as one likes. */
  readonly pace: Pace | null;
}

/** What was decided on some posts. */
export interface Decided {
  /** Those to be written, in order. */
  readonly taken: readonly Post[];
  /** What is left to those who wrote. */
  readonly allowances: ReadonlyMap<string, Allowance>;
  /** Whether some were refused: they may be repetitions that only the log knows. */
  readonly refused: boolean;
  /** A reply to each post, once those that were taken are written. */
  replies(written: readonly Message[]): (Posted | Rejection)[];
}

/**
 * Decides on `posts` in their order. `known`: messages of the log by their key. One that is sent
 * again is answered as at first, whatever its sender may do by now.
 */
export function decidePosts(
  posting: Posting,
  posts: readonly Post[],
  known: ReadonlyMap<string, Message>,
  now: number,
): Decided {
  const allowances = new Map<string, Allowance>();
  const places = new Map<string, number>();
  const taken: Post[] = [];
  let refused = false;
  const verdicts = posts.map((post): (written: readonly Message[]) => Posted | Rejection => {
    const key = messageKey(post.sender.id, post.clientId);
    const stored = known.get(key);
    if (stored) return () => again(stored, post);
    const first = places.get(key);
    if (first !== undefined) return (written) => again(written[first] as Message, post);
    const verdict = admit(posting, allowances, post, now);
    if (verdict instanceof Rejection) {
      refused = true;
      return () => verdict;
    }
    allowances.set(post.sender.id, verdict);
    const place = taken.push(post) - 1;
    places.set(key, place);
    return (written) => {
      const { seq, messageId, createdAt } = written[place] as Message;
      return { seq, messageId, createdAt };
    };
  });
  return {
    taken,
    allowances,
    refused,
    replies: (written) => verdicts.map((verdict) => verdict(written)),
  };
}

/** What is answered to a message that is there already. */
const again = (stored: Message, post: Post): Posted | Rejection =>
  saysTheSame(stored, post)
    ? { duplicate: stored }
    : new Rejection("client_id_conflict", `${post.clientId} names message ${stored.messageId}`);

/** What is left to the sender after this message, or why it is not taken. */
function admit(
  { room, standings, allowances, pace }: Posting,
  spent: ReadonlyMap<string, Allowance>,
  { sender, content }: Post,
  now: number,
): Allowance | Rejection {
  const standing = standings.get(sender.id) ?? STRANGER;
  const leads = hasRole(sender, standing, "moderator");
  try {
    demandWrite(room, sender, standing, now);
    demandWords(content, room, leads);
  } catch (error) {
    if (error instanceof Rejection) return error;
    throw error;
  }
  const before = spent.get(sender.id) ?? allowances.get(sender.id);
  return spend(before, { pace, slowModeMs: leads ? 0 : room.slowModeMs }, now);
}
