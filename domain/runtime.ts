/** The runtime as an administrator sees it: its actors, and what happens to them (A18, A19). */
import { z } from "zod";
import { PHASES } from "./actor_state.ts";

/** One actor of one node. */
export const ActorView = z.object({
  kind: z.string(),
  key: z.string(),
  node: z.string(),
  phase: z.enum(PHASES),
  /** The fence of what it writes; null between two lives, and where its kind has none (A2). */
  epoch: z.number().int().nullable(),
  /** When its present life began; null between two lives. */
  since: z.string().nullable(),
  /** Messages that wait, and how many may before callers are refused (A4). */
  mailbox: z.number().int(),
  mailboxBound: z.number().int(),
  /** Messages handled since it came to this node. */
  handled: z.number().int(),
  /**
   * Messages handled a second, over the last seconds that somebody looked; null at a first look,
   * for nothing is counted while nobody does.
   */
  perSecond: z.number().nullable(),
  crashes: z.number().int(),
  /** When it crashed last, and of what. */
  crashedAt: z.string().nullable(),
  lastError: z.string().nullable(),
  /** How long its handlers took lately, in milliseconds. */
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});
export type ActorView = z.infer<typeof ActorView>;

/** A node, as it tells of itself. */
export const NodeView = z.object({
  name: z.string(),
  /** When it started. */
  since: z.string(),
  /** Of the runtime it runs on, such as `Deno 2.9.6`. */
  runsOn: z.string(),
  /** Memory that the process holds, and what of it JavaScript uses, in bytes. */
  rssBytes: z.number().int(),
  heapBytes: z.number().int(),
  /**
   * How much later than due a timer of every {@linkcode LAG_EVERY_MS} fired at worst, in the last
   * ten seconds, in ms: a stall is seen as its length less at most that.
   */
  lagMs: z.number(),
  actors: z.number().int(),
  /** Open WebSockets. */
  sockets: z.number().int(),
});
export type NodeView = z.infer<typeof NodeView>;

/** The event loop is probed this often, in ms. */
export const LAG_EVERY_MS = 100;

export const RUNTIME_EVENTS = [
  "runtime.actor.started.v1",
  "runtime.actor.crashed.v1",
  "runtime.actor.gave-up.v1",
  "runtime.actor.passivated.v1",
  "runtime.actor.moved.v1",
  "runtime.node.joined.v1",
  "runtime.node.left.v1",
] as const;
export type RuntimeEventType = (typeof RUNTIME_EVENTS)[number];

/** An event of the runtime, in the envelope of A20; `aggregateId` is `kind/key`, or the node's name. */
export const RuntimeEvent = z.object({
  eventId: z.string(),
  eventType: z.enum(RUNTIME_EVENTS),
  aggregateId: z.string(),
  aggregateType: z.enum(["actor", "node"]),
  /** ISO 8601, UTC */
  timestamp: z.string(),
  version: z.literal(1),
  data: z.object({
    node: z.string(),
    kind: z.string().optional(),
    key: z.string().optional(),
    /** Why it crashed, in words. */
    error: z.string().optional(),
    /** Until it starts again, in milliseconds. */
    restartMs: z.number().optional(),
    /** How long it took to move away, in milliseconds. */
    tookMs: z.number().optional(),
    /** Events that were left out before this one, because too many came. */
    skipped: z.number().optional(),
  }),
  metadata: z.object({ correlationId: z.null(), causationId: z.null(), userAgent: z.null() }),
});
export type RuntimeEvent = z.infer<typeof RuntimeEvent>;
