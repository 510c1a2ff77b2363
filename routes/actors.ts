/** `/api/v1/admin/actors`: every actor as it is now, and two ways to disturb one (A18). */
import { z } from "zod";
import type { System } from "../actors/runtime/system.ts";
import { Rejection } from "../domain/errors.ts";
import { ActorView } from "../domain/runtime.ts";
import { endpoint, json, routes } from "./endpoint.ts";

/** The busiest first; more than this nobody reads. */
const MOST = 1_000;
const OneActor = z.object({ kind: z.string().max(32), key: z.string().max(64) });

const list = endpoint({
  method: "get",
  path: "/admin/actors",
  tags: ["admin"],
  operationId: "listActors",
  summary: "The actors that live now",
  description: "Those with the most waiting mail first, then those that crashed, then the busiest.",
  permission: "site:observe",
  request: {
    query: z.object({
      kind: z.string().max(32).optional(),
      limit: z.coerce.number().int().min(1).max(MOST).default(200),
    }),
  },
  responses: {
    200: json(
      z.object({
        items: z.array(ActorView),
        /** How many live, of each kind. */
        total: z.record(z.string(), z.number().int()),
      }),
      "Actors",
    ),
  },
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

/** The actors of `node`, the most telling first. */
export function actorViews(system: Pick<System, "inspect">, node: string): ActorView[] {
  return system.inspect()
    .sort((a, b) => b.mailbox - a.mailbox || b.crashes - a.crashes || b.handled - a.handled)
    .map(({ since, lastError, p50Ms, p99Ms, ...info }) => ({
      ...info,
      node,
      since: since === undefined ? null : new Date(since).toISOString(),
      lastError: lastError ?? null,
      p50Ms: p50Ms ?? null,
      p99Ms: p99Ms ?? null,
    }));
}

export function actors({ system, node, demo }: {
  system: Pick<System, "inspect" | "restart" | "crash">;
  node: string;
  /** Whether actors may be made to crash. */
  demo: boolean;
}) {
  const app = routes();
  const found = (there: boolean, kind: string, key: string) => {
    if (!there) throw new Rejection("not_found", `No actor ${kind}/${key} lives now`);
  };

  app.openapi(list, (c) => {
    const { kind, limit } = c.req.valid("query");
    const all = actorViews(system, node);
    const total: Record<string, number> = {};
    for (const one of all) total[one.kind] = (total[one.kind] ?? 0) + 1;
    const items = all.filter((one) => kind === undefined || one.kind === kind).slice(0, limit);
    return c.json({ items, total }, 200);
  });

  app.openapi(restart, (c) => {
    const { kind, key } = c.req.valid("param");
    found(system.restart(kind, key), kind, key);
    return c.json({ kind, key }, 200);
  });

  app.openapi(crash, (c) => {
    const { kind, key } = c.req.valid("param");
    if (!demo) throw new Rejection("not_found", "This is offered only where DEMO=1");
    found(system.crash(kind, key), kind, key);
    return c.json({ kind, key }, 200);
  });

  return app;
}
