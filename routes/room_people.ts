/** `/api/v1/rooms/{id}`: its members, whom it keeps out, and its invites (C8). */
import { z } from "zod";
import type { Act } from "../domain/chat.ts";
import { Rejection } from "../domain/errors.ts";
import { Id } from "../domain/ids.ts";
import { encodeCursor, PageQuery, positionOf } from "../domain/pages.ts";
import {
  BanView,
  InviteCode,
  MemberPatch,
  MemberView,
  NewBan,
  NewMember,
  NewRoomInvite,
  RoomInviteView,
  RoomView,
} from "../domain/rooms.ts";
import { body, endpoint, json, routes, signedIn } from "./endpoint.ts";
import type { RoomDesk } from "./room_desk.ts";

const one = { params: z.object({ id: Id }) };
const somebody = { params: z.object({ id: Id, userId: Id }) };
const HOUR_MS = 3_600_000;

const common = {
  tags: ["rooms"] as string[],
  permission: "rooms:post" as const,
  problems: [403, 404],
};
const done = { 204: { description: "Done" } };

const members = endpoint({
  method: "get",
  path: "/rooms/{id}/members",
  tags: ["rooms"],
  operationId: "listRoomMembers",
  summary: "Who is in a room, by name",
  description: "With the newest entry that each has read; guests are not told that.",
  permission: "rooms:read",
  problems: [403, 404],
  request: { ...one, query: PageQuery },
  responses: {
    200: json(
      z.object({ items: z.array(MemberView), nextCursor: z.string().nullable() }),
      "Members",
    ),
  },
});
const add = endpoint({
  method: "post",
  path: "/rooms/{id}/members",
  ...common,
  operationId: "addRoomMember",
  summary: "Join a public room, or add somebody to a private one",
  description: "Members of a private room add others.",
  request: { ...one, body: body(NewMember) },
  responses: done,
});
const change = endpoint({
  method: "patch",
  path: "/rooms/{id}/members/{userId}",
  ...common,
  operationId: "updateRoomMember",
  summary: "Name a moderator, or mute somebody",
  description: "Owners name moderators; moderators mute whoever is below them.",
  request: { ...somebody, body: body(MemberPatch) },
  responses: done,
});
const removeMember = endpoint({
  method: "delete",
  path: "/rooms/{id}/members/{userId}",
  ...common,
  operationId: "removeRoomMember",
  summary: "Leave a room, or remove somebody",
  description: "An owner does not leave: a room can be deleted.",
  request: somebody,
  responses: done,
});
const bans = endpoint({
  method: "get",
  path: "/rooms/{id}/bans",
  ...common,
  operationId: "listRoomBans",
  summary: "Whom a room keeps out",
  description: "For its moderators; bans that have ended are left out.",
  request: one,
  responses: { 200: json(z.object({ items: z.array(BanView) }), "Bans") },
});
const ban = endpoint({
  method: "post",
  path: "/rooms/{id}/bans",
  ...common,
  operationId: "banFromRoom",
  summary: "Keep somebody out, for a time or for good",
  description: "For moderators, of whoever is below them. Open sockets are turned out at once.",
  request: { ...one, body: body(NewBan) },
  responses: done,
});
const unban = endpoint({
  method: "delete",
  path: "/rooms/{id}/bans/{userId}",
  ...common,
  operationId: "unbanFromRoom",
  summary: "Let somebody in again",
  description: "They are no member until they join or are added.",
  request: somebody,
  responses: done,
});
const invite = endpoint({
  method: "post",
  path: "/rooms/{id}/invites",
  ...common,
  operationId: "createRoomInvite",
  summary: "Make a link that lets people in",
  description: "For members of a private room.",
  request: { ...one, body: body(NewRoomInvite) },
  responses: { 201: json(RoomInviteView, "The link; it is shown once") },
});
const accept = endpoint({
  method: "post",
  path: "/rooms/invites/{code}",
  ...common,
  operationId: "acceptRoomInvite",
  summary: "Enter a room by a link",
  description: "Who is in already stays, and uses nothing of it.",
  request: { params: z.object({ code: InviteCode }) },
  responses: { 200: json(RoomView, "The room") },
});

export function roomPeople(desk: RoomDesk) {
  const app = routes();
  const { store, rooms } = desk;
  const act = async (
    viewer: Parameters<RoomDesk["person"]>[0],
    { id, userId }: { id: string; userId: string },
    change: Act,
  ) => await rooms.get(id).act({ by: await desk.person(viewer), userId, change });

  const demandAccount = async (userId: string) => {
    if (!await desk.accountOf(userId)) {
      throw new Rejection("not_found", `There is no account ${userId}`);
    }
  };

  app.openapi(members, async (c) => {
    const { id } = c.req.valid("param");
    const { limit, cursor } = c.req.valid("query");
    await desk.enter(c.get("viewer"), id);
    const rows = await store.members(id, limit + 1, positionOf(cursor));
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return c.json({
      items: items.map((row) => ({
        ...row,
        readSeq: c.get("viewer").kind === "guest" ? null : row.readSeq,
        joinedAt: row.joinedAt.toISOString(),
        mutedUntil: row.mutedUntil?.toISOString() ?? null,
      })),
      nextCursor: rows.length > limit && last ? encodeCursor(last.id) : null,
    }, 200);
  });

  app.openapi(add, async (c) => {
    const viewer = signedIn(c);
    const { id } = c.req.valid("param");
    const { userId } = c.req.valid("json");
    const self = userId === viewer.userId;
    if (!self) await demandAccount(userId);
    await act(viewer, { id, userId }, { act: self ? "join" : "add" });
    return c.body(null, 204);
  });

  app.openapi(change, async (c) => {
    const where = c.req.valid("param");
    const { role, mutedUntil } = c.req.valid("json");
    const viewer = signedIn(c);
    if (role !== undefined) await act(viewer, where, { act: "role", role });
    if (mutedUntil === null) await act(viewer, where, { act: "unmute" });
    else if (mutedUntil !== undefined) {
      await act(viewer, where, { act: "mute", untilMs: Date.parse(mutedUntil) });
    }
    return c.body(null, 204);
  });

  app.openapi(removeMember, async (c) => {
    const where = c.req.valid("param");
    const viewer = signedIn(c);
    await act(viewer, where, { act: where.userId === viewer.userId ? "leave" : "kick" });
    return c.body(null, 204);
  });

  app.openapi(bans, async (c) => {
    const { id } = c.req.valid("param");
    const { role } = await desk.enter(signedIn(c), id);
    if (role !== "moderator" && role !== "owner") {
      throw new Rejection("forbidden", "Only moderators see whom a room keeps out");
    }
    const items = (await store.bans(id)).map((row) => ({
      ...row,
      until: row.until?.toISOString() ?? null,
      createdAt: row.createdAt.toISOString(),
    }));
    return c.json({ items }, 200);
  });

  app.openapi(ban, async (c) => {
    const { userId, until, reason } = c.req.valid("json");
    const { id } = c.req.valid("param");
    const untilMs = until === null ? null : Date.parse(until);
    await demandAccount(userId);
    await act(signedIn(c), { id, userId }, { act: "ban", untilMs, reason });
    return c.body(null, 204);
  });

  app.openapi(unban, async (c) => {
    await act(signedIn(c), c.req.valid("param"), { act: "unban" });
    return c.body(null, 204);
  });

  app.openapi(invite, async (c) => {
    const viewer = signedIn(c);
    const { id } = c.req.valid("param");
    const { uses, hours } = c.req.valid("json");
    const { room, role } = await desk.enter(viewer, id);
    if (room.kind !== "private") throw new Rejection("invalid", "Invites are for private rooms");
    if (role === null) throw new Rejection("forbidden");
    const expiresAt = new Date(Date.now() + hours * HOUR_MS);
    const { code, url } = await desk.invite(viewer, room, { uses, expiresAt });
    return c.json({ code, url, uses, expiresAt: expiresAt.toISOString() }, 201);
  });

  app.openapi(accept, async (c) => {
    const room = await desk.accept(signedIn(c), c.req.valid("param").code);
    return c.json(desk.view(room), 200);
  });

  return app;
}
