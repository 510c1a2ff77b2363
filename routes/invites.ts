/** `/api/v1/admin/invites`: links that let people join the site (S4). */
import { z } from "zod";
import { Id } from "../domain/ids.ts";
import { Invite, NewInvite } from "../domain/invites.ts";
import { PageQuery } from "../domain/pages.ts";
import type { InviteDesk } from "../services/invites.ts";
import { body, endpoint, json, routes, signedIn } from "./endpoint.ts";

const Made = z.object({
  invite: Invite,
  url: z.string().meta({ description: "The link. It cannot be asked for again" }),
});

const list = endpoint({
  method: "get",
  path: "/admin/invites",
  tags: ["admin"],
  operationId: "listInvites",
  summary: "The invitations, the newest first",
  description: "Without their links: each is told once, when it is made.",
  permission: "invites:make",
  request: { query: PageQuery },
  responses: {
    200: json(z.object({ items: z.array(Invite), nextCursor: z.string().nullable() }), "They"),
  },
});

const make = endpoint({
  method: "post",
  path: "/admin/invites",
  tags: ["admin"],
  operationId: "makeInvite",
  summary: "Make an invitation",
  description:
    "`uses` accounts can be made with its link until `days` have gone by. Where accounts wait for " +
    "approval, those who are invited do not; where registration is closed, it does not count.",
  permission: "invites:make",
  request: { body: body(NewInvite) },
  responses: { 201: json(Made, "The invitation, with its link") },
});

const revoke = endpoint({
  method: "delete",
  path: "/admin/invites/{id}",
  tags: ["admin"],
  operationId: "revokeInvite",
  summary: "Take an invitation back",
  description: "Accounts that were made with it stay.",
  permission: "invites:make",
  problems: [404],
  request: { params: z.object({ id: Id }) },
  responses: { 204: { description: "Its link lets nobody in any more" } },
});

export function invites({ invites: desk }: { invites: InviteDesk }) {
  const app = routes();
  app.openapi(list, async (c) => c.json(await desk.list(c.req.valid("query")), 200));
  app.openapi(
    make,
    async (c) => c.json(await desk.make(c.req.valid("json"), signedIn(c).userId), 201),
  );
  app.openapi(revoke, async (c) => {
    await desk.revoke(c.req.valid("param").id);
    return c.body(null, 204);
  });
  return app;
}
