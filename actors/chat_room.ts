/**
 * The actor of a room: it gives messages their order, writes each once, and tells. It knows no
 * sockets: what it publishes, gateways pass on (C4, C5).
 */
import {
  type Act,
  type Change,
  demandAct,
  demandChange,
  demandRead,
  demandWrite,
  type Entry,
  ENTRY_ACTIONS,
  hasRole,
  type Message,
  type Person,
  type Post,
  roleOf,
  type Room,
  type RoomPatch,
  type RoomRole,
  type Standing,
  STRANGER,
} from "../domain/chat.ts";
import { encodePublished } from "../domain/chat_batch.ts";
import {
  type Allowance,
  type Decided,
  decidePosts,
  messageKey,
  type Pace,
  spend,
} from "../domain/chat_posts.ts";
import { isRejection, Rejection } from "../domain/errors.ts";
import type { RoomStore } from "./room_store.ts";
import { roomVoice, type Speaking } from "./room_voice.ts";
import { batch, defineActor } from "./runtime/actor.ts";

/** A room, as whoever enters is told. */
export interface RoomNow {
  readonly room: Room;
  /** The role that counts; null for who is no member. */
  readonly role: RoomRole | null;
  /** Whether it may be written in now. */
  readonly mayWrite: boolean;
}

interface State extends Speaking {
  readonly epoch: number;
  readonly standings: Map<string, Standing>;
  /** Who wrote lately, and what is left to them; the one who wrote last is the last. */
  readonly allowances: Map<string, Allowance>;
  /** Read marks that are not saved yet: losing some is harmless. */
  reads: Map<string, number>;
  /** It was ended for all. */
  isRemoved: boolean;
}

/** Read marks are gathered this long. */
const SAVE_READS_MS = 1_000;
/** Of more people than these it is forgotten how fast they wrote. */
const ALLOWANCES_MOST = 10_000;
/** Messages of one statement. */
const BATCH_MOST = 500;
/**
 * A room in which this many wait at once is a busy one: it writes them together this often, in ms.
 * Gateways do not tell them more often (C2), and each statement has its price.
 */
const BUSY = 4;
const BUSY_EVERY_MS = 4;
const NONE: ReadonlyMap<string, Message> = new Map();

export const chatRoom = (
  { rooms, publish, newId, now = Date.now, rest, pace }: {
    rooms: RoomStore;
    publish: (roomId: string, bytes: Uint8Array) => void;
    newId: () => string;
    now?: () => number;
    /** Resolves after so many ms; without it a busy room does not wait for more. */
    rest?: (ms: number) => Promise<void>;
    /** How fast one may write; null: as fast as one likes. */
    pace: Pace | null;
  },
) => {
  const standingOf = (state: State, id: string) => state.standings.get(id) ?? STRANGER;
  const { tell, said } = roomVoice({ publish, now });

  const place = async (state: State, by: Person, userId: string, change: Act): Promise<void> => {
    const { room, epoch } = state;
    const { standing, memberCount } = await rooms.stand(room.id, epoch, { by, userId, change });
    if (standing) state.standings.set(userId, standing);
    else state.standings.delete(userId);
    state.room = { ...room, memberCount };
  };

  /** Writes what was decided; undefined, and nothing is written, when some is in the log already. */
  const write = async (state: State, decided: Decided, at: number) => {
    for (const { sender } of decided.taken) {
      // who writes in a public room is a member from then on (C8)
      if (standingOf(state, sender.id).role === null) {
        await place(state, sender, sender.id, { act: "join" });
        tell(state, { kind: "standing", userId: sender.id, removed: false });
      }
    }
    const createdAt = new Date(at).toISOString();
    const written = decided.taken.map((post, index): Message => ({
      action: "received",
      seq: state.room.lastSeq + 1 + index,
      messageId: newId(),
      clientId: post.clientId,
      senderId: post.sender.id,
      senderName: post.sender.name,
      content: post.content,
      messageType: post.messageType,
      replyTo: post.replyTo,
      threadId: post.threadId,
      metadata: post.metadata,
      createdAt,
    }));
    const { room, epoch } = state;
    return await rooms.append(room.id, epoch, written) === "done" ? written : undefined;
  };

  const remember = (state: State, spent: Decided["allowances"]): void => {
    for (const [id, allowance] of spent) {
      state.allowances.delete(id);
      state.allowances.set(id, allowance);
    }
    for (const id of state.allowances.keys()) {
      if (state.allowances.size <= ALLOWANCES_MOST) break;
      state.allowances.delete(id);
    }
  };

  return defineActor("room", {
    async start(id): Promise<State> {
      const opened = await rooms.open(id);
      if (!opened) throw new Rejection("not_found", `There is no room ${id}`);
      // an earlier life may have ended between the commit and the telling
      const { gen, lastSeq: seq } = opened.room;
      if (seq > 0) publish(id, encodePublished({ kind: "beacon", gen, seq }));
      return {
        ...opened,
        allowances: new Map(),
        reads: new Map(),
        saidAt: -Infinity,
        beaconing: false,
        isRemoved: false,
      };
    },
    async stop({ room, reads }, reason) {
      if (reason !== "crash" && reads.size > 0) await rooms.read(room.id, reads);
    },
    mailbox: 5_000,
    on: {
      /** Writes messages, in one statement. A repetition is answered as at first. */
      post: batch(async (state, posts: Post[], self) => {
        demandThere(state);
        const at = now();
        let decided = decidePosts({ ...state, pace }, posts, NONE, at);
        let written = decided.refused ? undefined : await write(state, decided, at);
        if (!written) {
          const asked = posts.map(({ sender, clientId }) => ({ senderId: sender.id, clientId }));
          const known = new Map(
            (await rooms.known(state.room.id, asked))
              .map((one) => [messageKey(one.senderId, one.clientId), one]),
          );
          decided = decidePosts({ ...state, pace }, posts, known, at);
          written = await write(state, decided, at);
          if (!written) throw new Error("A message is in the log that was not found there");
        }
        remember(state, decided.allowances);
        said(state, written, self);
        const early = BUSY_EVERY_MS - (now() - at);
        if (rest && posts.length >= BUSY && early > 0) await rest(early);
        return decided.replies(written);
      }, { most: BATCH_MOST }),

      /** Edits, deletes, pins or reacts. Doing it once more changes nothing; answers its `seq`. */
      async change(
        state,
        { person, change, nonce }: { person: Person; change: Change; nonce: string | null },
        self,
      ): Promise<number | null> {
        demandThere(state);
        const { room, epoch } = state;
        const at = now();
        const message = await rooms.messageNow(room.id, change, person.id);
        const standing = standingOf(state, person.id);
        demandChange(change, { room, message, person, standing, now: at });
        const action = ENTRY_ACTIONS[change.action];
        if (isDone(action, message)) return null;
        const before = state.allowances.get(person.id);
        const left = spend(before, { pace, slowModeMs: 0 }, at);
        if (left instanceof Rejection) throw left;
        const entry = {
          action,
          seq: room.lastSeq + 1,
          messageId: change.messageId,
          senderId: person.id,
          senderName: person.name,
          createdAt: new Date(at).toISOString(),
          ...("content" in change && { content: change.content }),
          ...("emoji" in change && { emoji: change.emoji }),
        } as Entry;
        await rooms.change(room.id, epoch, entry);
        // slow mode counts from the last message, whatever is done to others between
        remember(state, new Map([[person.id, { ...left, last: before?.last ?? -Infinity }]]));
        said(state, [entry], self, nonce);
        return entry.seq;
      },

      /** What somebody sees who opens the room; null is a guest. */
      enter(state, person: Person | null): RoomNow {
        demandThere(state);
        const { room } = state;
        const standing = person ? standingOf(state, person.id) : STRANGER;
        demandRead(room, person, standing, now());
        return { room, role: roleOf(person, standing), mayWrite: mayWrite(room, person, standing) };
      },

      /** Rejects who may not write now. */
      demandVoice(state, person: Person): void {
        demandThere(state);
        demandWrite(state.room, person, standingOf(state, person.id), now());
      },

      /** Under which epoch it writes: whether it is still the one that does is in the database. */
      epoch: ({ epoch }: State): number => epoch,

      /** Notes how far somebody has read. */
      read(state, { userId, seq }: { userId: string; seq: number }, self): void {
        if (standingOf(state, userId).role === null) return;
        const upTo = Math.min(seq, state.room.lastSeq);
        if (state.reads.size === 0) {
          self.after(SAVE_READS_MS, async () => {
            const { reads } = state;
            state.reads = new Map();
            await rooms.read(state.room.id, reads);
          });
        }
        state.reads.set(userId, Math.max(upTo, state.reads.get(userId) ?? 0));
      },

      /** Changes somebody's place in the room. */
      async act(
        state,
        { by, userId, change }: { by: Person; userId: string; change: Act },
      ): Promise<void> {
        demandThere(state);
        const { room } = state;
        const standings = { by: standingOf(state, by.id), target: standingOf(state, userId) };
        demandAct(change, { room, by, userId, standings, now: now() });
        await place(state, by, userId, change);
        // who was removed may come again where the room is open to all, and is out until then
        tell(state, { kind: "standing", userId, removed: change.act === "kick" });
      },

      /** Changes name, topic, slow mode or blocked words. */
      async set(state, { by, patch }: { by: Person; patch: RoomPatch }): Promise<Room> {
        demandLead(state, by, "moderator");
        const { room, epoch } = state;
        state.room = { ...await rooms.set(room.id, epoch, by, patch), lastSeq: room.lastSeq };
        tell(state, { kind: "standing", userId: null, removed: false });
        return state.room;
      },

      /** Shows the room of a stream to all, or only to its hosts. */
      async open(
        state,
        { hidden, coHostId }: Pick<Room, "hidden" | "coHostId">,
      ): Promise<void> {
        demandThere(state);
        const { room } = state;
        if (room.hidden === hidden && room.coHostId === coHostId) return;
        if (room.hidden !== hidden) await rooms.hide(room.id, state.epoch, hidden);
        state.room = { ...state.room, hidden, coHostId };
        tell(state, { kind: "standing", userId: null, removed: false });
      },

      /** Ends the room for all. */
      async remove(state, by: Person): Promise<void> {
        demandLead(state, by, "owner");
        await rooms.remove(state.room.id, state.epoch, by);
        state.isRemoved = true;
        tell(state, { kind: "standing", userId: null, removed: true });
      },
    },
  });

  function demandThere({ isRemoved, room }: State): void {
    if (isRemoved) throw new Rejection("not_found", `There is no room ${room.id}`);
  }

  function demandLead(state: State, by: Person, least: RoomRole): void {
    demandThere(state);
    const standing = standingOf(state, by.id);
    demandRead(state.room, by, standing, now());
    const leads = hasRole(by, standing, least) || (by.moderator && state.room.kind !== "direct");
    if (!leads) throw new Rejection("forbidden", `This takes the role ${least} in the room`);
  }

  function mayWrite(room: Room, person: Person | null, standing: Standing): boolean {
    if (!person) return false;
    try {
      demandWrite(room, person, standing, now());
      return true;
    } catch (error) {
      if (isRejection(error)) return false;
      throw error;
    }
  }
};

/** Whether a message is already as a change would make it. */
function isDone(
  action: (typeof ENTRY_ACTIONS)[Change["action"]],
  message: { readonly pinned: boolean; readonly reacted: boolean } | null,
): boolean {
  switch (action) {
    case "pinned":
      return message?.pinned === true;
    case "unpinned":
      return message?.pinned === false;
    case "reacted":
      return message?.reacted === true;
    case "unreacted":
      return message?.reacted === false;
    case "edited":
    case "deleted":
      return false;
    default:
      return action satisfies never;
  }
}
