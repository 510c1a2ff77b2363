/** The states of an actor and the orders of a list of them; pure, and without a schema: for pages too. */

export const PHASES = ["starting", "serving", "stopping", "backing-off", "resting"] as const;

/** `trouble`: somebody should look; see {@linkcode inTrouble}. */
export const ACTOR_STATES = ["trouble", ...PHASES] as const;

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

/** Who crashed so lately is still in trouble, in ms. */
export const TROUBLE_MS = 60_000;

/** The name of an actor among all. */
export const actorName = ({ kind, key }: { kind: string; key: string }): string => `${kind}/${key}`;

/**
 * Whether somebody should look at it: it does not live at the moment, crashed within the last
 * minute, or half of its mailbox is full.
 */
export function inTrouble(
  actor: {
    readonly phase: (typeof PHASES)[number];
    readonly crashedAt: string | null;
    readonly mailbox: number;
    readonly mailboxBound: number;
  },
  now: number,
): boolean {
  return actor.phase === "backing-off" || actor.phase === "resting" ||
    actor.mailbox * 2 >= actor.mailboxBound ||
    actor.crashedAt !== null && now - Date.parse(actor.crashedAt) < TROUBLE_MS;
}
