/**
 * Messages as a page shows them: a stretch of a room's log, with all that was changed since. Pure.
 *
 * Messages of the server's history come with how they stand (`current`, as of an entry); those that
 * come live stand as they were sent. Later entries are laid over both, each once.
 */
import type { EntryNow, Reaction } from "../../domain/room_messages.ts";
import type { WireEntry } from "./wire.ts";

export interface ShownMessage {
  readonly seq: number;
  readonly messageId: string;
  readonly clientId: string;
  readonly senderId: string;
  readonly senderName: string;
  /** Null: it was deleted. */
  readonly content: string | null;
  /** ISO 8601, UTC */
  readonly createdAt: string;
  readonly replyTo: string | null;
  readonly edited: boolean;
  readonly pinned: boolean;
  readonly reactions: readonly Reaction[];
  /** The entry up to which all changes are in it. */
  readonly asOf: number;
}

/** Messages on the screen; only so many, so that a long log does not make a slow page. */
export const SHOWN_MOST = 400;

/** A stretch of the log without a hole: all entries from `from` to `to`. */
export interface MessageWindow {
  /** Ascending. */
  readonly items: readonly ShownMessage[];
  readonly from: number;
  readonly to: number;
  /** Whether it goes on with what comes live. */
  readonly isNewest: boolean;
}

/** Of the history, in camelCase; null for what is no message. */
export function messageOfView(entry: EntryNow): ShownMessage | null {
  if (entry.action !== "received") return null;
  const { seq, messageId, current } = entry;
  const text = (name: string) => String(entry[name] ?? "");
  return {
    seq,
    messageId,
    clientId: text("clientId"),
    senderId: text("senderId"),
    senderName: text("senderName"),
    createdAt: text("createdAt"),
    replyTo: entry.replyTo === null || entry.replyTo === undefined ? null : text("replyTo"),
    content: current ? current.content : entry.content === null ? null : text("content"),
    edited: current?.edited ?? false,
    pinned: current?.pinned ?? false,
    reactions: current?.reactions ?? [],
    asOf: current?.asOf ?? seq,
  };
}

/** Of the socket; null for what is no message. */
export function messageOfWire(entry: WireEntry): ShownMessage | null {
  if (entry.action !== "received") return null;
  return {
    seq: entry.seq,
    messageId: entry.message_id,
    clientId: entry.client_id ?? "",
    senderId: entry.sender_id ?? "",
    senderName: entry.sender_name ?? "",
    content: entry.content ?? null,
    createdAt: entry.created_at,
    replyTo: entry.reply_to ?? null,
    edited: false,
    pinned: false,
    reactions: [],
    asOf: entry.seq,
  };
}

/** A message after one entry about it; the same where it is known already. `me`: who looks. */
export function changed(one: ShownMessage, entry: WireEntry, me: string | null): ShownMessage {
  if (entry.seq <= one.asOf || entry.message_id !== one.messageId) return one;
  const after = { ...one, asOf: entry.seq };
  switch (entry.action) {
    case "edited":
      // null: it was deleted since
      return entry.content == null ? after : { ...after, content: entry.content, edited: true };
    case "deleted":
      return { ...after, content: null, edited: false, pinned: false, reactions: [] };
    case "pinned":
    case "unpinned":
      return { ...after, pinned: entry.action === "pinned" };
    case "reacted":
    case "unreacted":
      return { ...after, reactions: reactionsAfter(one.reactions, entry, me) };
    case "received":
      return one;
    default:
      return entry.action satisfies never;
  }
}

function reactionsAfter(
  before: readonly Reaction[],
  { action, emoji = "", user_id, user_name = "" }: WireEntry,
  me: string | null,
): Reaction[] {
  const step = action === "reacted" ? 1 : -1;
  const known = before.find((one) => one.emoji === emoji);
  if (!known) {
    return step < 0
      ? [...before]
      : [...before, { emoji, count: 1, mine: user_id === me, names: [user_name] }];
  }
  const names = known.names.filter((name) => name !== user_name);
  const next = {
    ...known,
    count: known.count + step,
    mine: user_id === me ? step > 0 : known.mine,
    names: step > 0 ? [...names, user_name] : names,
  };
  return before.map((one) => one === known ? next : one).filter(({ count }) => count > 0);
}

const withChanges = (
  items: readonly ShownMessage[],
  changes: readonly WireEntry[],
  me: string | null,
): ShownMessage[] => {
  const byMessage = Map.groupBy(changes, ({ message_id }) => message_id);
  return items.map((one) =>
    (byMessage.get(one.messageId) ?? []).reduce((now, entry) => changed(now, entry, me), one)
  );
};

/** A window over what the server's history gave, which ends at `to` at least. */
export function windowOf(
  entries: readonly EntryNow[],
  to: number,
  isNewest: boolean,
): MessageWindow {
  const items = entries.map(messageOfView).filter((one) => one !== null);
  const last = entries.at(-1)?.seq ?? to;
  return { items, from: entries[0]?.seq ?? to + 1, to: isNewest ? to : last, isNewest };
}

/** A window over what the socket gave anew. */
export function windowOfWire(
  entries: readonly WireEntry[],
  to: number,
  me: string | null,
): MessageWindow {
  const items = entries.map(messageOfWire).filter((one) => one !== null);
  const from = entries[0]?.seq ?? to + 1;
  return { items: withChanges(items, entries, me), from, to, isNewest: true };
}

/**
 * Takes entries that came live. A window that is full and may not lose its oldest (`keepsOldest`:
 * somebody reads there) stops following instead.
 */
export function withLive(
  window: MessageWindow,
  entries: readonly WireEntry[],
  { me, keepsOldest }: { me: string | null; keepsOldest: boolean },
): MessageWindow {
  const items = withChanges(window.items, entries, me);
  if (!window.isNewest) return { ...window, items };
  const news = entries.filter(({ seq }) => seq > window.to);
  const added = news.map(messageOfWire).filter((one) => one !== null);
  if (keepsOldest && added.length > 0 && items.length + added.length > SHOWN_MOST) {
    return { ...window, items, isNewest: false };
  }
  const to = news.at(-1)?.seq ?? window.to;
  return bounded({ ...window, items: [...items, ...withChanges(added, entries, me)], to }, "start");
}

/**
 * Lays a page of the history before or behind the window. `recent`: changes that came live lately,
 * of which the page may not know.
 */
export function withPage(
  window: MessageWindow,
  entries: readonly EntryNow[],
  { where, recent, me, lastSeq }: {
    where: "before" | "after";
    recent: readonly WireEntry[];
    me: string | null;
    /** Where this client is in the log. */
    lastSeq: number;
  },
): MessageWindow {
  const outside = entries.filter(({ seq }) =>
    where === "before" ? seq < window.from : seq > window.to
  );
  const items = withChanges(
    outside.map(messageOfView).filter((one) => one !== null),
    recent,
    me,
  );
  if (where === "before") {
    const from = outside[0]?.seq ?? 1;
    return bounded({ ...window, items: [...items, ...window.items], from }, "end");
  }
  const to = outside.at(-1)?.seq ?? window.to;
  const next = { ...window, items: [...window.items, ...items], to, isNewest: to >= lastSeq };
  return bounded(next, "start");
}

/** Cuts a window that has grown too long, at its start or its end. */
function bounded(window: MessageWindow, cut: "start" | "end"): MessageWindow {
  const { items } = window;
  if (items.length <= SHOWN_MOST) return window;
  if (cut === "start") {
    const kept = items.slice(-SHOWN_MOST);
    return { ...window, items: kept, from: kept[0]?.seq ?? window.from };
  }
  const kept = items.slice(0, SHOWN_MOST);
  return { ...window, items: kept, to: kept.at(-1)?.seq ?? window.to, isNewest: false };
}

/** A run of messages by one person, shown under one name. */
export interface MessageGroup {
  readonly key: number;
  readonly day: string;
  /** It begins a day. */
  readonly opensDay: boolean;
  readonly senderId: string;
  readonly senderName: string;
  readonly items: readonly ShownMessage[];
}

/** One goes on under the same name for so long, in ms. */
const RUN_MS = 5 * 60_000;

/**
 * Messages in runs. `dayOf`: the day of a time where the page is read. `unreadFrom`: the message
 * before which the unread line stands; it begins a run.
 */
export function grouped(
  items: readonly ShownMessage[],
  dayOf: (iso: string) => string,
  unreadFrom: number | null = null,
): MessageGroup[] {
  const groups: (Omit<MessageGroup, "items"> & { items: ShownMessage[] })[] = [];
  let before: ShownMessage | undefined;
  for (const one of items) {
    const day = dayOf(one.createdAt);
    const group = groups.at(-1);
    const goesOn = group && before && group.day === day && group.senderId === one.senderId &&
      group.senderName === one.senderName && one.replyTo === null && one.seq !== unreadFrom &&
      Date.parse(one.createdAt) - Date.parse(before.createdAt) < RUN_MS;
    if (goesOn) group.items.push(one);
    else {
      const { senderId, senderName, seq } = one;
      const opensDay = group?.day !== day;
      groups.push({ key: seq, day, opensDay, senderId, senderName, items: [one] });
    }
    before = one;
  }
  return groups;
}
