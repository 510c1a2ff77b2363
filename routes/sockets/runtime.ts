/** `/ws/runtime`: an administrator follows what happens to actors and nodes (A19). */
import type { Context } from "hono";
import { Hono } from "hono";
import type { Topic } from "../../actors/runtime/topic.ts";
import { demand } from "../../domain/auth.ts";
import { ERRORS } from "../../domain/errors.ts";
import type { RuntimeEvent } from "../../domain/runtime.ts";
import type { AppEnv } from "../env.ts";
import { admit, type Entrance } from "./admit.ts";

/** The key of the one feed that all nodes share. */
export const FEED = "all";
/** A reader that leaves so much unread is cut off, in bytes. */
const MOST_UNREAD = 1024 * 1024;
/** Rights are looked at again at the next connection, which is made after this, in ms. */
const CONNECTION_MS = 300_000;

export function runtimeSocket({ events, closing, ...entrance }: Entrance & {
  events: Topic<RuntimeEvent>;
  closing: AbortSignal;
}) {
  const app = new Hono<AppEnv>();
  app.get("/ws/runtime", (c: Context<AppEnv>) => {
    demand(c.get("viewer"), "site:observe");
    const { socket, response } = admit(c, entrance);
    socket.addEventListener("open", () => {
      const end = (code: number, reason: string) => {
        if (socket.readyState === WebSocket.OPEN) socket.close(code, reason);
      };
      const feed = events.subscribe(FEED, ({ bytes }) => {
        if (socket.readyState !== WebSocket.OPEN) return;
        if (socket.bufferedAmount > MOST_UNREAD) return end(ERRORS.busy.close, "too slow");
        socket.send(new TextDecoder().decode(bytes));
      });
      const leave = () => end(ERRORS.shutting_down.close, "shutting_down");
      const timer = setTimeout(() => end(1000, "reconnect"), CONNECTION_MS);
      closing.addEventListener("abort", leave);
      socket.addEventListener("close", () => {
        clearTimeout(timer);
        closing.removeEventListener("abort", leave);
        feed.close();
      });
      if (closing.aborted) leave();
    });
    return response;
  });
  return app;
}
