/** `/ws/notifications`: what comes for a person, and what was read elsewhere, as it happens (D12). */
import { Hono } from "hono";
import type { Topic } from "../../actors/runtime/topic.ts";
import { ERRORS, Rejection } from "../../domain/errors.ts";
import type { NotificationFrame } from "../../domain/notifications.ts";
import type { AppEnv } from "../env.ts";
import { admit, type Entrance } from "./admit.ts";

/** A reader that leaves so much unread is cut off, in bytes. */
const MOST_UNREAD = 64 * 1024;
/** So many frames wait for the look at the session. */
const MOST_WAITING = 200;
/** All that a client says here is `{"type":"ping"}`, in characters. */
const MOST_SAID = 1_000;

const isPing = (said: unknown): boolean => {
  try {
    return JSON.parse(String(said)).type === "ping";
  } catch {
    return false; // not JSON, or null
  }
};

export function notificationSocket({ frames, isAlive, closing, ...entrance }: Entrance & {
  frames: Topic<NotificationFrame>;
  /** Whether the session still counts; asked before something is told. */
  isAlive: (sessionId: string) => Promise<boolean>;
  closing: AbortSignal;
}) {
  const app = new Hono<AppEnv>();
  app.get("/ws/notifications", (c) => {
    const viewer = c.get("viewer");
    if (viewer.kind === "guest") throw new Rejection("unauthenticated");
    const { socket, response } = admit(c, entrance);
    socket.addEventListener("open", () => {
      const end = (code: "busy" | "shutting_down" | "session_ended" | "too_large" | "internal") => {
        if (socket.readyState === WebSocket.OPEN) socket.close(ERRORS[code].close, code);
      };
      const send = (text: string) => {
        if (socket.readyState !== WebSocket.OPEN) return;
        if (socket.bufferedAmount > MOST_UNREAD) return end("busy");
        socket.send(text);
      };
      const waiting: string[] = [];
      let telling = false;
      /** In order, and nothing to a session that has ended meanwhile (S1). */
      const tell = async () => {
        if (telling) return;
        telling = true;
        try {
          while (waiting.length > 0) {
            if (!await isAlive(viewer.sessionId)) return end("session_ended");
            waiting.splice(0).forEach(send);
          }
        } finally {
          telling = false;
        }
      };
      const feed = frames.subscribe(viewer.userId, ({ bytes }) => {
        if (waiting.push(new TextDecoder().decode(bytes)) > MOST_WAITING) return end("busy");
        // the database is away: the client comes again, and asks for what it missed
        tell().catch(() => end("internal"));
      });
      const leave = () => end("shutting_down");
      closing.addEventListener("abort", leave);
      socket.addEventListener("message", ({ data }) => {
        if (typeof data !== "string" || data.length > MOST_SAID) return end("too_large");
        send(isPing(data) ? '{"type":"pong"}' : SPEAKS_PING);
      });
      socket.addEventListener("close", () => {
        closing.removeEventListener("abort", leave);
        feed.close();
      });
      if (closing.aborted) leave();
      send('{"type":"session","action":"ready","data":{}}'); // from here on nothing is missed
    });
    return response;
  });
  return app;
}

const SPEAKS_PING = JSON.stringify({
  type: "error",
  data: { code: "bad_request", message: "All there is to say here is ping" },
});
