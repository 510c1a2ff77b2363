/** `/api/v1/admin/events`: what happened on the site, and who has been told of it (A20, A21). */
import { z } from "zod";
import {
  ConsumerState,
  type DomainEvent,
  Envelope,
  EVENT_TYPES,
  type EventType,
} from "../domain/events.ts";
import { PageQuery } from "../domain/pages.ts";
import { body, endpoint, json, routes } from "./endpoint.ts";

/** What an administrator may see of events. */
export interface EventDesk {
  /** In the order of their positions. */
  after(
    position: number,
    types: readonly EventType[],
    most: number,
  ): Promise<readonly { readonly position: number; readonly event: DomainEvent }[]>;
  /** How many events were written and have no position yet. */
  unrelayed(): Promise<number>;
  consumers(): Promise<ConsumerState[]>;
  /**
   * Has a consumer told all again that comes after `position`.
   *
   * @throws {Rejection} `not_found`
   */
  replay(consumer: string, position: number): Promise<ConsumerState>;
}

const Position = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const Types = z.string().max(1_000)
  .transform((text) => text.split(",").map((type) => type.trim()))
  .pipe(z.array(z.enum(EVENT_TYPES)));

const list = endpoint({
  method: "get",
  path: "/admin/events",
  tags: ["admin"],
  operationId: "listEvents",
  summary: "What happened, the oldest first",
  description:
    "Events after a position, of `types` (with commas between; default: all). Give `nextAfter` back " +
    "as `after` for what follows, later too: what has a position keeps it, and nothing comes before " +
    "it any more. `unrelayed` counts those that have none yet. `consumers` tells who has been told.",
  permission: "site:observe",
  request: {
    query: PageQuery.omit({ cursor: true }).extend({
      after: z.coerce.number().pipe(Position).default(0),
      types: Types.optional(),
    }),
  },
  responses: {
    200: json(
      z.object({
        items: z.array(Envelope.extend({ position: z.int() })),
        nextAfter: z.int(),
        unrelayed: z.int(),
        consumers: z.array(ConsumerState),
      }),
      "Events",
    ),
  },
});

const replay = endpoint({
  method: "post",
  path: "/admin/events/consumers/{consumer}/replay",
  tags: ["admin"],
  operationId: "replayEvents",
  summary: "Tell a consumer again what happened after a position",
  description:
    "For when what it made of the events is lost. What it has still, it does not make twice.",
  permission: "site:configure",
  problems: [404],
  request: {
    params: z.object({ consumer: z.string().max(100) }),
    body: body(z.strictObject({ after: Position })),
  },
  responses: { 200: json(ConsumerState, "Where it stands now") },
});

export function adminEvents({ events }: { events: EventDesk }) {
  const app = routes();
  app.openapi(list, async (c) => {
    const { after, types = EVENT_TYPES, limit } = c.req.valid("query");
    const [found, unrelayed, consumers] = await Promise.all([
      events.after(after, types, limit),
      events.unrelayed(),
      events.consumers(),
    ]);
    const items = found.map(({ position, event }) => ({ position, ...event }));
    const nextAfter = items.at(-1)?.position ?? after;
    return c.json({ items, nextAfter, unrelayed, consumers }, 200);
  });
  app.openapi(replay, async (c) => {
    const { after } = c.req.valid("json");
    return c.json(await events.replay(c.req.valid("param").consumer, after), 200);
  });
  return app;
}
