/** Who is in a room, put together from what each node says of those who sit there (C10). Pure. */
import { NAMES_MOST } from "../../domain/chat.ts";

export type Status = "online" | "away";

/** Somebody who is there. */
export interface There {
  readonly name: string;
  readonly status: Status;
}

/** What is known of a room: on one node, or on all of them. */
export interface People {
  readonly count: number;
  /** By their ids; null where they are too many to be named. */
  readonly named: ReadonlyMap<string, There> | null;
  /** How many type, where nobody is named. */
  readonly typing: number;
}

/** Those who sit on one node, each perhaps on several seats: online if any of these is. */
export function seated(
  seats: Iterable<readonly [id: string, There]>,
  typing: number,
): People {
  const named = new Map<string, There>();
  for (const [id, there] of seats) {
    if (named.get(id)?.status !== "online") named.set(id, there);
  }
  return { count: named.size, named: named.size > NAMES_MOST ? null : named, typing };
}

/**
 * Those of all nodes. Who is on two nodes counts once where all are named, and twice in a crowd:
 * there nobody would see it.
 */
export function together(nodes: readonly People[]): People {
  const typing = nodes.reduce((sum, one) => sum + one.typing, 0);
  const all = seated(nodes.flatMap(({ named }) => named ? [...named] : []), typing);
  if (nodes.every(({ named }) => named)) return all;
  return { count: nodes.reduce((sum, { count }) => sum + count, 0), named: null, typing };
}

/** Who came, changed and went between two times at which all were named, as clients are told of it. */
export function changesOf(
  before: ReadonlyMap<string, There>,
  after: ReadonlyMap<string, There>,
  now: number,
) {
  const came = [...after].filter(([id, { status }]) => before.get(id)?.status !== status)
    .map(([id, { name, status }]) => ({ user_id: id, user_name: name, status: status as string }));
  const went = [...before].filter(([id]) => !after.has(id)).map(([id, { name }]) => ({
    user_id: id,
    user_name: name,
    status: "offline",
    last_seen: new Date(now).toISOString(),
  }));
  return [...came, ...went];
}
