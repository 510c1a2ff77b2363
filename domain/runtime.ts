/** The runtime as an administrator sees it: its actors, and what happens to them (A18, A19). */
import { z } from "zod";

export const PHASES = ["starting", "serving", "stopping", "backing-off", "resting"] as const;

/** One actor of one node. */
export const ActorView = z.object({
  kind: z.string(),
  key: z.string(),
  node: z.string(),
  phase: z.enum(PHASES),
  /** When its present life began; null between two lives. */
  since: z.string().nullable(),
  /** Messages that wait. */
  mailbox: z.number().int(),
  /** Messages handled since it came to this node. */
  handled: z.number().int(),
  crashes: z.number().int(),
  lastError: z.string().nullable(),
  /** How long its handlers took lately, in milliseconds. */
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});
export type ActorView = z.infer<typeof ActorView>;

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
export interface RuntimeEvent {
  readonly eventId: string;
  readonly eventType: RuntimeEventType;
  readonly aggregateId: string;
  readonly aggregateType: "actor" | "node";
  /** ISO 8601, UTC */
  readonly timestamp: string;
  readonly version: 1;
  readonly data: {
    readonly node: string;
    readonly kind?: string;
    readonly key?: string;
    /** Why it crashed, in words. */
    readonly error?: string;
    /** Until it starts again, in milliseconds. */
    readonly restartMs?: number;
    /** Events that were left out before this one, because too many came. */
    readonly skipped?: number;
  };
  readonly metadata: {
    readonly correlationId: null;
    readonly causationId: null;
    readonly userAgent: null;
  };
}
