/** `/api/v1/live`: live streams, as their hosts make and end them and as others find them (L1–L9). */
import { z } from "zod";
import { Id } from "../domain/ids.ts";
import {
  LIVE_STATUSES,
  LivePatch,
  LiveStats,
  LiveStatus,
  LiveView,
  NewLive,
} from "../domain/live.ts";
import { encodeCursor, PageQuery, positionOf } from "../domain/pages.ts";
import { causeOf } from "./cause.ts";
import { body, endpoint, json, routes, signedIn } from "./endpoint.ts";
import type { LiveDesk } from "./live_desk.ts";

const one = { params: z.object({ id: Id }) };

const list = endpoint({
  method: "get",
  path: "/live",
  tags: ["live"],
  operationId: "listLive",
  summary: "Live streams, the newest first",
  description: "Public ones, and one's own. `status`: only these; `scheduled`: announced ones; " +
    "`invited`: those that one may take over.",
  permission: "live:listen",
  request: {
    query: PageQuery.extend({
      status: LiveStatus.optional(),
      host_id: Id.optional(),
      scheduled: z.enum(["true", "false"]).default("false"),
      invited: z.enum(["true", "false"]).default("false"),
    }),
  },
  responses: {
    200: json(
      z.object({ items: z.array(LiveView), nextCursor: z.string().nullable() }),
      "Streams",
    ),
  },
});

const create = endpoint({
  method: "post",
  path: "/live",
  tags: ["live"],
  operationId: "createLive",
  summary: "Make a live stream",
  description: "It is on air when its host connects, by a socket or with an encoder.",
  permission: "live:host",
  request: { body: body(NewLive) },
  responses: { 201: json(LiveView, "The stream") },
});

const get = endpoint({
  method: "get",
  path: "/live/{id}",
  tags: ["live"],
  operationId: "getLive",
  summary: "A live stream",
  description: "Its stream key is shown to its host alone.",
  permission: "live:listen",
  problems: [404],
  request: one,
  responses: { 200: json(LiveView, "The stream") },
});

const patch = endpoint({
  method: "patch",
  path: "/live/{id}",
  tags: ["live"],
  operationId: "updateLive",
  summary: "Change a stream, also while it is on air",
  description: "`coHostId` invites somebody to take over. `record` is settled when it begins.",
  permission: "live:host",
  problems: [404, 409],
  request: { ...one, body: body(LivePatch) },
  responses: { 200: json(LiveView, "The stream") },
});

const remove = endpoint({
  method: "delete",
  path: "/live/{id}",
  tags: ["live"],
  operationId: "deleteLive",
  summary: "End a stream, and take it away with its room",
  description: "The track that its recording became stays.",
  permission: "account:own", // also of who has given up the right to go live
  problems: [404],
  request: one,
  responses: { 204: { description: "It is gone" } },
});

const start = endpoint({
  method: "post",
  path: "/live/{id}/start",
  tags: ["live"],
  operationId: "startLive",
  summary: "Put a stream on air before its host connects",
  description: "Not needed: connecting does so too. Without a host it is idle again in a minute.",
  permission: "live:host",
  problems: [404, 409],
  request: one,
  responses: { 200: json(LiveView, "The stream") },
});

const stop = endpoint({
  method: "post",
  path: "/live/{id}/stop",
  tags: ["live"],
  operationId: "stopLive",
  summary: "End a stream at once, for good",
  description: "For its host, and for moderators.",
  permission: "account:own",
  problems: [404],
  request: one,
  responses: { 200: json(LiveView, "The stream") },
});

const keys = endpoint({
  method: "post",
  path: "/live/{id}/keys",
  tags: ["live"],
  operationId: "renewLiveKey",
  summary: "Make a new stream key",
  description: "The old one opens nothing any more; an encoder that came with it is cut off.",
  permission: "live:host",
  problems: [404],
  request: one,
  responses: { 200: json(LiveView, "The stream, with its new key") },
});

const stats = endpoint({
  method: "get",
  path: "/live/{id}/stats",
  tags: ["live"],
  operationId: "getLiveStats",
  summary: "How a stream goes",
  description: "For its hosts, and for moderators; two seconds old at most.",
  permission: "live:host",
  problems: [404],
  request: one,
  responses: { 200: json(LiveStats, "Numbers") },
});

const lowerHand = endpoint({
  method: "delete",
  path: "/live/{id}/hands/{userId}",
  tags: ["live"],
  operationId: "lowerLiveHand",
  summary: "Lower the hand that a listener has raised",
  description: "Raised hands are in the numbers of a stream, in their order.",
  permission: "live:host",
  problems: [404],
  request: { params: z.object({ id: Id, userId: Id }) },
  responses: { 204: { description: "It is down" } },
});

export function live(desk: LiveDesk) {
  const app = routes();

  app.openapi(list, async (c) => {
    const { limit, cursor, status, host_id, scheduled, invited } = c.req.valid("query");
    const { items, lastId } = await desk.list(
      c.get("viewer"),
      {
        statuses: status ? [status] : LIVE_STATUSES,
        hostId: host_id,
        invited: invited === "true",
        scheduled: scheduled === "true",
      },
      limit,
      positionOf(cursor),
    );
    return c.json({ items, nextCursor: lastId && encodeCursor(lastId) }, 200);
  });

  app.openapi(
    create,
    async (c) => c.json(await desk.create(signedIn(c), c.req.valid("json"), causeOf(c)), 201),
  );

  app.openapi(
    get,
    async (c) => c.json(await desk.get(c.get("viewer"), c.req.valid("param").id), 200),
  );

  app.openapi(patch, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(await desk.change(signedIn(c), id, c.req.valid("json")), 200);
  });

  app.openapi(remove, async (c) => {
    await desk.remove(signedIn(c), c.req.valid("param").id);
    return c.body(null, 204);
  });

  app.openapi(
    start,
    async (c) => c.json(await desk.start(signedIn(c), c.req.valid("param").id), 200),
  );

  app.openapi(
    stop,
    async (c) => c.json(await desk.stop(signedIn(c), c.req.valid("param").id, causeOf(c)), 200),
  );

  app.openapi(
    keys,
    async (c) => c.json(await desk.rekey(signedIn(c), c.req.valid("param").id), 200),
  );

  app.openapi(lowerHand, async (c) => {
    const { id, userId } = c.req.valid("param");
    await desk.lowerHand(signedIn(c), id, userId);
    return c.body(null, 204);
  });

  app.openapi(
    stats,
    async (c) => c.json(await desk.stats(signedIn(c), c.req.valid("param").id), 200),
  );

  return app;
}
