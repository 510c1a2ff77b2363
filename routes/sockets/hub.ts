/** The rooms that sockets of this node are in, and the rhythm in which they are sent to (C2, C6). */
import type { Clock } from "../../actors/runtime/clock.ts";
import type { Topic } from "../../actors/runtime/topic.ts";
import type { RoomNow } from "../../actors/chat_room.ts";
import type { Entry, Person, RoomHead } from "../../domain/chat.ts";
import { MISSED_MOST, NEWEST, wireEntry } from "../../domain/chat_frames.ts";
import { isRejection, Rejection } from "../../domain/errors.ts";
import type { Connection } from "./connection.ts";
import type { Presence } from "./presence.ts";
import { ofOnePage, PAGE, roomData } from "./joined.ts";
import { RoomFeed } from "./room_feed.ts";
import type { Seat } from "./seat.ts";

/** Under load, what is due goes out together this often, in ms (C2). */
const FLUSH_MS = 4;
/** Seats that are asked for together when all are; and when those without an answer are again, in ms. */
const REVIEWS_AT_ONCE = 50;
const REVIEW_AGAIN_MS = 1_000;
const REVIEWS_MOST = 15;

/** The logs of rooms, to be read. */
export interface RoomLog {
  /** Where they end; without those that are no more. */
  heads(roomIds: readonly string[]): Promise<readonly RoomHead[]>;
  after(roomId: string, seq: number, most: number): Promise<readonly Entry[]>;
  before(roomId: string, seq: number, most: number): Promise<readonly Entry[]>;
}

export interface HubOptions {
  /** On which rooms publish. */
  readonly topic: Topic<Uint8Array>;
  readonly log: RoomLog;
  /** Asks the room's actor. */
  readonly enter: (roomId: string, person: Person | null) => Promise<RoomNow>;
  readonly onError: (error: unknown, roomId: string) => void;
  /** Is told who takes a seat, who leaves it, and what other nodes say of theirs. */
  readonly presence: Pick<Presence, "seats" | "heard">;
  readonly clock: Pick<Clock, "now" | "timer">;
}

/** Where a client stopped. */
export interface Since {
  readonly gen: number;
  readonly seq: number;
}

/** What somebody is told who joins, in snake_case. */
export interface Joined {
  readonly now: RoomNow;
  readonly data: Record<string, unknown>;
}

interface Open {
  readonly feed: RoomFeed;
  readonly close: () => void;
}

export function hub({ topic, log, onError, presence, clock, ...options }: HubOptions) {
  const rooms = new Map<string, Open>();
  const due = new Set<RoomFeed>();
  let flushedAt = -Infinity;
  let isDue = false;

  const flush = () => {
    isDue = false;
    const feeds = [...due];
    due.clear();
    for (const feed of feeds) feed.flush();
    flushedAt = clock.now(); // from its end: the more it takes, the more gathers for the next
  };
  const schedule = (feed: RoomFeed) => {
    due.add(feed);
    if (isDue) return;
    isDue = true;
    const wait = flushedAt + FLUSH_MS - clock.now();
    if (wait <= 0) queueMicrotask(flush); // idle: at once
    else clock.timer(wait, flush);
  };

  /** To enter changes nothing: where the answer was lost with its node, another may give it. */
  const enter: HubOptions["enter"] = (roomId, person) =>
    options.enter(roomId, person).catch((error) => {
      if (!isRejection(error, "timeout")) throw error;
      return options.enter(roomId, person);
    });

  const open = (roomId: string): Open => {
    const known = rooms.get(roomId);
    if (known) return known;
    const feed: RoomFeed = new RoomFeed({
      roomId,
      after: (seq, most) => log.after(roomId, seq, most),
      schedule: () => schedule(feed),
      rest: (ms) => new Promise((done) => clock.timer(ms, done)),
      onError: (error) => onError(error, roomId),
      onStanding: ({ userId, removed }) => {
        const why = userId === null ? "The room was deleted" : undefined;
        for (const seat of feed.seats.values()) {
          if (userId !== null && seat.connection.person?.id !== userId) continue;
          if (removed) turnOut(roomId, seat, new Rejection("removed", why));
          // where the actor does not answer, it is asked again with the next act
          else void review(roomId, seat).catch((error) => onError(error, roomId));
        }
      },
      onPeople: (head, body) => presence.heard(roomId, head, body),
      onRestored() {
        for (const { connection } of feed.seats.values()) connection.end("moved");
      },
    });
    const subscription = topic.subscribe(
      roomId,
      ({ bytes }) => feed.arrived(bytes as Uint8Array<ArrayBuffer>),
    );
    const opened = {
      feed,
      close() {
        subscription.close();
        feed.close();
        rooms.delete(roomId);
      },
    };
    rooms.set(roomId, opened);
    return opened;
  };

  const leave = (roomId: string, connection: Connection): boolean => {
    const room = rooms.get(roomId);
    if (!room?.feed.leave(connection)) return false;
    presence.seats(roomId, room.feed);
    if (room.feed.seats.size === 0) room.close();
    return true;
  };

  /** Takes a seat away, and says why. */
  const turnOut = (roomId: string, seat: Seat, why: Rejection) => {
    if (!leave(roomId, seat.connection)) return;
    seat.connection.tell({
      type: "room",
      action: "removed",
      data: { room_id: roomId, code: why.code, message: why.message },
    });
  };

  /** Asks again whether somebody may be here, and says what has changed. Rejects without an answer. */
  const review = async (roomId: string, seat: Seat): Promise<void> => {
    try {
      const now = await enter(roomId, seat.connection.person);
      if (rooms.get(roomId)?.feed.seats.get(seat.connection.id) !== seat) return;
      seat.mayWrite = now.mayWrite;
      seat.connection.tell({ type: "room", action: "changed", data: roomData(now) });
    } catch (error) {
      if (isRejection(error, "not_found")) turnOut(roomId, seat, new Rejection("removed"));
      else if (isRejection(error, "room_banned")) turnOut(roomId, seat, error);
      else throw error;
    }
  };

  return {
    /**
     * Seats a connection, after which `joined` is to be told and `settle` called, in one turn.
     *
     * @throws {Rejection} as the room refuses
     */
    async join(
      roomId: string,
      connection: Connection,
      since: Since | undefined,
    ): Promise<Joined & { readonly settle: () => void }> {
      const { feed } = open(roomId);
      const seat: Seat = {
        connection,
        last: 0,
        held: [],
        heldBytes: 0,
        overflowed: false,
        mayWrite: false,
      };
      feed.seat(seat); // subscribe first, then read the log (C6)
      try {
        const now = await enter(roomId, connection.person);
        const { gen, lastSeq } = now.room;
        feed.begin(gen, lastSeq);
        seat.mayWrite = now.mayWrite;
        // the actor that answers may be one that was overtaken: the log is what counts
        const newest = Math.max(lastSeq, feed.last);
        const isKnown = since !== undefined && since.gen === gen && since.seq <= newest &&
          newest - since.seq <= MISSED_MOST;
        const from = isKnown ? since.seq : undefined;
        const found = from === undefined
          ? await log.before(roomId, Number.MAX_SAFE_INTEGER, NEWEST)
          : await log.after(roomId, from, PAGE);
        const entries = from === undefined ? [...found] : ofOnePage(found);
        const last = entries.at(-1)?.seq ?? from ?? 0;
        // also what gathered meanwhile and was too much to be held is read as a further page
        const isPaged = seat.overflowed || entries.length < found.length || found.length === PAGE;
        if (feed.seats.get(connection.id) !== seat) {
          throw new Rejection("cancelled", "It left, was removed, or joined again meanwhile");
        }
        presence.seats(roomId, feed);
        return {
          now,
          data: {
            ...roomData(now),
            may_write: seat.mayWrite,
            seq: last,
            recovered: since === undefined || isKnown,
            messages: entries.map(wireEntry),
            ...(isPaged && { more: true }),
          },
          // while it reads page by page it is told of no entry: the next page has them
          settle: () => feed.settle(seat, isPaged ? Infinity : last),
        };
      } catch (error) {
        if (feed.seats.get(connection.id) === seat) leave(roomId, connection);
        throw error;
      }
    },

    leave,

    /** Ends all seats of a connection. */
    gone(connection: Connection, roomIds: Iterable<string>): void {
      for (const roomId of roomIds) leave(roomId, connection);
    },

    /** The place of a connection in a room of this node. */
    seat(roomId: string, connection: Connection): { feed: RoomFeed; seat: Seat } | undefined {
      const feed = rooms.get(roomId)?.feed;
      const seat = feed?.seats.get(connection.id);
      return feed && seat ? { feed, seat } : undefined;
    },

    /** Looks in the database where all logs end; what is missing here is read. */
    async look(): Promise<readonly RoomHead[]> {
      if (rooms.size === 0) return [];
      const heads = await log.heads([...rooms.keys()]);
      for (const { roomId, gen, lastSeq } of heads) rooms.get(roomId)?.feed.ends(gen, lastSeq);
      return heads;
    },

    /** Asks again whether all may be where they are; what was told of that may have been lost. */
    async reviewAll(): Promise<void> {
      let left: { roomId: string; seat: Seat; why?: unknown }[] = [...rooms]
        .flatMap(([roomId, { feed }]) =>
          [...feed.seats.values()].map((seat) => ({ roomId, seat }))
        );
      for (let tries = 0; left.length > 0 && tries < REVIEWS_MOST; tries++) {
        if (tries > 0) await new Promise<void>((done) => clock.timer(REVIEW_AGAIN_MS, done));
        const unanswered: typeof left = [];
        for (let from = 0; from < left.length; from += REVIEWS_AT_ONCE) {
          const some = left.slice(from, from + REVIEWS_AT_ONCE);
          const asked = await Promise.allSettled(some.map((one) => review(one.roomId, one.seat)));
          asked.forEach((answer, at) => {
            if (answer.status === "rejected") unanswered.push({ ...some[at]!, why: answer.reason });
          });
        }
        left = unanswered;
      }
      const [one] = left;
      if (one) onError(one.why, one.roomId); // it speaks for all
    },

    /** The rooms of each connection that has a seat. */
    followed(): Map<Connection, string[]> {
      const found = new Map<Connection, string[]>();
      for (const [roomId, { feed }] of rooms) {
        for (const { connection } of feed.seats.values()) {
          found.getOrInsertComputed(connection, () => []).push(roomId);
        }
      }
      return found;
    },

    /** Tells all who follow a room, on every node, what is in no log. */
    publish: (roomId: string, bytes: Uint8Array) => topic.publish(roomId, bytes),

    /** Rooms that are followed here, with how many seats. */
    stats: () => [...rooms].map(([roomId, { feed }]) => ({ roomId, seats: feed.seats.size })),
  };
}
export type Hub = ReturnType<typeof hub>;
