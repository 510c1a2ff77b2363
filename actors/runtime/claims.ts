/** Who serves an actor, as all nodes of a cluster agree on it; and their agreement in one process. */

/**
 * That `node` serves an actor. Claims give liveness and no more: one may be wrong for a while. What
 * keeps two lives from both writing is the epoch in the database.
 */
export interface Claim {
  readonly node: string;
  /** A later claim of the same actor has a greater one, as long as the store keeps what it has. */
  readonly revision: number;
}

/** The claims of all actors. Every method rejects with `unavailable` when the store is away. */
export interface Claims extends AsyncDisposable {
  /** Who serves it, if anybody. */
  read(kind: string, key: string): Promise<Claim | undefined>;
  /**
   * Claims an actor for `node`: one that nobody has claimed or, with `instead`, one whose claim is
   * still that. Answers the claim that holds now: ours, or that of who was faster.
   */
  claim(kind: string, key: string, node: string, instead?: Claim): Promise<Claim>;
  /** Lets go of it; nothing happens if the claim is no longer that. */
  release(kind: string, key: string, claim: Claim): Promise<void>;
  /** Removes all claims of these nodes, which are gone for good. Answers how many. */
  forget(nodes: (node: string) => boolean): Promise<number>;
  /** Has `handler` called when claims may have been lost: whoever serves an actor is to look. */
  onDoubt(handler: () => void): void;
}

/** Claims in memory, for nodes of one process. */
export function memoryClaims(): Claims & {
  /** Loses all, as a store that comes back empty. */
  lose(): void;
} {
  const held = new Map<string, Claim>();
  const handlers = new Set<() => void>();
  let revisions = 0;
  const nameOf = (kind: string, key: string) => `${kind}.${key}`;
  const same = (one: Claim | undefined, other: Claim | undefined) =>
    one?.revision === other?.revision && one?.node === other?.node;
  return {
    read: (kind, key) => Promise.resolve(held.get(nameOf(kind, key))),
    claim(kind, key, node, instead) {
      const name = nameOf(kind, key);
      const present = held.get(name);
      if (present !== undefined && !same(present, instead)) return Promise.resolve(present);
      const claim = { node, revision: ++revisions };
      held.set(name, claim);
      return Promise.resolve(claim);
    },
    release(kind, key, claim) {
      const name = nameOf(kind, key);
      if (same(held.get(name), claim)) held.delete(name);
      return Promise.resolve();
    },
    forget(nodes) {
      const gone = [...held].filter(([, { node }]) => nodes(node));
      for (const [name] of gone) held.delete(name);
      return Promise.resolve(gone.length);
    },
    onDoubt: (handler) => void handlers.add(handler),
    lose() {
      held.clear();
      revisions = 0;
      for (const handler of handlers) handler();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(handlers.clear()),
  };
}
