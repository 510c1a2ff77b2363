/** A list of actors: which of thousands are shown, and in which order; pure (A18). */
import { z } from "zod";
import { ActorView, PHASES } from "./runtime.ts";

/** Who crashed so lately is still in trouble, in ms. */
export const TROUBLE_MS = 60_000;
/** More than this nobody reads at once. */
const MOST = 1_000;

/** `telling`: those with the most waiting mail first, then those that crashed, then the busiest. */
export const ACTOR_ORDERS = [
  "telling",
  "name",
  "mailbox",
  "rate",
  "handled",
  "crashes",
  "slowest",
  "newest",
] as const;
export type ActorOrder = (typeof ACTOR_ORDERS)[number];

export const ACTOR_STATES = ["trouble", ...PHASES] as const;

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

/** The name of an actor among all. */
export const actorName = ({ kind, key }: Pick<ActorView, "kind" | "key">) => `${kind}/${key}`;

/**
 * Whether somebody should look at it: it does not live at the moment, crashed within the last
 * minute, or half of its mailbox is full.
 */
export function inTrouble(
  actor: Pick<ActorView, "phase" | "crashedAt" | "mailbox" | "mailboxBound">,
  now: number,
): boolean {
  return actor.phase === "backing-off" || actor.phase === "resting" ||
    actor.mailbox * 2 >= actor.mailboxBound ||
    actor.crashedAt !== null && now - Date.parse(actor.crashedAt) < TROUBLE_MS;
}

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
