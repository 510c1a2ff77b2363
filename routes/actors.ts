/** `/api/v1/admin/actors`: every actor as it is now, and two ways to disturb one (A18). */
import { z } from "zod";
import { ActorList, ActorQuery } from "../domain/actor_list.ts";
import { endpoint, json, routes } from "./endpoint.ts";
import type { RuntimeDesk } from "./runtime_desk.ts";

const OneActor = z.object({ kind: z.string().max(32), key: z.string().max(64) });

const list = endpoint({
  method: "get",
  path: "/admin/actors",
  tags: ["admin"],
  operationId: "listActors",
  summary: "The actors that live now",
  description: "Unless another order is asked for: those with the most waiting mail first, then " +
    "those that crashed, then the busiest.",
  permission: "site:observe",
  request: { query: ActorQuery },
  responses: { 200: json(ActorList, "Actors") },
});

const restart = endpoint({
  method: "post",
  path: "/admin/actors/{kind}/{key}/restart",
  tags: ["admin"],
  operationId: "restartActor",
  summary: "Begin a new life of an actor",
  description:
    "After the message that it handles; what waits is kept. One that rests begins at once.",
  permission: "site:configure",
  problems: [404],
  request: { params: OneActor },
  responses: { 200: json(OneActor, "It begins anew") },
});

const crash = endpoint({
  method: "post",
  path: "/admin/actors/{kind}/{key}/crash",
  tags: ["admin"],
  operationId: "crashActor",
  summary: "Have an actor crash, to watch it recover",
  description: "Only on a demonstration (DEMO=1).",
  permission: "site:configure",
  problems: [404],
  request: { params: OneActor },
  responses: { 200: json(OneActor, "It has crashed") },
});

export function actors({ desk }: { desk: Pick<RuntimeDesk, "actors" | "restart" | "crash"> }) {
  const app = routes();
  app.openapi(list, (c) => c.json(desk.actors(c.req.valid("query")), 200));
  app.openapi(restart, (c) => {
    const { kind, key } = c.req.valid("param");
    desk.restart(kind, key);
    return c.json({ kind, key }, 200);
  });
  app.openapi(crash, (c) => {
    const { kind, key } = c.req.valid("param");
    desk.crash(kind, key);
    return c.json({ kind, key }, 200);
  });
  return app;
}
