/** Domain events: what happened, in the past tense, for whoever cares (A20). */
import { z } from "zod";

/** What an event of each type tells; ids rather than content, for an event is kept (A21, S13). */
export const EVENTS = {
  "auth.user.registered.v1": z.object({
    username: z.string(),
    /** `pending` waits to be let in. */
    status: z.enum(["active", "pending"]).optional(),
  }),
  "auth.user.logged-in.v1": z.object({ sessionId: z.string() }),
  "auth.password.changed.v1": z.object({}),
  "files.file.uploaded.v1": z.object({
    trackId: z.string(),
    userId: z.string(),
    bytes: z.number().int(),
  }),
  "files.file.processed.v1": z.object({
    trackId: z.string(),
    userId: z.string(),
    /** Milliseconds. */
    durationMs: z.number().int().nullable(),
  }),
  "files.file.failed.v1": z.object({
    trackId: z.string(),
    userId: z.string(),
    /** Of the error table. */
    code: z.string(),
  }),
  /** With its track, or as a version of it. */
  "files.file.deleted.v1": z.object({ trackId: z.string(), userId: z.string() }),
  "streaming.track.uploaded.v1": z.object({ creatorId: z.string() }),
  /** What it shows now is whole: its first file, or a version that took the place of one. */
  "streaming.track.processed.v1": z.object({ creatorId: z.string() }),
  /** Null is a guest. */
  "streaming.track.played.v1": z.object({ listenerId: z.string().nullable() }),
  "streaming.track.deleted.v1": z.object({ creatorId: z.string() }),
  "chat.room.created.v1": z.object({
    ownerId: z.string(),
    kind: z.enum(["public", "private", "direct", "live"]),
  }),
  /** Its first host is on air. */
  "live.stream.started.v1": z.object({ hostId: z.string() }),
  "live.stream.ended.v1": z.object({ hostId: z.string(), durationMs: z.number().int() }),
  /** Who came to listen at one node within a few seconds. */
  "live.viewer.joined.v1": z.object({
    viewerIds: z.array(z.string()),
    /** Guests among them have no id. */
    guests: z.number().int(),
  }),
  /** A message names somebody who may read it; `seq` is its place in the room. */
  "chat.user.mentioned.v1": z.object({
    roomId: z.string(),
    messageId: z.string(),
    seq: z.number().int(),
    userId: z.string(),
    byId: z.string(),
    byName: z.string(),
  }),
} as const satisfies Record<`${string}.${string}.${string}.v${number}`, z.ZodType>;

/** `{domain}.{entity}.{action}.{version}` */
export type EventType = keyof typeof EVENTS;
export type EventData<Type extends EventType> = z.infer<(typeof EVENTS)[Type]>;

/** All of them, for who wants all. */
export const EVENT_TYPES = Object.keys(EVENTS) as [EventType, ...EventType[]];

/** As long as people may ask what happened, and no longer than is needed; in days (S13). */
export const EVENTS_KEPT_DAYS = 90;

/** Where an event comes from: the request or event that caused it. */
export const EventMetadata = z.object({
  correlationId: z.string().nullable().meta({
    description: "The id of the request with which all began (H6)",
  }),
  causationId: z.uuid().nullable().meta({ description: "The event that caused this one" }),
  userAgent: z.string().nullable().meta({ description: "Of that request" }),
});
export type EventMetadata = Readonly<z.infer<typeof EventMetadata>>;

/** What no request caused: a task, or the node itself. */
export const NO_CAUSE: EventMetadata = { correlationId: null, causationId: null, userAgent: null };

/** An event as it is to be written: of what, and what. */
export type NewEvent = {
  [Type in EventType]: {
    readonly eventType: Type;
    /** The id of what it is about; its entity is the second word of the type. */
    readonly aggregateId: string;
    readonly data: EventData<Type>;
    readonly metadata?: Partial<EventMetadata>;
  };
}[EventType];

/** An event as it is told, to consumers and over the wire. */
export type DomainEvent<Type extends EventType = EventType> = {
  [One in Type]: {
    /** UUID; the same at each delivery. */
    readonly eventId: string;
    readonly eventType: One;
    readonly aggregateId: string;
    readonly aggregateType: string;
    /** ISO 8601, UTC */
    readonly timestamp: string;
    /** Of the type: the number at its end. */
    readonly version: number;
    readonly data: EventData<One>;
    readonly metadata: EventMetadata;
  };
}[Type];

/** An event as it goes over the wire, of whichever type. */
export const Envelope = z.object({
  eventId: z.uuid().meta({ description: "The same at each delivery" }),
  eventType: z.enum(EVENT_TYPES),
  aggregateId: z.uuid(),
  aggregateType: z.string(),
  timestamp: z.iso.datetime().meta({ description: "UTC" }),
  version: z.int(),
  data: z.record(z.string(), z.unknown()),
  metadata: EventMetadata,
}).meta({ id: "DomainEvent" });

/** Where a consumer stands. */
export const ConsumerState = z.object({
  consumer: z.string(),
  position: z.int().meta({ description: "Of the last event that it has handled" }),
  waiting: z.int().meta({ description: "Events that lie before it" }),
  waitingSince: z.string().nullable().meta({ description: "When the oldest of them was written" }),
  failures: z.int().meta({ description: "Of the event that it cannot get past" }),
  lastError: z.string().nullable(),
}).meta({ id: "EventConsumer" });
export type ConsumerState = z.infer<typeof ConsumerState>;

/** The parts of a type: domain, entity, action, and the version as a number. */
export function eventParts(type: EventType) {
  const [domain = "", entity = "", action = "", version = ""] = type.split(".");
  return { domain, entity, action, version: Number(version.slice(1)) };
}
