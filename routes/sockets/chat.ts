/** `/ws`: rooms over one socket (C1). */
import { Hono } from "hono";
import type { Context } from "hono";
import type { Viewer } from "../../domain/auth.ts";
import type { Person } from "../../domain/chat.ts";
import { FRAME_MOST } from "../../domain/chat_frames.ts";
import { BYTES_PROTOCOL } from "../../domain/chat_wire.ts";
import { Rejection } from "../../domain/errors.ts";
import type { AppEnv } from "../env.ts";
import { limit, limitKey } from "../middleware/limits.ts";
import { demandSocket, type Entrance, HEARTBEAT_MS, upgrade } from "./admit.ts";
import { chatSession, type Rooms } from "./chat_session.ts";
import { type Connection, connectionOf } from "./connection.ts";
import { endedSessions } from "./ended_sessions.ts";
import type { Hub } from "./hub.ts";
import type { Outage } from "./outage.ts";
import type { Presence } from "./presence.ts";

export interface ChatSocketOptions {
  readonly hub: Hub;
  readonly presence: Presence;
  readonly rooms: Rooms;
  /** Null where there are no other nodes. */
  readonly outage: Outage | null;
  /** @throws {Rejection} `session_ended` when the account is gone */
  readonly personById: (id: string) => Promise<Person>;
  /** Takes a pass; null when it does not count. */
  readonly takeTicket: (
    token: string,
  ) => Promise<{ readonly userId: string; readonly sessionId: string } | null>;
  /** Those of these sessions that live. */
  readonly living: (sessionIds: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly closing: AbortSignal;
  readonly entrance: Entrance;
  readonly newId: () => string;
  readonly now?: () => number;
  readonly onError: (error: unknown) => void;
}

/** Clients that must come again do so spread over this, in ms. */
const SPREAD_MS = 2_000;
const TICKET = /^[A-Za-z0-9_-]{43}$/;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function chatSocket(options: ChatSocketOptions) {
  const { hub, presence, rooms, outage, closing, entrance, newId, now = Date.now, onError } =
    options;
  const connections = new Set<Connection>();

  const identify = async (token: string | undefined, viewer: Viewer) => {
    if (token === undefined) {
      return viewer.kind === "user"
        ? { person: await options.personById(viewer.userId), sessionId: viewer.sessionId }
        : { person: null, sessionId: null };
    }
    const ticket = TICKET.test(token) ? await options.takeTicket(token) : null;
    if (!ticket) {
      throw new Rejection("unauthenticated", "This token is unknown, used, or has ended");
    }
    return { person: await options.personById(ticket.userId), sessionId: ticket.sessionId };
  };

  const watch = endedSessions({
    lines: () => connections,
    living: options.living,
    end: (connection) => connection.end("session_ended"),
    onError,
  });

  const leave = () => {
    for (const connection of connections) {
      const after_ms = Math.floor(Math.random() * SPREAD_MS);
      connection.tell({ type: "session", action: "reconnect", data: { after_ms } });
      connection.end("shutting_down");
    }
  };
  closing.addEventListener("abort", leave, { once: true });

  const opened = (
    socket: WebSocket,
    inBytes: boolean,
    who: { person: Person | null; sessionId: string | null },
  ) => {
    let gone = false;
    const depart = () => {
      if (gone) return; // a socket's end may come twice, and after our own
      gone = true;
      connections.delete(connection);
      outage?.gone(connection);
      session.end();
    };
    const connection = connectionOf(socket, {
      ...{ id: newId(), inBytes, onEnd: depart, ...who },
      fanOut: entrance.vitals.fanOut,
    });
    const session = chatSession({ connection, hub, presence, rooms, newId, now, onError });
    connections.add(connection);
    socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (!connection.isOpen) return;
      const size = typeof data === "string" ? bytesOf(data) : data.byteLength;
      if (size > FRAME_MOST) return connection.end("too_large");
      const text = typeof data === "string" ? data : decoder.decode(data);
      for (const line of text.split("\n")) {
        if (line.trim() !== "" && connection.isOpen) session.line(line);
      }
    });
    socket.addEventListener("close", depart);
    connection.tell({
      type: "session",
      action: "ready",
      data: {
        session_id: connection.id,
        user_id: who.person?.id ?? null,
        server_time_us: Math.round((performance.timeOrigin + performance.now()) * 1_000),
        heartbeat_ms: HEARTBEAT_MS,
      },
    });
    outage?.opened(connection);
    if (closing.aborted) leave();
  };

  const app = new Hono<AppEnv>();
  app.get("/ws", async (c: Context<AppEnv>) => {
    demandSocket(c, entrance);
    const who = await identify(c.req.query("token"), c.get("viewer"));
    if (who.person) await limit(c, "socket", `user ${who.person.id}`);
    else await limit(c, "socketGuest", `address ${limitKey(c.get("address"))}`);
    const { socket, response, isSpoken } = upgrade(c, entrance, BYTES_PROTOCOL);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => opened(socket, isSpoken, who), { once: true });
    return response;
  });

  return {
    app,
    /** Open sockets of this node. */
    count: () => connections.size,
    [Symbol.dispose](): void {
      watch[Symbol.dispose]();
      closing.removeEventListener("abort", leave);
    },
  };
}

/** Bytes of a text as a frame; counted only where it may matter. */
const bytesOf = (text: string): number =>
  text.length * 3 <= FRAME_MOST ? text.length : encoder.encode(text).length;
