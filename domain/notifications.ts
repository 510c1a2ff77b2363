/** Notifications: which events people are told of, whom, and whether they want to be (D12). */
import { z } from "zod";
import { may, type Permission, type Role } from "./auth.ts";
import { type ErrorCode, ERRORS } from "./errors.ts";
import type { DomainEvent, EventType } from "./events.ts";
import { Id } from "./ids.ts";
import { PageQuery } from "./pages.ts";

/** Read or not, after a season a notification is history, and the thing itself tells more; days. */
export const NOTIFICATION_DAYS = 90;
/** So many can be marked by name in one request; for more there is `before`. */
const MOST_IDS = 100;

/** What one is told of, by its ids. */
export type Subject =
  | { readonly type: "track"; readonly trackId: string }
  | {
    readonly type: "message";
    readonly messageId: string;
    readonly roomId: string;
    /** Its place in the room. */
    readonly seq: number;
    /** Who wrote it. */
    readonly byId: string;
  }
  /** Somebody who waits to be let in. */
  | { readonly type: "user"; readonly userId: string };

/** Who is told, and of what. */
interface Concerned {
  /** One person, or all who hold a right. */
  readonly to: { readonly userId: string } | { readonly right: Permission };
  readonly subject: Subject;
  /** Why it failed, where it did; of the error table. */
  readonly code?: string;
}

/** A kind's row: the type of event it tells of, and whom such an event concerns. */
interface Row<Type extends EventType> {
  readonly of: Type;
  readonly whom: (event: DomainEvent<Type>) => readonly Concerned[];
  /** The right without which one is never told of it. */
  readonly right: Permission | null;
}
const row = <Type extends EventType>(
  of: Type,
  whom: Row<Type>["whom"],
  right: Permission | null = null,
): Row<Type> => ({ of, whom, right });

/** The table of kinds. A new one is a row here, and its words in each language. */
const KINDS = {
  "track-ready": row(
    "streaming.track.processed.v1",
    ({ aggregateId: trackId, data }) => [
      { to: { userId: data.creatorId }, subject: { type: "track", trackId } },
    ],
  ),
  "track-failed": row(
    "files.file.failed.v1",
    ({ data: { userId, trackId, code } }) => [
      { to: { userId }, subject: { type: "track", trackId }, code },
    ],
  ),
  "mentioned": row(
    "chat.user.mentioned.v1",
    ({ data: { userId, messageId, roomId, seq, byId } }) => [
      { to: { userId }, subject: { type: "message", messageId, roomId, seq, byId } },
    ],
  ),
  "registration-waiting": row(
    "auth.user.registered.v1",
    ({ aggregateId: userId, data }) =>
      data.status === "pending"
        ? [{ to: { right: "registrations:decide" }, subject: { type: "user", userId } }]
        : [],
    "registrations:decide",
  ),
} as const;

export type NotificationKind = keyof typeof KINDS;
export const NOTIFICATION_KINDS = Object.keys(KINDS) as [NotificationKind, ...NotificationKind[]];
export const NotificationKind = z.enum(NOTIFICATION_KINDS);

/** The kinds that somebody with `roles` can be told of. */
export const kindsFor = (roles: readonly Role[]): NotificationKind[] =>
  NOTIFICATION_KINDS.filter((kind) => {
    const { right } = KINDS[kind];
    return right === null || may(roles, right);
  });

/** The types of events that any kind tells of. */
export const NOTIFYING_EVENTS: readonly EventType[] = [
  ...new Set(Object.values(KINDS).map(({ of }) => of)),
];

/** A notification as it is to be written. */
export interface NotificationDraft extends Concerned {
  readonly kind: NotificationKind;
}

/** What `event` tells people: nobody twice, and nobody whom it does not concern. */
export function draftsOf(event: DomainEvent): NotificationDraft[] {
  const drafts = NOTIFICATION_KINDS.flatMap((kind) => {
    const { of, whom } = KINDS[kind];
    // the compiler does not see that the row is of the event's own type
    return of === event.eventType
      ? (whom as Row<EventType>["whom"])(event).map((one) => ({ kind, ...one }))
      : [];
  });
  const key = ({ to }: Concerned) => "userId" in to ? to.userId : to.right;
  return [...new Map(drafts.toReversed().map((draft) => [key(draft), draft])).values()];
}

const Named = z.object({ id: z.string(), name: z.string() });

/** What it is about, with the names that are in force now. No field of it has two words (C2). */
const About = z.discriminatedUnion("type", [
  z.object({ type: z.literal("track"), id: z.string(), title: z.string() }),
  z.object({
    type: z.literal("message"),
    id: z.string(),
    /** Its place in the room, for `/rooms/{id}?at=`. */
    seq: z.number().int(),
    /** A direct room may have no name. */
    room: Named,
    /** Who wrote it. */
    by: Named,
  }),
  Named.extend({ type: z.literal("user") }),
]);

/** A notification as its reader sees it. */
export const Notification = z.object({
  id: z.string(),
  kind: NotificationKind,
  about: About,
  /** Why it failed; null where nothing did. */
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]).nullable(),
  read: z.boolean(),
  /** When it happened. */
  createdAt: z.string(),
}).meta({ id: "Notification" });
export type Notification = z.infer<typeof Notification>;

/** A code as it was written by this release or another, as one that has words. */
export const knownCode = (code: string): ErrorCode =>
  Object.hasOwn(ERRORS, code) ? code as ErrorCode : "internal";

export const NotificationQuery = PageQuery.extend({
  /** `true`: only what was not read yet. */
  unread: z.stringbool().optional(),
});
export type NotificationQuery = z.infer<typeof NotificationQuery>;

/** Which are read now: those named; or `before`, one and all that are older; or all. */
export const MarkRead = z.strictObject({
  read: z.literal(true),
  ids: z.array(Id).min(1).max(MOST_IDS).optional(),
  before: Id.optional(),
}).refine(({ ids, before }) => !(ids && before), {
  error: "goes without ids",
  path: ["before"],
});
/** What is marked, once it is known that one marks it as read. */
export interface Marked {
  readonly ids?: readonly string[] | undefined;
  readonly before?: string | undefined;
}

/** How one is told of a kind. Ways beside the page are to come as further fields. */
export const Ways = z.strictObject({ inPage: z.boolean() });
export type Ways = z.infer<typeof Ways>;
/** By kind; kinds that one cannot be told of are missing. */
export const NotificationPreferences = z.partialRecord(NotificationKind, Ways);
export type NotificationPreferences = Readonly<Record<NotificationKind, Ways>>;
/** Kinds that are left out stay as they are: an older client does not know the newer ones. */
export const NotificationPreferencesPatch = z.partialRecord(NotificationKind, Ways);
export type NotificationPreferencesPatch = z.infer<typeof NotificationPreferencesPatch>;

/** The preferences in force, where `chosen` differs from being told of everything. */
export const preferencesFrom = (chosen: NotificationPreferencesPatch): NotificationPreferences =>
  Object.fromEntries(
    NOTIFICATION_KINDS.map((kind) => [kind, chosen[kind] ?? { inPage: true }]),
  ) as Record<NotificationKind, Ways>;

/** Those of `preferences` that somebody with `roles` can make use of. */
export const preferencesFor = (
  roles: readonly Role[],
  preferences: NotificationPreferences,
): z.infer<typeof NotificationPreferences> =>
  Object.fromEntries(kindsFor(roles).map((kind) => [kind, preferences[kind]]));

/** What the bell in the frame of every page shows. */
export interface Bell {
  readonly unread: number;
  /** The id of the newest notification: later ones are news to the page. */
  readonly newest: string | null;
}

/** What the sockets of a reader are told, in the form of C2: field names in `snake_case`. */
export type NotificationFrame =
  & { readonly type: "notification" }
  & (
    | {
      readonly action: "received";
      readonly data: Omit<Notification, "createdAt"> & {
        readonly created_at: string;
        readonly unread_count: number;
      };
    }
    | {
      readonly action: "read";
      /** Both null: all. */
      readonly data: {
        readonly ids: readonly string[] | null;
        readonly before: string | null;
        readonly unread_count: number;
      };
    }
    | {
      readonly action: "removed";
      readonly data: { readonly id: string; readonly unread_count: number };
    }
  );

/** What tells of a new notification. */
export const receivedFrame = (
  { createdAt, ...rest }: Notification,
  unread: number,
): NotificationFrame => ({
  type: "notification",
  action: "received",
  data: { ...rest, created_at: createdAt, unread_count: unread },
});
