/** Messages a second of each actor, from its counter at two looks (A18). */

/** What is looked at: how many messages an actor has handled since it came to this node. */
export interface Counted {
  readonly kind: string;
  readonly key: string;
  readonly handled: number;
}

/** Two looks that are nearer than this are one, in ms: what happens between is chance. */
const APART_MS = 2_000;
/** A look so long ago says nothing of now, in ms. */
const STALE_MS = 30_000;

interface Look {
  readonly at: number;
  readonly handled: ReadonlyMap<string, number>;
}

const nameOf = ({ kind, key }: Counted) => `${kind}/${key}`;

/**
 * A function that looks at all actors and answers with the rate of any of them, in messages a
 * second; null where the look before is missing or stale. It costs a map of all actors while
 * somebody looks, and nothing else.
 *
 * @param now ms on any clock that does not run backwards
 */
export function actorRates(now: () => number = () => performance.now()) {
  let before: Look | undefined;
  let latest: Look | undefined;
  return (all: readonly Counted[]): (actor: Counted) => number | null => {
    const at = now();
    if (latest === undefined || at - latest.at >= APART_MS) {
      before = latest !== undefined && at - latest.at <= STALE_MS ? latest : undefined;
      latest = { at, handled: new Map(all.map((one) => [nameOf(one), one.handled])) };
    }
    const since = before;
    if (since === undefined) return () => null;
    const seconds = (at - since.at) / 1_000;
    return (actor) => {
      const then = since.handled.get(nameOf(actor)) ?? 0;
      // fewer than then: it went and came again, and counts from nought
      const handled = actor.handled >= then ? actor.handled - then : actor.handled;
      return handled / seconds;
    };
  };
}
