/**
 * Who is in which room: each node tells the others of its own seats, and its sockets of all, in
 * steps: who came and went, or only how many (C10).
 */
import type { Clock } from "../../actors/runtime/clock.ts";
import { NAMES_MOST, type Person } from "../../domain/chat.ts";
import { encodePublished, type PeopleHead } from "../../domain/chat_batch.ts";
import type { Connection } from "./connection.ts";
import type { RoomFeed } from "./room_feed.ts";
import {
  changesOf,
  type People,
  seated,
  type Status,
  type There,
  together,
} from "./room_people.ts";

/** Changes are gathered this long, in ms. */
const GATHER_MS = 500;
/** What another node said is kept over so many turns in which it is not said again. */
const TURN_MS = 1_000;
const TURNS_KEPT = 7;
/** It is said again every so many turns: two may be lost. */
const TURNS_BETWEEN = 3;
/** Who types says so again before this, in ms. */
const TYPING_MS = 4_000;

/** The way to the other nodes. */
export interface Others {
  /** This node. */
  readonly id: string;
  publish(roomId: string, bytes: Uint8Array): void;
  /** Whether they are reached: what is not heard then proves nothing. */
  isReached(): boolean;
}

interface Heard {
  readonly version: number;
  readonly people: People;
  /** Turns since it was said. */
  age: number;
}

interface Room {
  feed: RoomFeed;
  /** In which of the turns it is said again: not all rooms at once. */
  readonly phase: number;
  /** What other nodes said, by their ids. */
  readonly others: Map<string, Heard>;
  /** Until when those who type here count. */
  readonly typists: Map<string, number>;
  /** What this node said last; with its version as all others know it. */
  said: { readonly words: string; readonly version: number; readonly people: People } | null;
  /** The others are to be asked what they have; and have asked. */
  asks: boolean;
  owes: boolean;
  /** What the sockets were told last. */
  told: People | null;
}

const NOBODY: People = { count: 0, named: new Map(), typing: 0 };
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface PresenceOptions {
  readonly clock: Pick<Clock, "now" | "timer">;
  /** Null where there are none. */
  readonly others: Others | null;
}

export function presence({ clock, others }: PresenceOptions) {
  const chosen = new Map<string, Status>(); // by connection; online unless it said so
  const rooms = new Map<string, Room>();
  const dirty = new Set<string>();
  let versions = 0;
  let opened = 0;
  let isClosed = false;
  let turn = 0;
  let cancelTelling: (() => void) | null = null;
  let cancelTurn = () => {};

  const here = ({ feed, typists }: Room): People => {
    const people: [string, There][] = [];
    for (const { connection } of feed.seats.values()) {
      if (!connection.person) continue;
      const { id, name } = connection.person;
      people.push([id, { name, status: chosen.get(connection.id) ?? "online" }]);
    }
    return seated(people, typists.size);
  };
  const everywhere = (room: Room, mine: People): People =>
    together([mine, ...[...room.others.values()].map(({ people }) => people)]);

  const changed = (roomId: string) => {
    if (isClosed) return;
    dirty.add(roomId);
    cancelTelling ??= clock.timer(GATHER_MS, tell);
  };
  const pass = (feed: RoomFeed, type: string, action: string, data: object) =>
    feed.pass(encoder.encode(`${JSON.stringify({ type, action, data })}\n`));

  /** Says it to the other nodes, when it is new to them or they asked. */
  const say = (roomId: string, room: Room, people: People, isDue = false) => {
    if (!others) return;
    const names = people.named ? JSON.stringify([...people.named]) : "";
    const words = `${people.count} ${people.typing} ${names}`;
    const isNew = room.said?.words !== words;
    if (!isNew && !room.asks && !room.owes && !isDue) return;
    if (isNew) room.said = { words, version: ++versions, people };
    const head: PeopleHead = {
      kind: "people",
      node: others.id,
      version: room.said?.version ?? 0,
      count: people.count,
      typing: people.typing,
      asks: room.asks,
    };
    others.publish(roomId, encodePublished(head, names));
    room.asks = room.owes = false;
  };

  const tell = () => {
    cancelTelling = null;
    for (const roomId of dirty) {
      const room = rooms.get(roomId);
      if (!room) continue;
      const mine = here(room);
      const people = everywhere(room, mine);
      say(roomId, room, people.count > NAMES_MOST ? { ...mine, named: null } : mine);
      if (room.feed.seats.size === 0) {
        rooms.delete(roomId);
        continue;
      }
      const last = room.told;
      room.told = people;
      if (people.named) {
        // who was only counted until now is named from the beginning
        const changes = changesOf(last?.named ?? new Map(), people.named, clock.now());
        if (changes.length === 0) continue;
        pass(room.feed, "presence", "changed", { room_id: roomId, online: people.count, changes });
        continue;
      }
      if (!last || last.named || last.count !== people.count) {
        pass(room.feed, "presence", "changed", { room_id: roomId, online: people.count });
      }
      if (people.typing !== (last?.typing ?? 0)) {
        pass(room.feed, "typing", "count", { room_id: roomId, count: people.typing });
      }
    }
    dirty.clear();
  };

  /** Forgets what was not said again, and says again what is so. */
  const look = () => {
    cancelTurn = clock.timer(TURN_MS, look);
    turn += 1;
    for (const [roomId, room] of rooms) {
      for (const [id, until] of room.typists) {
        if (until > clock.now()) continue;
        room.typists.delete(id);
        changed(roomId);
      }
      // turns are counted, and not time: what is said while this process stands still waits unread
      for (const [node, heard] of others?.isReached() ? room.others : []) {
        heard.age += 1;
        if (heard.age <= TURNS_KEPT) continue;
        room.others.delete(node);
        changed(roomId);
      }
      const isDue = (turn + room.phase) % TURNS_BETWEEN === 0;
      if (isDue && room.said && room.said.people.count > 0) {
        say(roomId, room, room.said.people, true);
      }
    }
  };
  cancelTurn = clock.timer(TURN_MS, look);

  return {
    /** Somebody took or left a seat. */
    seats(roomId: string, feed: RoomFeed): void {
      const room = rooms.getOrInsertComputed(roomId, () => ({
        feed,
        phase: opened++,
        others: new Map(),
        typists: new Map(),
        said: null,
        asks: true,
        owes: false,
        told: null,
      }));
      if (room.feed !== feed) { // all had left, and somebody is there again
        room.feed = feed;
        room.others.clear(); // it was not listened to meanwhile
        room.asks = true;
      }
      changed(roomId);
    },
    /** Another node says who sits there. */
    heard(roomId: string, head: PeopleHead, body: Uint8Array): void {
      const room = rooms.get(roomId);
      if (!room || head.node === others?.id) return;
      if (head.asks) {
        room.owes = true;
        changed(roomId);
      }
      const known = room.others.get(head.node);
      if (known?.version === head.version) {
        known.age = 0;
        return;
      }
      const { version, count, typing } = head;
      if (count === 0) room.others.delete(head.node);
      else {
        const named = body.length === 0
          ? null
          : new Map(JSON.parse(decoder.decode(body)) as [string, There][]);
        room.others.set(head.node, { version, people: { count, named, typing }, age: 0 });
      }
      changed(roomId);
    },
    /** The others are reached again: they and this node say anew who is where. */
    again(): void {
      for (const [roomId, room] of rooms) {
        room.asks = true;
        changed(roomId);
      }
    },
    /** A connection says how it is. */
    set(connection: Connection, status: Status): void {
      chosen.set(connection.id, status);
      for (const [roomId, { feed }] of rooms) if (feed.seats.has(connection.id)) changed(roomId);
    },
    /** Whether so many are there that nobody is named. */
    isCrowd: (roomId: string, { seats }: RoomFeed): boolean =>
      seats.size > NAMES_MOST || rooms.get(roomId)?.told?.named === null,
    /** Somebody types in a crowd, or has stopped: it is told how many do. */
    types(roomId: string, { id }: Person, isTyping: boolean): void {
      const room = rooms.get(roomId);
      if (!room) return;
      if (isTyping) room.typists.set(id, clock.now() + TYPING_MS);
      else if (!room.typists.delete(id)) return;
      changed(roomId);
    },
    gone(connection: Connection): void {
      chosen.delete(connection.id);
    },
    /** Who is there; no names where there are many, and their number as all were told it last. */
    online(roomId: string) {
      const room = rooms.get(roomId);
      if (!room) return { count: 0, names: [] };
      // a crowd is not counted anew for each of those who come: it is told of all of them soon
      const { count, named } = room.told?.named === null ? room.told : everywhere(room, here(room));
      const names = [...named ?? []].map(([id, { name, status }]) => ({
        user_id: id,
        user_name: name,
        status,
      }));
      return { count, names };
    },
    [Symbol.dispose](): void {
      isClosed = true;
      cancelTelling?.();
      cancelTurn();
      for (const [roomId, room] of rooms) if (room.said) say(roomId, room, NOBODY);
    },
  };
}
export type Presence = ReturnType<typeof presence>;
