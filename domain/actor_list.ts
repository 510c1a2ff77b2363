/** A list of actors: which of thousands are shown, and in which order; pure (A18). */
import { z } from "zod";
import {
  ACTOR_ORDERS,
  ACTOR_STATES,
  actorName,
  type ActorOrder,
  inTrouble,
} from "./actor_state.ts";
import { ActorView } from "./runtime.ts";

/** More than this nobody reads at once. */
const MOST = 1_000;

export const ActorQuery = z.object({
  kind: z.string().max(32).optional(),
  /** Only those in this phase; `trouble`: those that somebody should look at. */
  state: z.enum(ACTOR_STATES).optional(),
  /** Only those whose `kind/key` has this in it. */
  q: z.string().trim().max(100).optional(),
  /** Only these, as `kind/key,kind/key`, in this order: for who holds a list while it is read. */
  only: z.string().max(12_000).optional(),
  sort: z.enum(ACTOR_ORDERS).default("telling"),
  limit: z.coerce.number().int().min(1).max(MOST).default(200),
  offset: z.coerce.number().int().min(0).default(0),
});
export type ActorQuery = z.infer<typeof ActorQuery>;

export const ActorList = z.object({
  items: z.array(ActorView),
  /** How many fit what was asked for. */
  found: z.number().int(),
  /** How many live, of each kind. */
  total: z.record(z.string(), z.number().int()),
});
export type ActorList = z.infer<typeof ActorList>;

type Order = (a: ActorView, b: ActorView) => number;
const byName: Order = (a, b) => a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.key < b.key ? -1 : 1;

const ORDERS: Readonly<Record<ActorOrder, Order>> = {
  telling: (a, b) => b.mailbox - a.mailbox || b.crashes - a.crashes || b.handled - a.handled,
  name: () => 0,
  mailbox: (a, b) => b.mailbox / b.mailboxBound - a.mailbox / a.mailboxBound,
  rate: (a, b) => (b.perSecond ?? 0) - (a.perSecond ?? 0),
  handled: (a, b) => b.handled - a.handled,
  crashes: (a, b) => b.crashes - a.crashes,
  slowest: (a, b) => (b.p99Ms ?? 0) - (a.p99Ms ?? 0),
  newest: (a, b) => (b.since ?? "").localeCompare(a.since ?? ""),
};

/** What of `all` is asked for. Equals are sorted by name, so that the order does not change by itself. */
export function listActors(
  all: readonly ActorView[],
  { kind, state, q, only, sort, limit, offset }: ActorQuery,
  now: number,
): ActorList {
  const total: Record<string, number> = {};
  for (const one of all) total[one.kind] = (total[one.kind] ?? 0) + 1;
  const word = q?.toLowerCase();
  const fits = all.filter((one) =>
    (kind === undefined || one.kind === kind) &&
    (state === undefined || (state === "trouble" ? inTrouble(one, now) : one.phase === state)) &&
    (!word || actorName(one).includes(word))
  );
  if (only !== undefined) {
    const named = new Map(all.map((one) => [actorName(one), one]));
    const items = only.split(",").flatMap((name) => named.get(name) ?? []).slice(0, limit);
    return { items, found: fits.length, total };
  }
  fits.sort((a, b) => ORDERS[sort](a, b) || byName(a, b));
  return { items: fits.slice(offset, offset + limit), found: fits.length, total };
}
