/** Messages of rooms as they stand now, beside what the log tells of how they came to be so. */
import { z } from "zod";
import { EntryView, FoundMessage } from "./rooms.ts";

/** How many of those who gave a sign are named. */
export const NAMES_OF_REACTION = 12;

export const Reaction = z.object({
  emoji: z.string(),
  count: z.number().int(),
  /** Whether the one who asks gave it. */
  mine: z.boolean(),
  /** Those who gave it first. */
  names: z.array(z.string()),
});
export type Reaction = z.infer<typeof Reaction>;

/** What all changes up to the entry `asOf` have made of a message. */
export const MessageState = z.object({
  /** Null: it was deleted. */
  content: z.string().nullable(),
  edited: z.boolean(),
  pinned: z.boolean(),
  reactions: z.array(Reaction),
  asOf: z.number().int(),
});
export type MessageState = z.infer<typeof MessageState>;

/** An entry of a log; a message has how it stands now. */
export const EntryNow = EntryView.extend({ current: MessageState.optional() });
export type EntryNow = z.infer<typeof EntryNow>;

export const PinnedMessage = FoundMessage.extend({ pinnedAt: z.string() });
export type PinnedMessage = z.infer<typeof PinnedMessage>;
