/** Rooms of a node, put together: their actors, the hub that follows them, and the socket (C1–C12). */
import { chatRoom } from "../actors/chat_room.ts";
import type { Bus } from "../actors/runtime/bus.ts";
import { systemClock } from "../actors/runtime/clock.ts";
import type { System } from "../actors/runtime/system.ts";
import { bytesTopic } from "../actors/runtime/topic.ts";
import type { Config } from "../config.ts";
import { chatStore } from "../db/chat.ts";
import type { Sql } from "../db/open.ts";
import { roomMessageStore } from "../db/room_messages.ts";
import { roomWordStore } from "../db/room_words.ts";
import { roomStore } from "../db/rooms.ts";
import { ticketStore } from "../db/tickets.ts";
import type { Person, Room } from "../domain/chat.ts";
import { paceOf } from "../domain/chat_posts.ts";
import { limitRules } from "../domain/limits.ts";
import { type RoomAccount, roomDesk } from "../routes/room_desk.ts";
import { chatSocket } from "../routes/sockets/chat.ts";
import { hub as hubOf } from "../routes/sockets/hub.ts";
import { outage as outageOf } from "../routes/sockets/outage.ts";
import { presence as presenceOf } from "../routes/sockets/presence.ts";
import { newId } from "../services/ids.ts";
import { roomIndexer } from "../services/room_indexer.ts";
import { hashSecret, newSecret } from "../services/secrets.ts";
import type { Vitals } from "../services/vitals.ts";
import type { Log } from "../services/log.ts";

/** An actor of this node says under which epoch it writes within this, in ms. */
const EPOCH_MS = 1_000;

export function chatOf(
  { config, sql, system, bus, nodeId, accountOf, living, closing, publicUrl, vitals, log }: {
    config: Config;
    sql: Sql;
    system: System;
    bus: Bus;
    /** Of this one among the others; null where there are none, and never will be. */
    nodeId: string | null;
    accountOf: (id: string) => Promise<RoomAccount | null>;
    living: (sessionIds: readonly string[]) => Promise<ReadonlySet<string>>;
    closing: AbortSignal;
    publicUrl: string;
    vitals: Vitals;
    log: Log;
  },
) {
  const owned = new AsyncDisposableStack();
  const rules = limitRules(config.rateLimits);
  const words = roomWordStore(sql);
  const indexer = owned.use(roomIndexer({
    words,
    onError: (error, roomId) => log.error("words of messages wait", { roomId, error }),
  }));
  const chat = chatStore(sql, indexer.nudge);
  const topic = bytesTopic(bus, "room");
  const rooms = system.host(chatRoom({
    rooms: chat,
    publish: (roomId, bytes) => topic.publish(roomId, bytes),
    newId,
    rest: (ms) => new Promise((done) => setTimeout(done, ms)),
    pace: rules && paceOf(rules.message),
  }));
  const tickets = ticketStore(sql);
  const takeTicket = async (token: string) => await tickets.take(await hashSecret(token));
  const desk = roomDesk({
    rooms,
    store: roomStore(sql),
    log: chat,
    messages: roomMessageStore(sql),
    words,
    tickets,
    secrets: { newSecret, hashSecret },
    accountOf,
    newId,
    publicUrl,
  });
  const presence = owned.use(presenceOf({
    clock: systemClock,
    others: nodeId === null ? null : {
      id: nodeId,
      publish: (roomId, bytes) => topic.publish(roomId, bytes),
      isReached: () => bus.connected,
    },
  }));
  owned.use(bus.onReconnect(presence.again));
  const hub = hubOf({
    topic,
    log: chat,
    enter: (roomId, person) => rooms.get(roomId).enter(person),
    onError: (error, roomId) => log.warn("a room could not be read", { roomId, error }),
    presence,
    clock: systemClock,
  });
  const outage = nodeId === null ? null : owned.use(outageOf({
    bus,
    hub,
    epochHere: (roomId) => rooms.get(roomId, { deadlineMs: EPOCH_MS }).epoch(),
    clock: systemClock,
    onError: (error) => log.warn("a node that is cut off could not look", { error }),
  }));
  const socket = owned.use(chatSocket({
    hub,
    presence,
    rooms,
    outage,
    personById: desk.personById,
    takeTicket,
    living,
    closing,
    entrance: { publicUrl, vitals },
    newId,
    onError: (error) => log.error("a socket's request failed", { error }),
  }));
  return {
    desk,
    hub,
    socket,
    takeTicket,
    /** What live streams ask of their rooms. */
    ofLive: {
      open: (roomId: string, to: Pick<Room, "hidden" | "coHostId">) => rooms.get(roomId).open(to),
      remove: (roomId: string, by: Person) => rooms.get(roomId).remove(by),
      personById: desk.personById,
      demandVoice: (roomId: string, person: Person) => rooms.get(roomId).demandVoice(person),
    },
    sweep: () => tickets.removeEnded(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
