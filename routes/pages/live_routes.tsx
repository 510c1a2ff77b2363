/** The addresses of live streams: the list, one stream, and the studio. */
import { type Context, Hono } from "hono";
import { may, rolesOf } from "../../domain/auth.ts";
import { isRejection, Rejection } from "../../domain/errors.ts";
import { isId } from "../../domain/ids.ts";
import { isHost, type LiveStats, type LiveView, mayPublish } from "../../domain/live.ts";
import type { Threads } from "../../islands/live/capture.ts";
import type { AppEnv } from "../env.ts";
import { allowMicrophone } from "../middleware/security.ts";
import { type View, viewOf } from "./context.ts";
import { liveListPage, livePage } from "./live.tsx";
import { meOf, roomStart } from "./room_start.ts";
import type { Site } from "./site.ts";
import { streamsOf } from "./streams.ts";
import { studioPage } from "./studio.tsx";
import { answer } from "./view.tsx";

/** Streams of a page, and entries of a chat. */
const STREAMS = 50;
/** One's own, in the studio. */
const OWN = 20;
const ENTRIES = 80;

/** The scripts that run on threads of their own, by their hashed names. */
function threadsOf(site: Site): Threads {
  const assets = site.assets();
  const url = (name: string) => assets[`islands/live/${name}.ts`]?.url ?? "";
  return {
    capture: url("capture_worklet"),
    publish: url("publish_worker"),
    playout: url("playout_worklet"),
    listen: url("listen_worker"),
  };
}

/** The stream that the studio is asked for: one that who looks may send to. */
async function mine({ site, viewer }: View, id: string, known: readonly LiveView[]) {
  const there = known.find((one) => one.id === id);
  if (there) return there;
  const found = isId(id) ? await site.live.get(viewer, id) : null;
  if (!found || !mayPublish(viewer, found)) {
    throw new Rejection("not_found", "There is no such stream of yours");
  }
  return found;
}

/** How a stream goes that is on air; null for another, and while its actor moves. */
async function statsOf({ site, viewer }: View, stream: LiveView | null): Promise<LiveStats | null> {
  if (viewer.kind !== "user") return null;
  if (stream?.status !== "live" && stream?.status !== "reconnecting") return null;
  try {
    return await site.live.stats(viewer, stream.id);
  } catch (error) {
    if (isRejection(error)) return null;
    throw error;
  }
}

/** The chat of a stream, as its room is for who looks. */
async function chatOf(view: View, roomId: string) {
  const { rooms } = view.site;
  const now = await rooms.enter(view.viewer, roomId);
  const entries = await rooms.log.before(roomId, now.room.lastSeq + 1, ENTRIES);
  return await roomStart(view, { me: await meOf(view), now, entries, at: null });
}

export function liveRoutes(site: Site): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get("/live", async (c) => {
    const view = viewOf(site, c);
    const streams = await streamsOf(view, {}, STREAMS);
    const mayHost = may(rolesOf(view.viewer), "live:host");
    return answer(c, view, liveListPage(view, { ...streams, mayHost }));
  });

  app.get("/live/:id", async (c: Context<AppEnv>) => {
    const view = viewOf(site, c);
    const id = c.req.param("id") ?? "";
    if (!isId(id)) throw new Rejection("not_found", "There is no such stream");
    const stream = await site.live.get(view.viewer, id);
    return answer(
      c,
      view,
      livePage(view, {
        stream,
        room: await chatOf(view, stream.roomId),
        threads: threadsOf(site),
        isMine: isHost(view.viewer, stream),
        now: view.now,
      }),
    );
  });

  app.get("/studio", async (c) => {
    const view = viewOf(site, c);
    const { viewer } = view;
    allowMicrophone(c);
    if (viewer.kind === "guest") return answer(c, view, studioPage(view, null));
    const own = { hostId: viewer.userId };
    const open = ["live", "reconnecting", "idle"] as const;
    const [onAir, prepared, invitations] = await Promise.all([
      site.live.list(viewer, { ...own, statuses: ["live", "reconnecting"] }, OWN, null),
      site.live.list(viewer, { ...own, statuses: ["idle"] }, OWN, null),
      site.live.list(viewer, { statuses: open, invited: true }, OWN, null),
    ]);
    const others = [...onAir.items, ...prepared.items];
    // what is asked for, else what is on air; one that is prepared for later is not begun by accident
    const asked = c.req.query("stream");
    const stream = asked === undefined
      ? onAir.items[0] ?? null
      : await mine(view, asked, [...others, ...invitations.items]);
    const me = await meOf(view);
    if (!me) throw new Rejection("unauthenticated");
    return answer(
      c,
      view,
      studioPage(view, {
        me,
        mayHost: may(viewer.roles, "live:host"),
        stream,
        stats: await statsOf(view, stream),
        others,
        invitations: invitations.items,
        room: stream && await chatOf(view, stream.roomId),
        threads: threadsOf(site),
        now: view.now,
      }),
    );
  });

  return app;
}
