/** `/api/v1/admin/overview` and `/admin/runtime`: the site at a glance, and its runtime (X3). */
import { z } from "zod";
import { ActorQuery } from "../domain/actor_list.ts";
import { Overview, RuntimeSnapshot } from "../domain/overview.ts";
import { RuntimeEvent } from "../domain/runtime.ts";
import { endpoint, json, routes } from "./endpoint.ts";
import type { RuntimeDesk } from "./runtime_desk.ts";

const overview = endpoint({
  method: "get",
  path: "/admin/overview",
  tags: ["admin"],
  operationId: "getOverview",
  summary: "The site in figures",
  description: "Nodes, actors, jobs, storage, tracks and people, as they are now.",
  permission: "site:observe",
  responses: { 200: json(Overview, "The figures") },
});

const snapshot = endpoint({
  method: "get",
  path: "/admin/runtime",
  tags: ["admin"],
  operationId: "getRuntime",
  summary: "Actors, nodes and jobs at one moment",
  description: "What happens from then on is told at `/ws/runtime`.",
  permission: "site:observe",
  request: { query: ActorQuery },
  responses: { 200: json(RuntimeSnapshot, "The runtime") },
});

const events = endpoint({
  method: "get",
  path: "/admin/runtime/events",
  tags: ["admin"],
  operationId: "listRuntimeEvents",
  summary: "What lately happened to actors and nodes, the newest first",
  description: "What this node remembers: to fill what was missed while `/ws/runtime` was away.",
  permission: "site:observe",
  responses: { 200: json(z.object({ items: z.array(RuntimeEvent) }), "Events") },
});

export function overviews({ desk }: { desk: RuntimeDesk }) {
  const app = routes();
  app.openapi(overview, async (c) => c.json(await desk.overview(), 200));
  app.openapi(snapshot, async (c) => c.json(await desk.snapshot(c.req.valid("query")), 200));
  app.openapi(events, (c) => c.json({ items: desk.events() }, 200));
  return app;
}
