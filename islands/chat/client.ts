/**
 * The client of the chat protocol: rooms followed without a hole, messages sent until they are
 * answered for, over a line that comes back by itself. It knows no page: the browser, tests and
 * benches pass their own socket, clock, chance and storage.
 *
 * @example
 * ```ts
 * const chat = chatClient({ address: () => "ws://127.0.0.1:8000/ws", on: console.log });
 * chat.join(roomId);
 * chat.send(roomId, { content: "Hello" });
 * ```
 */
import { type ErrorCode, ERRORS } from "../../domain/errors.ts";
import { type ChangeOf, type ChatEvent, Refused } from "./events.ts";
import { type Clock, isError, type LineState, openLine, type Socket } from "./line.ts";
import { LogCursor, type Taken } from "./log.ts";
import { type Draft, Outbox, type OutboxStorage, type Waiting } from "./outbox.ts";
import { passing } from "./passing.ts";
import { peopleHere } from "./people_here.ts";
import { sending } from "./sending.ts";
import type { Frame, WireEntry, WireJoined, WirePerson, WireRoom } from "./wire.ts";

export interface ChatClientOptions {
  /** Where to, asked before each try: programs put a fresh pass behind it. */
  readonly address: () => string | Promise<string>;
  readonly on: (event: ChatEvent) => void;
  readonly connect?: (address: string, protocols: string[]) => Socket;
  readonly clock?: Clock;
  /** 0 to 1 */
  readonly random?: () => number;
  /** UUIDs */
  readonly newId?: () => string;
  /** Null: what waits is lost with this client. */
  readonly storage?: OutboxStorage | null;
}

/** Timers of the platform. */
const platformClock: Clock = {
  now: Date.now,
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

interface Followed {
  readonly cursor: LogCursor;
  /** `room.join` was sent and not answered. */
  isJoining: boolean;
  /** It was answered on this socket. */
  isLive: boolean;
  failures: number;
}

export type ChatClient = ReturnType<typeof chatClient>;

export function chatClient({
  address,
  on,
  connect = (to, protocols) => new WebSocket(to, protocols),
  clock = platformClock,
  random = Math.random,
  newId = () => crypto.randomUUID(),
  storage = null,
}: ChatClientOptions) {
  const outbox = new Outbox(storage);
  const rooms = new Map<string, Followed>();
  const here = peopleHere(on);

  const line = openLine({
    address,
    connect,
    clock,
    random,
    onFrame: (frame) => frame.type === "message" ? message(frame) : told(frame),
    onState(state: LineState) {
      if (state.kind === "waiting" || state.kind === "ended") interrupted();
      on({ kind: "line", state });
      if (state.kind !== "open") return;
      for (const [roomId, room] of rooms) joinNow(roomId, room);
      for (const roomId of outbox.rooms()) sendNext(roomId);
    },
  });
  const isLive = (roomId: string): boolean => rooms.get(roomId)?.isLive === true;
  const signs = passing({ line, isLive, now: clock.now });
  const seqOf = (roomId: string) => rooms.get(roomId)?.cursor.since?.seq ?? null;
  const { mark, sendNext, answered } = sending({ outbox, line, seqOf, now: clock.now, on });
  const interrupted = () => {
    for (const room of rooms.values()) room.isJoining = room.isLive = false;
    signs.interrupted();
    outbox.interrupted();
    for (const roomId of outbox.rooms()) on({ kind: "outbox", roomId });
  };

  const joinNow = (roomId: string, room: Followed) => {
    if (!line.isOpen() || room.isJoining) return;
    room.isJoining = true;
    const { since } = room.cursor;
    const data = { room_id: roomId, ...(since && { since }) };
    line.ask({ type: "room", action: "join", data }, (said) => {
      room.isJoining = false;
      if (!said || rooms.get(roomId) !== room) return;
      if (!isError(said)) return joined(roomId, room, said.data as WireJoined);
      if (ERRORS[said.code].retry === "no") {
        rooms.delete(roomId);
        return on({ kind: "refused", roomId, code: said.code });
      }
      line.later(said.retry_after_ms ?? line.backOff(room.failures++), () => {
        if (rooms.get(roomId) === room) joinNow(roomId, room);
      });
    });
  };
  const joined = (roomId: string, room: Followed, data: WireJoined) => {
    room.failures = 0;
    room.isLive = true;
    on({ kind: "room", roomId, room: data });
    take(roomId, room.cursor.joined(data));
    here.joined(roomId, data.online_count, data.online);
    signs.joined(roomId);
    if (room.cursor.isBehind) joinNow(roomId, room);
  };
  const take = (roomId: string, taken: Taken) => {
    if (taken.kind === "nothing") return;
    // first the log, so that a message is never in neither place
    on({ ...taken, roomId });
    const known = taken.entries.map(({ client_id = "" }) => outbox.remove(client_id));
    if (!known.includes(true)) return;
    on({ kind: "outbox", roomId });
    sendNext(roomId);
  };

  const message = (frame: Frame) => {
    const { room_id: roomId, duplicate, unchanged, ...rest } = frame.data as
      & Omit<WireEntry, "type" | "action">
      & { room_id: string; duplicate?: boolean; unchanged?: boolean };
    const room = rooms.get(roomId);
    const action = frame.action as WireEntry["action"];
    // a duplicate stands outside of the order
    if (room && !unchanged && !duplicate) {
      take(roomId, room.cursor.arrived({ ...rest, type: "message", action }));
      if (room.cursor.isBehind) joinNow(roomId, room);
    }
    if (frame.request_id === undefined || action !== "received") return;
    answered(roomId, rest.client_id ?? "", rest.seq);
    // that there is such an entry is news where it was not seen
    if (room && duplicate && rest.seq > (room.cursor.since?.seq ?? 0)) joinNow(roomId, room);
  };
  const told = (frame: Frame) => {
    const data = frame.data as Record<string, unknown>;
    const roomId = String(data?.room_id ?? "");
    switch (`${frame.type}.${frame.action ?? ""}`) {
      case "room.changed": {
        const room = rooms.get(roomId);
        if (!room) return;
        on({ kind: "room", roomId, room: frame.data as WireRoom });
        if (room.cursor.since && room.cursor.since.gen !== data.gen) joinNow(roomId, room);
        return;
      }
      case "room.removed":
        if (!rooms.delete(roomId)) return;
        return on({ kind: "refused", roomId, code: data.code as ErrorCode });
      case "session.degraded":
      case "session.restored":
        return on({ kind: "degraded", isDegraded: frame.action === "degraded" });
      case "presence.changed": {
        const changes = data.changes as WirePerson[] | undefined;
        return here.changed(roomId, Number(data.online), changes);
      }
      case "typing.start":
      case "typing.stop": {
        const [userId, name] = [String(data.user_id), String(data.user_name)];
        return on({ kind: "typing", roomId, userId, name, isTyping: frame.action === "start" });
      }
      case "receipt.read":
        return on({ kind: "receipt", roomId, userId: String(data.user_id), seq: Number(data.seq) });
    }
  };

  void line.open();
  return {
    get state(): LineState {
      return line.state;
    },
    /** ms to add to this machine's clock for the server's. */
    get clockOffsetMs(): number {
      return line.clockOffsetMs;
    },

    /** Follows a room until `leave`, over every new line. `since`: after what is known already. */
    join(roomId: string, since: { gen: number; seq: number } | null = null): void {
      // a second page of it has not heard who is there
      if (rooms.has(roomId)) return here.again(roomId);
      const cursor = new LogCursor(since);
      const room = { cursor, isJoining: false, isLive: false, failures: 0 };
      rooms.set(roomId, room);
      joinNow(roomId, room);
    },
    leave(roomId: string): void {
      if (!rooms.delete(roomId)) return;
      signs.left(roomId);
      here.left(roomId);
      line.say({ type: "room", action: "leave", data: { room_id: roomId } });
    },
    /** Where one is in a room's log; null before it was read. */
    at: (roomId: string) => rooms.get(roomId)?.cursor.since ?? null,
    /** Whether the room is followed on the line that is open now. */
    isLive,

    /** Takes a message; answers its `client_id`, or null when too many wait already. */
    send(roomId: string, draft: Draft): string | null {
      const clientId = newId();
      const standing = { kind: "waiting" } as const;
      const taken = outbox.add({ ...draft, clientId, roomId, writtenAt: clock.now(), standing });
      if (!taken) return null;
      on({ kind: "outbox", roomId });
      sendNext(roomId);
      return clientId;
    },
    /** Sends one that failed again, under the same name. */
    retry(clientId: string): void {
      const one = outbox.get(clientId);
      if (one?.standing.kind !== "failed") return;
      mark(clientId, { kind: "waiting" });
      sendNext(one.roomId);
    },
    /** Gives one up that failed, or that was not sent yet. */
    discard(clientId: string): void {
      const one = outbox.get(clientId);
      if (one && outbox.remove(clientId)) on({ kind: "outbox", roomId: one.roomId });
    },
    /** One's own messages of a room that are not in the log yet, the oldest first. */
    waiting: (roomId: string): Waiting[] => outbox.of(roomId),

    /**
     * Changes a message; resolves when it is in the log, or was so already.
     *
     * @throws {Refused} with the server's code; `unavailable` when the line is not there
     */
    change(roomId: string, { action, messageId, ...more }: ChangeOf): Promise<void> {
      const noLine = () => new Refused("unavailable", "There is no line to the server");
      if (!line.isOpen()) return Promise.reject(noLine());
      const data = { room_id: roomId, message_id: messageId, ...more };
      return new Promise((resolve, reject) => {
        line.ask({ type: "message", action, data }, (said) => {
          if (!said) reject(noLine());
          else if (isError(said)) reject(new Refused(said.code, said.message));
          else resolve();
        });
      });
    },
    /** Says that one types, not too often; or that one has stopped. */
    typing: signs.typing,
    /** Says how far one has read, as soon as it can be heard. */
    read: signs.read,
    /** Says whether one is there. */
    present(status: "online" | "away"): void {
      line.say({ type: "presence", action: "set", data: { status } });
    },
    /** The network is back, or somebody looks: no reason to wait. */
    wake: line.wake,
    /** Ends the line and follows nothing any more; what waits stays in the storage. */
    close(): void {
      rooms.clear();
      line.close();
    },
  };
}
