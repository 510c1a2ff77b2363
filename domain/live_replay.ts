/** What was said during a stream, on the time line of its recording (L7, X5). */
import { z } from "zod";
import { Id } from "./ids.ts";

export const ReplayMessage = z.object({
  id: z.string(),
  /** In the log of the stream's room; messages are in its order. */
  seq: z.number().int(),
  /** How far into the recording it was sent, in ms; never beyond its end. */
  atMs: z.number().int(),
  senderId: z.string(),
  senderName: z.string(),
  /** As it is now, Markdown-light; what was deleted is not there. */
  content: z.string(),
  /** The id of the message that it answers. */
  replyTo: z.string().nullable(),
}).meta({ id: "ReplayMessage" });
export type ReplayMessage = z.infer<typeof ReplayMessage>;

export const LiveReplay = z.object({
  streamId: z.string(),
  /** The recording. */
  trackId: z.string(),
  /** When position 0 of it was heard at the host. */
  startedAt: z.string(),
  durationMs: z.number().int(),
  items: z.array(ReplayMessage),
  /** Give it back as `after_seq` for what follows; null at the end. */
  nextSeq: z.number().int().nullable(),
}).meta({ id: "LiveReplay" });
export type LiveReplay = z.infer<typeof LiveReplay>;

/** Which messages: those after the entry `after_seq`. */
export const ReplayQuery = z.object({
  after_seq: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(500).default(200),
});
/** So many are in the page itself. */
export const REPLAY_FIRST = 200;

export const ReplayId = z.object({ id: Id });

/** What is said in the first minute after the end still belongs to it: thanks, and applause. In ms. */
export const AFTERWARDS_MS = 60_000;

/**
 * Where in a recording something happened. Silence stands in it for the time in which the host was
 * away (L6), so that it goes by the clock from its beginning to its end. All in ms.
 */
export const positionIn = (
  { startedAt, durationMs }: { readonly startedAt: number; readonly durationMs: number },
  at: number,
): number => Math.round(Math.min(Math.max(0, at - startedAt), durationMs));
