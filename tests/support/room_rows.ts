/** Rooms in memory: the store of their actors and the log of their gateways, as the database keeps it. */
import type { RoomStore } from "../../actors/room_store.ts";
import type { Act, Entry, Message, Person, Room, RoomKind, Standing } from "../../domain/chat.ts";
import { messageKey } from "../../domain/chat_posts.ts";
import { Rejection } from "../../domain/errors.ts";
import type { RoomLog } from "../../routes/sockets/hub.ts";

/** What was done to somebody, or to the room. */
export interface NotedAct {
  readonly by: string;
  readonly target: string | null;
  readonly act: string;
}

export interface RoomRows extends RoomStore, RoomLog {
  /** Puts a room there, with its owner and first members. */
  make(room: { id: string; kind?: RoomKind; ownerId: string; memberIds?: string[] }): void;
  /** What its log holds, from the first entry. */
  log(roomId: string): readonly Entry[];
  readonly acts: readonly NotedAct[];
  /** How far each has read. */
  readonly reads: ReadonlyMap<string, number>;
}

interface Row {
  room: Room;
  epoch: number;
  removed: boolean;
  readonly entries: Entry[];
  readonly keys: Map<string, Message>;
  readonly standings: Map<string, Standing>;
  readonly pinned: Set<string>;
  readonly deleted: Set<string>;
  readonly reactions: Set<string>;
}

export function roomRows(): RoomRows {
  const rows = new Map<string, Row>();
  const acts: NotedAct[] = [];
  const mutes = new Map<string, number>();
  const reads = new Map<string, number>();
  const there = (id: string) => {
    const row = rows.get(id);
    if (!row) throw new Error(`The test has made no room ${id}`);
    return row;
  };
  /** The fence, in one step with what follows. */
  const fenced = (id: string, epoch: number, first?: number): Row => {
    const row = there(id);
    const isNext = first === undefined || row.room.lastSeq === first - 1;
    if (row.epoch !== epoch || row.removed || !isNext) throw new Rejection("fenced");
    return row;
  };
  const note = (by: Person, target: string | null, act: string) =>
    acts.push({ by: by.id, target, act });
  const entriesOf = (id: string) => rows.get(id)?.entries ?? [];

  return {
    acts,
    reads,
    log: entriesOf,
    make({ id, kind = "public", ownerId, memberIds = [] }) {
      const standing = (role: "owner" | "member"): Standing => ({
        role,
        mutedUntil: 0,
        bannedUntil: 0,
      });
      rows.set(id, {
        room: {
          ...{ id, kind, name: "Workshop", topic: "", ownerId, slowModeMs: 0, blockedWords: [] },
          ...{
            hidden: false,
            coHostId: null,
            memberCount: 1 + memberIds.length,
            gen: 1,
            lastSeq: 0,
          },
          createdAt: new Date(0).toISOString(),
        },
        epoch: 0,
        removed: false,
        entries: [],
        keys: new Map(),
        standings: new Map([
          [ownerId, standing("owner")],
          ...memberIds.map((one) => [one, standing("member")] as const),
        ]),
        pinned: new Set(),
        deleted: new Set(),
        reactions: new Set(),
      });
    },
    async open(id) {
      await null;
      const row = rows.get(id);
      if (!row || row.removed) return null;
      row.epoch += 1;
      return { room: row.room, epoch: row.epoch, standings: new Map(row.standings) };
    },
    async append(id, epoch, messages) {
      await null;
      const [head] = messages;
      if (!head) return "done";
      const row = fenced(id, epoch, head.seq);
      const keys = messages.map((one) => messageKey(one.senderId, one.clientId));
      if (new Set(keys).size < keys.length || keys.some((key) => row.keys.has(key))) {
        return "repeated";
      }
      messages.forEach((one, index) => row.keys.set(keys[index]!, one));
      row.entries.push(...messages);
      row.room = { ...row.room, lastSeq: row.room.lastSeq + messages.length };
      return "done";
    },
    async known(id, asked) {
      await null;
      const keys = new Set(asked.map((one) => messageKey(one.senderId, one.clientId)));
      return entriesOf(id).filter((entry): entry is Message =>
        entry.action === "received" && keys.has(messageKey(entry.senderId, entry.clientId))
      );
    },
    async change(id, epoch, entry) {
      await null;
      const row = fenced(id, epoch, entry.seq);
      const { action, messageId } = entry;
      row.entries.push(entry);
      row.room = { ...row.room, lastSeq: entry.seq };
      const reaction = "emoji" in entry ? `${messageId} ${entry.senderId} ${entry.emoji}` : "";
      if (action === "pinned") row.pinned.add(messageId);
      if (action === "unpinned") row.pinned.delete(messageId);
      if (action === "reacted") row.reactions.add(reaction);
      if (action === "unreacted") row.reactions.delete(reaction);
      if (action !== "deleted") return;
      row.deleted.add(messageId);
      row.entries.forEach((one, index) => {
        if (one.messageId !== messageId) return;
        if (one.action === "received") {
          row.entries[index] = { ...one, content: null, metadata: {} };
        } else if (one.action === "edited") row.entries[index] = { ...one, content: null };
      });
    },
    async messageNow(id, change, userId) {
      await null;
      const { messageId } = change;
      const row = there(id);
      const message = row.entries.find((one) =>
        one.messageId === messageId && one.action === "received"
      );
      const emoji = "emoji" in change ? change.emoji : "";
      return message
        ? {
          senderId: message.senderId,
          deleted: row.deleted.has(messageId),
          pinned: row.pinned.has(messageId) && !row.deleted.has(messageId),
          reacted: row.reactions.has(`${messageId} ${userId} ${emoji}`),
        }
        : null;
    },
    async stand(id, epoch, { by, userId, change }) {
      await null;
      const row = fenced(id, epoch);
      const muteKey = `${id} ${userId}`;
      if (change.act === "mute") mutes.set(muteKey, change.untilMs);
      if (change.act === "unmute") mutes.delete(muteKey);
      note(by, userId, change.act);
      const next = placeAfter(row.standings.get(userId), change, mutes.get(muteKey) ?? 0);
      if (next) row.standings.set(userId, next);
      else row.standings.delete(userId);
      const memberCount = [...row.standings.values()].filter(({ role }) => role !== null).length;
      row.room = { ...row.room, memberCount };
      return { standing: next, memberCount };
    },
    async set(id, epoch, by, patch) {
      await null;
      const row = fenced(id, epoch);
      const given = Object.entries(patch).filter(([, value]) => value !== undefined);
      row.room = { ...row.room, ...Object.fromEntries(given) };
      note(by, null, "settings");
      return row.room;
    },
    async hide(id, epoch, hidden) {
      await null;
      const row = fenced(id, epoch);
      row.room = { ...row.room, hidden };
    },
    async remove(id, epoch, by) {
      await null;
      fenced(id, epoch).removed = true;
      note(by, null, "delete");
    },
    async read(id, upTo) {
      await null;
      for (const [userId, seq] of upTo) {
        if (there(id).standings.get(userId)?.role == null) continue;
        reads.set(userId, Math.max(seq, reads.get(userId) ?? 0));
      }
    },
    async heads(ids) {
      await null;
      return ids.flatMap((roomId) => {
        const row = rows.get(roomId);
        if (!row || row.removed) return [];
        const { epoch, room: { gen, lastSeq } } = row;
        return [{ roomId, gen, lastSeq, epoch }];
      });
    },
    async after(id, seq, most) {
      await null;
      return entriesOf(id).filter((one) => one.seq > seq).slice(0, most);
    },
    async before(id, seq, most) {
      await null;
      return entriesOf(id).filter((one) => one.seq < seq).slice(-most);
    },
  };
}

/** Somebody's place after an act; undefined: none. */
function placeAfter(
  before: Standing | undefined,
  change: Act,
  mutedUntil: number,
): Standing | undefined {
  const { role = null, bannedUntil = 0 } = before ?? {};
  const out = bannedUntil === 0 && mutedUntil === 0
    ? undefined
    : { role: null, mutedUntil, bannedUntil };
  switch (change.act) {
    case "add":
    case "join":
      return { role: role ?? "member", mutedUntil, bannedUntil };
    case "leave":
    case "kick":
      return out;
    case "mute":
    case "unmute":
      return before && { ...before, mutedUntil };
    case "ban":
      return { role: null, mutedUntil, bannedUntil: change.untilMs ?? Infinity };
    case "unban":
      return role === null && mutedUntil === 0 ? undefined : { role, mutedUntil, bannedUntil: 0 };
    case "role":
      return before && { ...before, role: change.role };
    default:
      return change satisfies never;
  }
}
