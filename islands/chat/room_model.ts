/** One room as a page follows it: its messages, who is there, and what one may do. */
import { signal } from "@preact/signals";
import type { ErrorCode } from "../../domain/errors.ts";
import { openRoom } from "../shared/open_rooms.ts";
import { newMessages } from "./arrival.ts";
import type { ChatClient } from "./client.ts";
import type { ChatEvent } from "./events.ts";
import {
  messageOfView,
  type MessageWindow,
  SHOWN_MOST,
  type ShownMessage,
  windowOf,
  windowOfWire,
  withLive,
  withPage,
} from "./messages.ts";
import { noteRead } from "./my_rooms.ts";
import type { Waiting } from "./outbox.ts";
import { fetchHistory, fetchMessage } from "./rest.ts";
import { hear } from "./session.ts";
import type { RoomStart } from "./start.ts";
import type { WireEntry, WirePerson } from "./wire.ts";

/** Entries of one page of the history. */
const PAGE = 100;
/** Changes that are remembered for pages that were read a moment before. */
const RECENT_MOST = 1_000;
/** Who said that they type does so for this long, in ms. */
const TYPES_MS = 5_000;

export type RoomInfo = Pick<
  RoomStart,
  "name" | "topic" | "kind" | "slowModeMs" | "memberCount" | "role" | "mayWrite"
>;

export class RoomModel {
  readonly id: string;
  readonly me: RoomStart["me"];
  readonly window;
  readonly info;
  /** One's own messages that are on their way. */
  readonly waiting;
  /** Who is there, by id; no names where there are many. */
  readonly people = signal<ReadonlyMap<string, WirePerson>>(new Map());
  readonly hereCount = signal(0);
  /** Who types, by id. */
  readonly typing = signal<ReadonlyMap<string, string>>(new Map());
  /** How far others have read, by id. */
  readonly reads;
  /** One cannot be here any more. */
  readonly refused = signal<ErrorCode | null>(null);
  /** The message before which the unread line stands. */
  readonly unreadFrom;
  /** Messages that came below what is seen. */
  readonly below = signal(0);
  readonly loading = signal<"older" | "newer" | "elsewhere" | null>(null);
  /** Where the log is to be scrolled to. */
  readonly target = signal<number | null>(null);
  /** Messages that are quoted and lie elsewhere; null: gone. */
  readonly quotes = signal<ReadonlyMap<string, ShownMessage | null>>(new Map());
  /** Whether the end is seen, by somebody who looks. */
  isAtEnd = false;
  /** Whether the log is on the screen: beside a stream it may lie below. */
  isInView = false;

  readonly #client: ChatClient | null;
  readonly #recent: WireEntry[] = [];
  readonly #typers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #asked = new Set<string>();
  readonly #unhear: () => void = () => {};
  readonly #close: () => void = () => {};
  #read: number;

  /** @param client null on the server, where nothing moves */
  constructor(start: RoomStart, client: ChatClient | null) {
    const { id, me, entries, lastSeq, at, readSeq, gen } = start;
    this.id = id;
    this.me = me;
    this.#client = client;
    this.#read = readSeq ?? 0;
    const isNewest = at === null || (entries.at(-1)?.seq ?? 0) >= lastSeq;
    this.window = signal<MessageWindow>(windowOf(entries, lastSeq, isNewest));
    this.info = signal<RoomInfo>(start);
    this.waiting = signal<readonly Waiting[]>(client?.waiting(id) ?? []);
    this.reads = signal<ReadonlyMap<string, number>>(
      new Map(start.members.map((one) => [one.id, one.readSeq ?? 0])),
    );
    this.unreadFrom = signal(readSeq === null ? null : this.#firstUnread(readSeq));
    this.target.value = at ?? this.unreadFrom.value;
    if (!client) return;
    this.#unhear = hear((event) => {
      if ("roomId" in event && event.roomId === id) this.#take(event);
    });
    this.#close = openRoom({ id, isInView: () => this.isInView });
    client.join(id, { gen, seq: lastSeq });
    // another page of this tab may know more of the log than this one was drawn with
    const known = client.at(id)?.seq ?? 0;
    if (isNewest && known > this.window.value.to) {
      this.window.value = { ...this.window.value, isNewest: false };
      void this.loadNewer();
    }
  }

  dispose(): void {
    this.#unhear();
    this.#close();
    for (const timer of this.#typers.values()) clearTimeout(timer);
    this.#client?.typing(this.id, false);
  }

  #firstUnread(after: number): number | null {
    const first = this.window.value.items.find(({ seq, senderId }) =>
      seq > after && senderId !== this.me?.id
    );
    return first?.seq ?? null;
  }

  #take(event: Extract<ChatEvent, { roomId: string }>): void {
    switch (event.kind) {
      case "room": {
        const { name, topic, kind, slow_mode_ms, members, role, may_write } = event.room;
        this.info.value = {
          name: kind === "direct" ? this.info.value.name : name,
          topic,
          kind,
          slowModeMs: slow_mode_ms,
          memberCount: members,
          role,
          mayWrite: may_write,
        };
        return;
      }
      case "entries":
        return this.#entries(event.entries, event.replaced);
      case "refused":
        this.refused.value = event.code;
        return;
      case "outbox":
        this.waiting.value = this.#client?.waiting(this.id) ?? [];
        return;
      case "presence": {
        const people = new Map(event.all ? [] : this.people.value);
        for (const one of event.all ?? event.changes ?? []) people.set(one.user_id, one);
        this.people.value = people;
        this.hereCount.value = event.count;
        return;
      }
      case "typing":
        return this.#types(event.userId, event.isTyping ? event.name : null);
      case "receipt": {
        const seq = Math.max(event.seq, this.reads.value.get(event.userId) ?? 0);
        this.reads.value = new Map(this.reads.value).set(event.userId, seq);
        return;
      }
      default:
        event satisfies never;
    }
  }

  #entries(entries: readonly WireEntry[], replaced: boolean): void {
    const me = this.me?.id ?? null;
    const last = entries.at(-1)?.seq ?? 0;
    if (replaced) {
      this.window.value = windowOfWire(entries, this.#client?.at(this.id)?.seq ?? last, me);
      return;
    }
    this.#recent.push(...entries.filter(({ action }) => action !== "received"));
    this.#recent.splice(0, this.#recent.length - RECENT_MOST);
    const theirs = newMessages(entries, me);
    for (const { sender_id } of theirs) this.#types(sender_id ?? "", null);
    const isSeen = this.isAtEnd && document.visibilityState === "visible";
    if (theirs.length > 0 && !isSeen) {
      this.below.value += theirs.length;
      this.unreadFrom.value ??= theirs[0]?.seq ?? null;
    }
    this.window.value = withLive(this.window.value, entries, {
      me,
      keepsOldest: !this.isAtEnd,
    });
  }

  #types(userId: string, name: string | null): void {
    clearTimeout(this.#typers.get(userId));
    this.#typers.delete(userId);
    if (name === null && !this.typing.value.has(userId)) return;
    const typing = new Map(this.typing.value);
    if (name === null) typing.delete(userId);
    else {
      typing.set(userId, name);
      this.#typers.set(userId, setTimeout(() => this.#types(userId, null), TYPES_MS));
    }
    this.typing.value = typing;
  }

  /** All members were counted. */
  counted(memberCount: number): void {
    if (memberCount !== this.info.value.memberCount) {
      this.info.value = { ...this.info.value, memberCount };
    }
  }

  /** The end of the log is seen: all of it is read. */
  seen(): void {
    const { to, isNewest } = this.window.value;
    this.below.value = 0;
    if (!isNewest || !this.me || this.info.value.role === null || to <= this.#read) return;
    this.#read = to;
    this.#client?.read(this.id, to);
    noteRead(this.id, to);
  }

  async #page(what: "older" | "newer" | "elsewhere", work: () => Promise<void>): Promise<void> {
    if (this.loading.value !== null) return;
    this.loading.value = what;
    try {
      await work();
    } finally {
      this.loading.value = null;
    }
  }
  #lay(items: Parameters<typeof withPage>[1], where: "before" | "after"): void {
    this.window.value = withPage(this.window.value, items, {
      where,
      recent: this.#recent,
      me: this.me?.id ?? null,
      lastSeq: this.#client?.at(this.id)?.seq ?? Infinity,
    });
  }

  /** Loads what was said before; pages that hold changes only are passed over. */
  loadOlder = (): Promise<void> =>
    this.#page("older", async () => {
      const before = this.window.value.items.length;
      while (this.window.value.from > 1 && this.window.value.items.length === before) {
        const { items } = await fetchHistory(
          this.id,
          { before_seq: this.window.value.from },
          PAGE,
        );
        this.#lay(items, "before");
        if (before >= SHOWN_MOST) break; // full: it has moved, not grown
      }
    });

  loadNewer = (): Promise<void> =>
    this.#page("newer", async () => {
      const { items } = await fetchHistory(this.id, { after_seq: this.window.value.to }, PAGE);
      this.#lay(items, "after");
    });

  /** Shows the log around an entry. */
  goTo = async (seq: number): Promise<void> => {
    const { from, to } = this.window.value;
    if (seq < from || seq > to) {
      await this.#page("elsewhere", async () => {
        this.#show(await fetchHistory(this.id, { around_seq: seq }, PAGE));
      });
    }
    this.target.value = seq;
  };

  /** Shows the first that was said since a time; false when there is nothing. */
  async goToTime(iso: string): Promise<boolean> {
    let found: number | undefined;
    await this.#page("elsewhere", async () => {
      const page = await fetchHistory(this.id, { at: iso }, PAGE);
      found = page.items.map(messageOfView).find((one) => one && one.createdAt >= iso)?.seq;
      if (found !== undefined) this.#show(page);
    });
    this.target.value = found ?? null;
    return found !== undefined;
  }

  /** Shows the end of the log. */
  goToEnd = async (): Promise<void> => {
    this.below.value = 0;
    if (!this.window.value.isNewest) {
      await this.#page("elsewhere", async () => {
        this.#show(await fetchHistory(this.id, {}, PAGE));
      });
    }
    this.target.value = Infinity;
  };

  #show({ items, lastSeq }: Awaited<ReturnType<typeof fetchHistory>>): void {
    const here = Math.max(lastSeq, this.#client?.at(this.id)?.seq ?? 0);
    const last = items.at(-1)?.seq ?? 0;
    const isNewest = last >= here;
    const window = windowOf(items, last, isNewest);
    this.window.value = withLive(window, this.#recent, {
      me: this.me?.id ?? null,
      keepsOldest: true,
    });
  }

  /** The message that is answered; undefined while it is looked up. */
  quoted(messageId: string): ShownMessage | null | undefined {
    const shown = this.window.value.items.find((one) => one.messageId === messageId);
    return shown ?? this.quotes.value.get(messageId);
  }

  /** Looks a quoted message up that lies elsewhere. */
  async lookUp(messageId: string): Promise<void> {
    if (this.quoted(messageId) !== undefined || this.#asked.has(messageId)) return;
    this.#asked.add(messageId);
    const found = await fetchMessage(this.id, messageId).then(messageOfView, () => null);
    this.quotes.value = new Map(this.quotes.value).set(messageId, found);
  }
}
