/** `/api/v1/admin/registrations`: those who wait to be let in (S4). */
import { z } from "zod";
import { PageQuery } from "../domain/pages.ts";
import { RegistrationDecision, RegistrationRequest } from "../domain/registrations.ts";
import type { RegistrationDesk } from "../services/registrations.ts";
import { body, endpoint, json, routes, signedIn } from "./endpoint.ts";

const list = endpoint({
  method: "get",
  path: "/admin/registrations",
  tags: ["admin"],
  operationId: "listRegistrations",
  summary: "Those who wait to be let in, the longest wait first",
  description: "Each with the reason that was given.",
  permission: "registrations:decide",
  request: { query: PageQuery },
  responses: {
    200: json(
      z.object({
        items: z.array(RegistrationRequest),
        nextCursor: z.string().nullable(),
        /** How many wait in all. */
        total: z.number().int(),
      }),
      "Those who wait",
    ),
  },
});

const decide = endpoint({
  method: "patch",
  path: "/admin/registrations",
  tags: ["admin"],
  operationId: "decideRegistrations",
  summary: "Let those who wait in, or refuse them",
  description:
    "Each gets an e-mail, with `word` in it. The account of one who is refused is deleted. Those " +
    "who do not wait, or no longer, are left as they are; `decided` counts the others.",
  permission: "registrations:decide",
  request: { body: body(RegistrationDecision) },
  responses: { 200: json(z.object({ decided: z.number().int() }), "Of how many it was decided") },
});

export function registrations({ registrations: desk }: { registrations: RegistrationDesk }) {
  const app = routes();
  app.openapi(list, async (c) => {
    const page = await desk.list(c.req.valid("query"));
    return c.json({ ...page, total: await desk.count() }, 200);
  });
  app.openapi(decide, async (c) => {
    const decided = await desk.decide(c.req.valid("json"), signedIn(c).userId);
    return c.json({ decided }, 200);
  });
  return app;
}
