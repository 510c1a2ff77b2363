/** Who is in which room of this node, told in steps: who came and went, or only how many (C10). */
import { NAMES_MOST, type Person } from "../../domain/chat.ts";
import type { Connection } from "./connection.ts";
import type { RoomFeed } from "./room_feed.ts";

export type Status = "online" | "away";

/** Changes are gathered this long, in ms. */
const GATHER_MS = 500;
const encoder = new TextEncoder();

interface There {
  readonly name: string;
  status: Status;
}

export function presence({ now }: { now: () => number }) {
  const chosen = new Map<string, Status>(); // by connection; online unless it said so
  /** What each room was told last. */
  const told = new Map<string, Map<string, There>>();
  const dirty = new Map<string, RoomFeed>();
  const rooms = new Map<RoomFeed, string>();
  /** Who types in rooms that name nobody, since it was told last. */
  const typists = new Map<RoomFeed, Set<string>>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const there = (feed: RoomFeed): Map<string, There> => {
    const people = new Map<string, There>();
    for (const { connection } of feed.seats.values()) {
      if (!connection.person) continue;
      const { id, name } = connection.person;
      const status = chosen.get(connection.id) ?? "online";
      const known = people.get(id);
      if (!known) people.set(id, { name, status });
      else if (status === "online") known.status = status;
    }
    return people;
  };

  const pass = (feed: RoomFeed, type: string, action: string, data: object) =>
    feed.pass(encoder.encode(`${JSON.stringify({ type, action, data })}\n`));

  const tell = () => {
    timer = undefined;
    for (const [feed, { size }] of typists) {
      pass(feed, "typing", "count", { room_id: rooms.get(feed), count: size });
    }
    typists.clear();
    for (const [roomId, feed] of dirty) {
      const last = told.get(roomId);
      // who was only counted until now is named from the beginning
      const before = !last || last.size > NAMES_MOST ? new Map<string, There>() : last;
      const people = there(feed);
      if (feed.seats.size === 0) told.delete(roomId);
      else told.set(roomId, people);
      const changes = people.size > NAMES_MOST ? undefined : changesOf(before, people, now());
      if (changes?.length === 0) continue;
      const data = { room_id: roomId, online: people.size, ...(changes && { changes }) };
      pass(feed, "presence", "changed", data);
    }
    dirty.clear();
  };
  const changed = (roomId: string, feed: RoomFeed) => {
    dirty.set(roomId, feed);
    timer ??= setTimeout(tell, GATHER_MS);
  };

  return {
    /** Somebody took or left a seat. */
    seats(roomId: string, feed: RoomFeed): void {
      if (feed.seats.size > 0) rooms.set(feed, roomId);
      else {
        rooms.delete(feed);
        typists.delete(feed);
      }
      changed(roomId, feed);
    },
    /** A connection says how it is. */
    set(connection: Connection, status: Status): void {
      chosen.set(connection.id, status);
      for (const [feed, roomId] of rooms) {
        if (feed.seats.has(connection.id)) changed(roomId, feed);
      }
    },
    /** Whether so many are there that nobody is named. */
    isCrowd: ({ seats }: RoomFeed): boolean => seats.size > NAMES_MOST,
    /** Somebody types in a crowd: it is told how many do. */
    types(feed: RoomFeed, { id }: Person): void {
      typists.getOrInsertComputed(feed, () => new Set()).add(id);
      timer ??= setTimeout(tell, GATHER_MS);
    },
    gone(connection: Connection): void {
      chosen.delete(connection.id);
    },
    /** Who is there; no names where there are many, and their number as all were told it last. */
    online(feed: RoomFeed) {
      const last = told.get(rooms.get(feed) ?? "");
      // a crowd is not counted anew for each of those who come: it is told of all of them soon
      const people = last && last.size > NAMES_MOST ? last : there(feed);
      const names = people.size > NAMES_MOST ? [] : [...people].map(([id, { name, status }]) => ({
        user_id: id,
        user_name: name,
        status,
      }));
      return { count: people.size, names };
    },
    [Symbol.dispose](): void {
      clearTimeout(timer);
    },
  };
}
export type Presence = ReturnType<typeof presence>;

/** What differs, as clients are told of it. */
function changesOf(
  before: ReadonlyMap<string, There>,
  after: ReadonlyMap<string, There>,
  now: number,
) {
  const came = [...after].filter(([id, { status }]) => before.get(id)?.status !== status)
    .map(([id, { name, status }]) => ({ user_id: id, user_name: name, status: status as string }));
  const went = [...before].filter(([id]) => !after.has(id)).map(([id, { name }]) => ({
    user_id: id,
    user_name: name,
    status: "offline",
    last_seen: new Date(now).toISOString(),
  }));
  return [...came, ...went];
}
