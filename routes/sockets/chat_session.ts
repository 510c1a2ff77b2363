/** What one connection may say, and what follows: a frame in, a call to a room, an answer (C2–C11). */
import type { Ref } from "../../actors/runtime/actor.ts";
import type { chatRoom } from "../../actors/chat_room.ts";
import { type Change, ENTRY_ACTIONS, type Message, type Person } from "../../domain/chat.ts";
import { encodePublished } from "../../domain/chat_batch.ts";
import {
  CLIENT_FRAMES,
  type ClientFrame,
  duplicateAck,
  FAULTS_MOST,
  type FrameName,
  messageAck,
  ROOMS_MOST,
} from "../../domain/chat_frames.ts";
import { messageKey } from "../../domain/chat_posts.ts";
import { isRejection, Rejection } from "../../domain/errors.ts";
import { fieldErrors } from "../endpoint.ts";
import type { Connection } from "./connection.ts";
import type { Hub } from "./hub.ts";
import type { Presence } from "./presence.ts";

export type Rooms = { get(id: string): Ref<ReturnType<typeof chatRoom>["on"]> };

export interface SessionOptions {
  readonly connection: Connection;
  readonly hub: Hub;
  readonly presence: Presence;
  readonly rooms: Rooms;
  readonly newId: () => string;
  readonly now: () => number;
  /** Something failed here that should not have. */
  readonly onError: (error: unknown) => void;
}

/** Requests of one connection that may be under way. */
const MOST_UNDER_WAY = 2_000;
const MINUTE_MS = 60_000;
/** Who types is told of at most this often, and so are read marks, in ms. */
const PASSING_MS = 1_000;

/** Takes the lines of one connection, in order. */
export function chatSession(options: SessionOptions) {
  const { connection, hub, presence, rooms, newId, now, onError } = options;
  const joined = new Set<string>();
  const faults: number[] = [];
  /** When something passing was told last, by its kind and room. */
  const passed = new Map<string, number>();
  let underWay = 0;

  const fail = (name: string, requestId: string | undefined, error: unknown) => {
    if (!isRejection(error)) onError(error);
    const { code, message, retryAfterMs, errors } = isRejection(error)
      ? error
      : new Rejection("internal");
    const data = {
      code,
      message,
      ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }),
      ...(errors && { errors: errors.map(({ path, message }) => ({ path, message })) }),
    };
    connection.tell({ type: "error", action: name, data, request_id: requestId });
  };
  /** A frame that cannot be read: told, and counted (C11). */
  const fault = (name: string, requestId: string | undefined, why: Rejection) => {
    fail(name, requestId, why);
    faults.push(now());
    while (faults.length > 0 && faults[0]! < now() - MINUTE_MS) faults.shift();
    if (faults.length >= FAULTS_MOST) connection.end("bad_request");
  };

  const me = (): Person => {
    if (!connection.person) throw new Rejection("unauthenticated");
    return connection.person;
  };
  /** Whether something passing may be told again. */
  const isDue = (what: string): boolean => {
    if (now() - (passed.get(what) ?? -Infinity) < PASSING_MS) return false;
    passed.set(what, now());
    return true;
  };
  const pass = (roomId: string, type: string, action: string, data: object) => {
    const line = JSON.stringify({ type, action, data: { room_id: roomId, ...data } });
    hub.publish(roomId, encodePublished({ kind: "passing", except: me().id }, `${line}\n`));
  };
  const typing = (action: "start" | "stop", roomId: string) => {
    const person = me();
    const { id, name } = person;
    const place = hub.seat(roomId, connection);
    if (!place) throw new Rejection("not_joined");
    if (!place.seat.mayWrite || !isDue(`typing ${action} ${roomId}`)) return;
    if (presence.isCrowd(roomId, place.feed)) {
      return presence.types(roomId, person, action === "start");
    }
    pass(roomId, "typing", action, { user_id: id, user_name: name });
  };

  /** Tells who has read how far; in a crowd nobody looks at that. */
  const receipt = (action: "read" | "delivered", roomId: string, seq: number) => {
    const place = hub.seat(roomId, connection);
    if (!place || presence.isCrowd(roomId, place.feed) || !isDue(`${action} ${roomId}`)) return;
    pass(roomId, "receipt", action, { user_id: me().id, seq });
  };

  /** Changes a message; the ack is the sender's copy of what all are told. */
  const change = async (
    { request_id: requestId }: { request_id?: string | undefined },
    roomId: string,
    what: Change,
  ) => {
    const person = me();
    const nonce = newId();
    const key = messageKey(person.id, nonce);
    const place = hub.seat(roomId, connection);
    const ack = requestId === undefined
      ? null
      : place?.feed.acks.expect(key, place.seat, requestId);
    const { action, messageId } = what;
    const answer = (more: object) =>
      connection.tell({
        type: "message",
        action: ENTRY_ACTIONS[action],
        data: { room_id: roomId, message_id: messageId, ...more },
        request_id: requestId,
      });
    try {
      const seq = await rooms.get(roomId).change({ person, change: what, nonce });
      if (seq === null) {
        if (ack) place?.feed.acks.unexpect(key, ack);
        return answer({ unchanged: true });
      }
      const late = () => answer({ seq, duplicate: true });
      if (ack && place?.feed.acks.confirm(key, ack, seq, late)) return;
      if (!hub.seat(roomId, connection)) answer({ seq });
      else if (requestId !== undefined) late();
    } catch (error) {
      if (ack && place?.feed.acks.unexpect(key, ack) === false) return; // it was written, and told
      throw error;
    }
  };

  const send = async ({ data, request_id: requestId }: ClientFrame<"message.send">) => {
    const { room_id: roomId, client_id: clientId } = data;
    const sender = me();
    const words = {
      content: data.content,
      messageType: data.message_type,
      replyTo: data.reply_to,
      threadId: data.thread_id,
      metadata: data.metadata,
    };
    const key = messageKey(sender.id, clientId);
    const place = hub.seat(roomId, connection);
    const ack = requestId === undefined
      ? null
      : place?.feed.acks.expect(key, place.seat, requestId);
    try {
      const posted = await rooms.get(roomId).post({ sender, clientId, ...words });
      if (posted.duplicate) {
        if (ack && place?.feed.acks.unexpect(key, ack) === false) return; // it came by the log
        return connection.tell(duplicateAck(roomId, posted.duplicate, requestId));
      }
      const { seq, messageId, createdAt } = posted;
      const message: Message = {
        action: "received",
        seq,
        messageId,
        createdAt,
        senderId: sender.id,
        senderName: sender.name,
        clientId,
        ...words,
      };
      // who is in the room sees each `seq` once, in order: what comes beside it is a repetition
      const late = () => connection.tell(duplicateAck(roomId, message, requestId));
      if (ack && place?.feed.acks.confirm(key, ack, seq, late)) return;
      if (!hub.seat(roomId, connection)) connection.tell(messageAck(roomId, message, requestId));
      else if (requestId !== undefined) late();
    } catch (error) {
      if (ack && place?.feed.acks.unexpect(key, ack) === false) return; // it was written, and told
      throw error;
    }
  };

  const join = async ({ data, request_id }: ClientFrame<"room.join">) => {
    const { room_id: roomId, since } = data;
    if (joined.size >= ROOMS_MOST) {
      for (const id of joined) if (!hub.seat(id, connection)) joined.delete(id); // it was turned out
    }
    if (!joined.has(roomId) && joined.size >= ROOMS_MOST) throw new Rejection("too_many_rooms");
    joined.add(roomId);
    try {
      const { data, settle } = await hub.join(roomId, connection, since);
      const online = presence.online(roomId);
      connection.tell({
        type: "room",
        action: "joined",
        data: { ...data, online: online.names, online_count: online.count },
        request_id,
      });
      settle();
    } catch (error) {
      if (!hub.seat(roomId, connection)) joined.delete(roomId);
      throw error;
    }
  };

  const HANDLERS: { [Name in FrameName]: (frame: ClientFrame<Name>) => unknown } = {
    "room.join": join,
    "room.leave": ({ data: { room_id }, request_id }) => {
      joined.delete(room_id);
      hub.leave(room_id, connection);
      connection.tell({ type: "room", action: "left", data: { room_id }, request_id });
    },
    "message.send": send,
    "message.edit": (frame) => {
      const { room_id, message_id: messageId, content } = frame.data;
      return change(frame, room_id, { action: "edit", messageId, content });
    },
    "message.delete": (frame) => {
      const { room_id, message_id: messageId } = frame.data;
      return change(frame, room_id, { action: "delete", messageId });
    },
    "message.pin": (frame) => {
      const { room_id, message_id: messageId } = frame.data;
      return change(frame, room_id, { action: "pin", messageId });
    },
    "message.unpin": (frame) => {
      const { room_id, message_id: messageId } = frame.data;
      return change(frame, room_id, { action: "unpin", messageId });
    },
    "message.react": (frame) => {
      const { room_id, message_id: messageId, emoji } = frame.data;
      return change(frame, room_id, { action: "react", messageId, emoji });
    },
    "message.unreact": (frame) => {
      const { room_id, message_id: messageId, emoji } = frame.data;
      return change(frame, room_id, { action: "unreact", messageId, emoji });
    },
    "typing.start": ({ data }) => typing("start", data.room_id),
    "typing.stop": ({ data }) => typing("stop", data.room_id),
    "receipt.read": async ({ data: { room_id, seq } }) => {
      const { id } = me();
      if (!hub.seat(room_id, connection)) throw new Rejection("not_joined");
      await rooms.get(room_id).read({ userId: id, seq });
      receipt("read", room_id, seq);
    },
    "receipt.delivered": ({ data: { room_id, seq } }) => {
      me();
      if (!hub.seat(room_id, connection)) throw new Rejection("not_joined");
      receipt("delivered", room_id, seq);
    },
    "presence.set": ({ data: { status } }) => {
      me();
      presence.set(connection, status);
    },
    ping: ({ request_id }) =>
      connection.tell({
        type: "pong",
        data: { server_time_us: Math.round((performance.timeOrigin + performance.now()) * 1_000) },
        request_id,
      }),
  };

  const run = async <Name extends FrameName>(name: Name, frame: ClientFrame<Name>) => {
    underWay += 1;
    try {
      if (underWay > MOST_UNDER_WAY) throw new Rejection("busy");
      await HANDLERS[name](frame);
    } catch (error) {
      fail(name, frame.request_id, error);
    } finally {
      underWay -= 1;
    }
  };

  return {
    /** Takes one line. Calls to rooms begin in the order of the lines. */
    line(text: string): void {
      let given: unknown;
      try {
        given = JSON.parse(text);
      } catch {
        return fault("", undefined, new Rejection("bad_request", "This is not JSON"));
      }
      const { type, action, request_id } = (given ?? {}) as Record<string, unknown>;
      const requestId = typeof request_id === "string" ? request_id.slice(0, 64) : undefined;
      const name = [type, action].filter((one) => typeof one === "string").join(".");
      if (!Object.hasOwn(CLIENT_FRAMES, name)) {
        const shown = name.slice(0, 64);
        return fault(shown, requestId, new Rejection("bad_request", `There is no "${shown}" here`));
      }
      const parsed = CLIENT_FRAMES[name as FrameName].safeParse(given);
      if (!parsed.success) {
        const errors = fieldErrors(parsed.error);
        return fault(name, requestId, new Rejection("invalid", undefined, { errors }));
      }
      void run(name as FrameName, parsed.data as ClientFrame);
    },

    /** The connection is gone. */
    end(): void {
      for (const roomId of joined) hub.leave(roomId, connection);
      joined.clear();
      presence.gone(connection);
    },
  };
}
