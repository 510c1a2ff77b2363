/** Who waits for whom: the call chain that travels with a call, and the ring found in it (A9). */
import { AsyncLocalStorage } from "node:async_hooks";
import { Rejection } from "../../domain/errors.ts";

/** An actor, as one that others wait for. */
export interface Awaited {
  readonly kind: string;
  readonly key: string;
  /** What made the calls that it handles, or that wait until it does; calls from outside left out. */
  callers(): readonly Link[];
}

/** What an actor does at the moment: its `start`, its `stop`, a message, or a batch of them. */
export interface Link {
  readonly actor: Awaited;
  /** Whether it is over: then it waits for nobody any more. */
  done: boolean;
}

const current = new AsyncLocalStorage<Link | undefined>();

/** What the code that asks is part of, if it is an actor's. */
export const caller = (): Link | undefined => current.getStore();

/** Calls `work` as part of `link`; with its arguments apart, which saves each call a closure. */
export const within = <Args extends readonly unknown[], T>(
  link: Link | undefined,
  work: (...args: Args) => T,
  ...args: Args
): T => current.run(link, work, ...args);

/**
 * The refusal of a call from `from` to `kind`/`key`, if that actor is itself waiting, through
 * others or not, for what makes the call: both would wait until a deadline.
 */
export function ringTo(from: Link | undefined, kind: string, key: string): Rejection | undefined {
  if (from === undefined) return undefined;
  const ring = path(from, kind, key, new Set());
  if (ring === undefined) return undefined;
  const named = [...ring, `${kind}/${key}`].join(" → ");
  return new Rejection("ring", `${named}: each waits for the next, and so for itself`);
}

/** From `kind`/`key` to the actor of `link`, by name, along what still waits. */
function path(link: Link, kind: string, key: string, seen: Set<Awaited>): string[] | undefined {
  const { actor, done } = link;
  if (done || seen.has(actor)) return undefined;
  seen.add(actor);
  const name = `${actor.kind}/${actor.key}`;
  if (actor.kind === kind && actor.key === key) return [name];
  for (const above of actor.callers()) {
    const found = path(above, kind, key, seen);
    if (found !== undefined) return [...found, name];
  }
  return undefined;
}
