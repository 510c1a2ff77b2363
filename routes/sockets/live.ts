/** `/ws/live/{id}/publish` and `/ws/live/{id}/listen`: a stream's sockets (L3). */
import { type Context, Hono } from "hono";
import type { Topic } from "../../actors/runtime/topic.ts";
import { demand, type Permission, type Viewer } from "../../domain/auth.ts";
import { Rejection } from "../../domain/errors.ts";
import { isId } from "../../domain/ids.ts";
import { type LiveNews, recordingLine } from "../../domain/live_news.ts";
import { HAND_EVERY_MS } from "../../domain/live_hands.ts";
import { mayPublish } from "../../domain/live.ts";
import { causeOf } from "../cause.ts";
import type { AppEnv } from "../env.ts";
import type { LiveAccount, LiveDesk } from "../live_desk.ts";
import { limit, limitKey } from "../middleware/limits.ts";
import { demandSocket, type Entrance, upgrade } from "./admit.ts";
import { endedSessions } from "./ended_sessions.ts";
import type { LiveHub } from "./live_hub.ts";
import { type LiveLine, liveLine } from "./live_line.ts";
import type { LiveOutage } from "./live_outage.ts";
import { type PublishOptions, publishSession } from "./live_publish.ts";
import { pace } from "./pace.ts";

export interface LiveSocketOptions {
  readonly desk: LiveDesk;
  readonly hub: LiveHub;
  readonly outage: Pick<LiveOutage, "opened" | "gone">;
  readonly news: Topic<LiveNews>;
  readonly open: PublishOptions["open"];
  readonly chunks: PublishOptions["chunks"];
  readonly accountOf: (id: string) => Promise<LiveAccount | null>;
  /** Takes a pass; null when it does not count. */
  readonly takeTicket: (
    token: string,
  ) => Promise<{ readonly userId: string; readonly sessionId: string } | null>;
  /** Those of these sessions that live. */
  readonly living: (sessionIds: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly closing: AbortSignal;
  readonly entrance: Entrance;
  readonly onError: (error: unknown) => void;
}

/** Listeners that must come again do so spread over this, in ms; hosts at once. */
const SPREAD_MS = 2_000;
const TICKET = /^[A-Za-z0-9_-]{43}$/;
/** Somebody reacts to a stream once in so many ms. */
const REACT_EVERY_MS = 250;

export function liveSocket(options: LiveSocketOptions) {
  const { desk, hub, outage, news, open, chunks, closing, entrance, onError } = options;
  const hosts = new Set<LiveLine>();
  const listeners = new Set<LiveLine>();
  /** What listeners say, by stream and account. */
  const paces = { "live.react": pace(REACT_EVERY_MS), "live.hand": pace(HAND_EVERY_MS) };

  /** Who comes: by a pass, or by what the request brought. */
  const identify = async (c: Context<AppEnv>): Promise<Viewer> => {
    const token = c.req.query("token");
    if (token === undefined) return c.get("viewer");
    const ticket = TICKET.test(token) ? await options.takeTicket(token) : null;
    if (!ticket) {
      throw new Rejection("unauthenticated", "This token is unknown, used, or has ended");
    }
    const account = await options.accountOf(ticket.userId);
    if (!account) throw new Rejection("session_ended");
    const { id: userId, username, roles } = account;
    return { kind: "user", userId, username, roles, sessionId: ticket.sessionId, via: "token" };
  };

  const enter = async (c: Context<AppEnv>, permission: Permission) => {
    demandSocket(c, entrance);
    const viewer = await identify(c);
    if (viewer.kind === "user") await limit(c, "socket", `user ${viewer.userId}`);
    else await limit(c, "socketGuest", `address ${limitKey(c.get("address"))}`);
    demand(viewer, permission);
    const id = c.req.param("id") ?? "";
    if (!isId(id)) throw new Rejection("not_found", `There is no stream ${id}`);
    return { viewer, stream: await desk.row(viewer, id) };
  };

  const farewell = (lines: Iterable<LiveLine>, spreadMs: number) => {
    for (const line of [...lines]) {
      const after_ms = Math.floor(Math.random() * spreadMs);
      line.tell({ type: "session", action: "reconnect", data: { after_ms } });
      line.close("shutting_down");
    }
  };
  const leave = () => {
    farewell(hosts, 0);
    farewell(listeners, SPREAD_MS);
  };
  closing.addEventListener("abort", leave, { once: true });

  const watch = endedSessions({
    lines: () => [...hosts, ...listeners],
    living: options.living,
    end: (line) => line.close("session_ended"),
    onError,
  });

  const app = new Hono<AppEnv>();
  app.get("/ws/live/:id/publish", async (c) => {
    const { viewer, stream } = await enter(c, "live:host");
    if (viewer.kind === "guest" || !mayPublish(viewer, stream)) {
      throw new Rejection("forbidden", "Only the host of a stream sends to it");
    }
    const cause = causeOf(c);
    const { socket, response } = upgrade(c, entrance);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      const line: LiveLine = liveLine(socket, {
        sessionId: viewer.sessionId,
        names: ["live.begin", "live.stop"],
        onSaid: (frame) => session.said(frame),
        onBytes: (bytes) => session.bytes(bytes),
        onGone() {
          hosts.delete(line);
          outage.gone(line);
          heard.close();
          session.end().catch(onError);
        },
        onError,
      });
      const session = publishSession(line, {
        ...{ streamId: stream.id, viewer, cause, open, chunks, onError },
        stop: (id) => desk.stop(viewer, id, cause),
      });
      hosts.add(line);
      outage.opened(line, stream.id, 0);
      const heard = news.subscribe(stream.id, ({ event }) => {
        if (event.type === "recording") line.tell(recordingLine(event.state, event.trackId));
      });
      if (closing.aborted) leave();
    }, { once: true });
    return response;
  });

  app.get("/ws/live/:id/listen", async (c) => {
    const { viewer, stream: { id, roomId, coHostId } } = await enter(c, "live:listen");
    const isInvited = viewer.kind === "user" && viewer.userId === coHostId;
    const hears = c.req.query("sound") !== "no";
    const { socket, response } = upgrade(c, entrance);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      const line: LiveLine = liveLine(socket, {
        sessionId: viewer.kind === "user" ? viewer.sessionId : null,
        names: ["live.react", "live.hand"],
        onSaid(frame) {
          if (frame.name !== "live.react" && frame.name !== "live.hand") return;
          const { name } = frame;
          // it could be read, and so is no fault: to tap too often must not cost anybody the sound
          const refuse = (error: unknown) => line.fail(name, frame.request_id, error);
          if (viewer.kind === "guest") return refuse(new Rejection("unauthenticated"));
          const waitMs = paces[name].take(`${id} ${viewer.userId}`);
          if (waitMs > 0) {
            return refuse(new Rejection("rate_limited", undefined, { retryAfterMs: waitMs }));
          }
          const { userId } = viewer;
          const done = name === "live.react"
            ? hub.react(id, userId, frame.data.emoji)
            : hub.hand(id, line, userId, frame.data.raised);
          done.catch(refuse);
        },
        onBytes() {
          const error = new Rejection("bad_request", "Listeners send no audio");
          line.refuse("live.frame", undefined, error);
        },
        onGone() {
          listeners.delete(line);
          outage.gone(line);
          hub.leave(id, line);
        },
        onError,
      });
      listeners.add(line);
      outage.opened(line, id, SPREAD_MS);
      hub.join(id, viewer, line, { roomId, isInvited, hears }).catch((error) => {
        line.refuse("live.listen", undefined, error);
        line.close("unavailable"); // it comes again
      });
      if (closing.aborted) leave();
    }, { once: true });
    return response;
  });

  return {
    app,
    [Symbol.dispose](): void {
      watch[Symbol.dispose]();
      closing.removeEventListener("abort", leave);
    },
  };
}
