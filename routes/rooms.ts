/** `/api/v1/rooms`: rooms, their history, and the pass for the socket (C1, C7, C8). */
import { z } from "zod";
import { NewRoom, RoomPatch } from "../domain/chat.ts";
import { Rejection } from "../domain/errors.ts";
import { Id } from "../domain/ids.ts";
import { encodeCursor, PageQuery, positionOf } from "../domain/pages.ts";
import { EntryNow } from "../domain/room_messages.ts";
import {
  FoundMessage,
  HistoryQuery,
  MyRoomView,
  RoomSearchQuery,
  RoomView,
} from "../domain/rooms.ts";
import { causeOf } from "./cause.ts";
import { body, endpoint, json, routes, signedIn } from "./endpoint.ts";
import type { RoomDesk } from "./room_desk.ts";

const one = { params: z.object({ id: Id }) };
/** A pass lives so long, in seconds (C1). */
const TICKET_SECONDS = 30;

const token = endpoint({
  method: "post",
  path: "/chat/token",
  tags: ["rooms"],
  operationId: "createChatToken",
  summary: "A pass to open the socket once",
  description: "For `/ws?token=`, on any node, within 30 seconds.",
  permission: "account:own",
  responses: {
    200: json(z.object({ token: z.string(), expiresIn: z.number().int() }), "The pass"),
  },
});

const list = endpoint({
  method: "get",
  path: "/rooms",
  tags: ["rooms"],
  operationId: "listRooms",
  summary: "Public rooms, those that were spoken in last first",
  description: "`q`: letters of their name or topic.",
  permission: "rooms:read",
  request: { query: PageQuery.extend({ q: z.string().trim().max(80).default("") }) },
  responses: {
    200: json(
      z.object({ items: z.array(RoomView), nextCursor: z.string().nullable() }),
      "Rooms",
    ),
  },
});

const mine = endpoint({
  method: "get",
  path: "/users/me/rooms",
  tags: ["rooms"],
  operationId: "listMyRooms",
  summary: "The rooms that one is in, with what is unread",
  description: "At most 500, those that were spoken in last first.",
  permission: "account:own",
  responses: { 200: json(z.object({ items: z.array(MyRoomView) }), "Rooms") },
});

const create = endpoint({
  method: "post",
  path: "/rooms",
  tags: ["rooms"],
  operationId: "createRoom",
  summary: "Make a room",
  description: "A direct room of the same people is the same room, and is answered with 200.",
  permission: "rooms:create",
  problems: [404],
  request: { body: body(NewRoom) },
  responses: { 201: json(RoomView, "The room"), 200: json(RoomView, "It was there") },
});

const get = endpoint({
  method: "get",
  path: "/rooms/{id}",
  tags: ["rooms"],
  operationId: "getRoom",
  summary: "A room",
  description: "Guests see public rooms; one that may not be seen is not found.",
  permission: "rooms:read",
  problems: [404],
  request: one,
  responses: { 200: json(RoomView, "The room") },
});

const patch = endpoint({
  method: "patch",
  path: "/rooms/{id}",
  tags: ["rooms"],
  operationId: "updateRoom",
  summary: "Change a room's name, topic, slow mode or blocked words",
  description: "For its moderators.",
  permission: "rooms:post",
  problems: [403, 404],
  request: { ...one, body: body(RoomPatch) },
  responses: { 200: json(RoomView, "The room") },
});

const remove = endpoint({
  method: "delete",
  path: "/rooms/{id}",
  tags: ["rooms"],
  operationId: "deleteRoom",
  summary: "End a room for all",
  description: "For its owner, and for moderators of the site. That of a stream goes with it.",
  permission: "rooms:post",
  problems: [403, 404, 409],
  request: one,
  responses: { 204: { description: "It is gone" } },
});

const messages = endpoint({
  method: "get",
  path: "/rooms/{id}/messages",
  tags: ["rooms"],
  operationId: "listRoomMessages",
  summary: "Part of a room's log",
  description: "Always ascending. Without a place, the newest. Past the end there are no items.",
  permission: "rooms:read",
  problems: [403, 404],
  request: { ...one, query: HistoryQuery },
  responses: {
    200: json(
      z.object({
        items: z.array(EntryNow),
        /** Always null: `before_seq` and `after_seq` go on from here. */
        nextCursor: z.null(),
        gen: z.number().int(),
        lastSeq: z.number().int(),
      }),
      "Entries",
    ),
  },
});

const search = endpoint({
  method: "get",
  path: "/rooms/{id}/search",
  tags: ["rooms"],
  operationId: "searchRoom",
  summary: "Find messages of a room",
  description: 'As a search engine reads words: `"exactly this"`, `-not`, `or`.',
  permission: "rooms:read",
  problems: [403, 404],
  request: { ...one, query: RoomSearchQuery },
  responses: { 200: json(z.object({ items: z.array(FoundMessage) }), "Messages, newest first") },
});

export function rooms(desk: RoomDesk) {
  const app = routes();
  const { store, log } = desk;

  app.openapi(token, async (c) => {
    const { userId, sessionId } = signedIn(c);
    const made = await desk.ticket({ userId, sessionId }, TICKET_SECONDS);
    return c.json({ token: made, expiresIn: TICKET_SECONDS }, 200);
  });

  app.openapi(list, async (c) => {
    const { limit, cursor, q } = c.req.valid("query");
    const rows = await store.publicRooms(limit + 1, positionOf(cursor), q);
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return c.json({
      items: items.map(desk.view),
      nextCursor: rows.length > limit && last ? encodeCursor(last.id) : null,
    }, 200);
  });

  app.openapi(
    mine,
    async (c) => c.json({ items: (await store.mine(signedIn(c).userId)).map(desk.myView) }, 200),
  );

  app.openapi(create, async (c) => {
    const { userId } = signedIn(c);
    const { room, isNew } = await desk.create(userId, c.req.valid("json"), causeOf(c));
    return isNew ? c.json(desk.view(room), 201) : c.json(desk.view(room), 200);
  });

  app.openapi(get, async (c) => {
    const { id } = c.req.valid("param");
    await desk.enter(c.get("viewer"), id);
    return c.json(desk.view(await desk.row(id)), 200);
  });

  app.openapi(patch, async (c) => {
    const { id } = c.req.valid("param");
    const by = await desk.person(signedIn(c));
    await desk.rooms.get(id).set({ by, patch: c.req.valid("json") });
    return c.json(desk.view(await desk.row(id)), 200);
  });

  app.openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    const by = await desk.person(signedIn(c));
    const { room } = await desk.enter(c.get("viewer"), id);
    if (room.kind === "live") throw new Rejection("conflict", "It ends with its stream");
    await desk.rooms.get(id).remove(by);
    return c.body(null, 204);
  });

  app.openapi(messages, async (c) => {
    const { id } = c.req.valid("param");
    const { before_seq, after_seq, around_seq, at, limit } = c.req.valid("query");
    const places = [before_seq, after_seq, around_seq, at].filter((one) => one !== undefined);
    if (places.length > 1) {
      throw new Rejection("invalid", "One of before_seq, after_seq, around_seq and at");
    }
    const { room } = await desk.enter(c.get("viewer"), id);
    const around = at === undefined ? around_seq : await store.seqAt(id, new Date(at)) ?? undefined;
    const half = Math.floor(limit / 2);
    const entries = after_seq !== undefined
      ? await log.after(id, after_seq, limit)
      : around === undefined
      ? await log.before(id, before_seq ?? room.lastSeq + 1, limit)
      : [...await log.before(id, around, half), ...await log.after(id, around - 1, limit - half)];
    const { gen, lastSeq } = room;
    const items = await desk.entriesNow(id, entries, c.get("viewer"));
    return c.json({ items, nextCursor: null, gen, lastSeq }, 200);
  });

  app.openapi(search, async (c) => {
    const { id } = c.req.valid("param");
    const { q, sender_id, from, to, before_seq, limit } = c.req.valid("query");
    await desk.enter(c.get("viewer"), id);
    const found = await desk.words.search(id, {
      words: q,
      senderId: sender_id,
      from: from === undefined ? undefined : new Date(from),
      to: to === undefined ? undefined : new Date(to),
      beforeSeq: before_seq,
      most: limit,
    });
    const items = found.map((one) => ({ ...one, createdAt: one.createdAt.toISOString() }));
    return c.json({ items }, 200);
  });

  return app;
}
