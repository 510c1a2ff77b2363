/** `/api/v1/rooms/{id}`: single messages of a room, and what is pinned in it (C5, C9). */
import { z } from "zod";
import { Rejection } from "../domain/errors.ts";
import { Id } from "../domain/ids.ts";
import { EntryNow, PinnedMessage } from "../domain/room_messages.ts";
import { endpoint, json, routes } from "./endpoint.ts";
import type { RoomDesk } from "./room_desk.ts";

const common = { tags: ["rooms"] as string[], permission: "rooms:read" as const };

const pins = endpoint({
  method: "get",
  path: "/rooms/{id}/pins",
  ...common,
  operationId: "listRoomPins",
  summary: "What is pinned in a room, the newest pin first",
  description: "At most 100.",
  problems: [403, 404],
  request: { params: z.object({ id: Id }) },
  responses: { 200: json(z.object({ items: z.array(PinnedMessage) }), "Messages") },
});

const message = endpoint({
  method: "get",
  path: "/rooms/{id}/messages/{messageId}",
  ...common,
  operationId: "getRoomMessage",
  summary: "A message, with how it stands now",
  description: "`current` has what edits, reactions and pins have made of it.",
  problems: [403, 404],
  request: { params: z.object({ id: Id, messageId: Id }) },
  responses: { 200: json(EntryNow, "The message") },
});

export function roomMessages(desk: RoomDesk) {
  const app = routes();

  app.openapi(pins, async (c) => {
    const { id } = c.req.valid("param");
    await desk.enter(c.get("viewer"), id);
    return c.json({ items: await desk.pins(id) }, 200);
  });

  app.openapi(message, async (c) => {
    const { id, messageId } = c.req.valid("param");
    await desk.enter(c.get("viewer"), id);
    const seq = await desk.messages.seqOf(id, messageId);
    if (seq === null) throw new Rejection("not_found", `There is no message ${messageId}`);
    const [entry] = await desk.entriesNow(
      id,
      await desk.log.after(id, seq - 1, 1),
      c.get("viewer"),
    );
    if (!entry) throw new Rejection("not_found", `There is no message ${messageId}`);
    return c.json(entry, 200);
  });

  return app;
}
