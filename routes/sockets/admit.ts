/** What every socket asks before it upgrades (C1); who may come in is the caller's own question. */
import type { Context } from "hono";
import { Rejection } from "../../domain/errors.ts";
import type { Vitals } from "../../services/vitals.ts";
import type { AppEnv } from "../env.ts";
import { isOurOrigin } from "../middleware/security.ts";

/** Deno pings after half of this, and cuts off who does not answer (C12: within 45 s), in ms. */
export const HEARTBEAT_MS = 40_000;

/** What the sockets of a node share. */
export interface Entrance {
  readonly publicUrl: string;
  /** Counts the open sockets. */
  readonly vitals: Pick<Vitals, "socket" | "fanOut">;
}

/** @throws {Rejection} `bad_request` where no socket is asked for, `bad_origin` for another site's page */
export function demandSocket(c: Context<AppEnv>, { publicUrl }: Entrance): void {
  if (c.req.header("Upgrade")?.toLowerCase() !== "websocket") {
    throw new Rejection("bad_request", "This address speaks WebSocket");
  }
  const origin = c.req.header("Origin");
  if (origin !== undefined && !isOurOrigin(origin, new URL(c.req.url).host, publicUrl)) {
    throw new Rejection("bad_origin", "Open this socket from a page of this site");
  }
}

/**
 * Upgrades the request, to `protocol` where it is offered; the answer goes out before it is open.
 * `isSpoken`: whether that is so, for a socket of Deno's server does not tell its protocol.
 */
export function upgrade(
  c: Context<AppEnv>,
  { vitals }: Entrance,
  protocol?: string,
): { socket: WebSocket; response: Response; isSpoken: boolean } {
  const offered = c.req.header("Sec-WebSocket-Protocol")?.split(",").map((one) => one.trim());
  const isSpoken = protocol !== undefined && offered?.includes(protocol) === true;
  const { socket, response } = Deno.upgradeWebSocket(c.req.raw, {
    idleTimeout: HEARTBEAT_MS / 1_000,
    ...(isSpoken && { protocol }),
  });
  socket.addEventListener("open", () => {
    const closed = vitals.socket(socket);
    socket.addEventListener("close", closed, { once: true });
  }, { once: true });
  return { socket, response, isSpoken };
}

/** Both at once, where who asks is known already. */
export function admit(c: Context<AppEnv>, entrance: Entrance) {
  demandSocket(c, entrance);
  return upgrade(c, entrance);
}
