/** `/ws/runtime`: an administrator follows what happens to actors and nodes (A19). */
import type { Context } from "hono";
import { Hono } from "hono";
import type { Topic } from "../../actors/runtime/topic.ts";
import { demand, may, type Role } from "../../domain/auth.ts";
import { ERRORS } from "../../domain/errors.ts";
import type { RuntimeEvent } from "../../domain/runtime.ts";
import type { AppEnv } from "../env.ts";
import { signedIn } from "../endpoint.ts";
import { admit, type Entrance } from "./admit.ts";

/** The key of the one feed that all nodes share. */
export const FEED = "all";
/** A reader that leaves so much unread is cut off, in bytes. */
const MOST_UNREAD = 1024 * 1024;
/** Rights are looked at again this often, for a session that ends is cut off within 5 s (S1), in ms. */
const LOOK_MS = 2_000;

export function runtimeSocket({ events, rolesOf, closing, ...entrance }: Entrance & {
  events: Topic<RuntimeEvent>;
  /** Those of a session as they are now, through no cache; none where it has ended. */
  rolesOf: (sessionId: string) => Promise<readonly Role[]>;
  closing: AbortSignal;
}) {
  const app = new Hono<AppEnv>();
  app.get("/ws/runtime", (c: Context<AppEnv>) => {
    demand(c.get("viewer"), "site:observe");
    const { sessionId } = signedIn(c);
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
      const look = async () => {
        if (may(await rolesOf(sessionId), "site:observe")) return;
        end(ERRORS.session_ended.close, "session_ended");
      };
      const timer = setInterval(() => {
        // the database is away: who comes again is asked anew who they are
        look().catch(() => end(ERRORS.internal.close, "internal"));
      }, LOOK_MS);
      closing.addEventListener("abort", leave);
      socket.addEventListener("close", () => {
        clearInterval(timer);
        closing.removeEventListener("abort", leave);
        feed.close();
      });
      if (closing.aborted) leave();
    });
    return response;
  });
  return app;
}
