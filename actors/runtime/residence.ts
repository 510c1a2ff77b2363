/** The claims that one node holds for a kind, and the subjects on which its actors listen (A12). */
import { Rejection } from "../../domain/errors.ts";
import type { Subscription } from "./bus.ts";
import type { Claim } from "./claims.ts";
import type { Cluster } from "./cluster.ts";

/** So many claims are looked at together. */
const AT_ONCE = 32;

/**
 * Where the owner of a claim listens. It has the node in it beside the revision, since revisions
 * begin anew when the store has lost all.
 */
export const subjectOf = (kind: string, key: string, { revision, node }: Claim): string =>
  `actor.${kind}.${key}.${revision}.${node}`;

interface Held {
  claim: Claim;
  server: Subscription;
}

/** What a residence tells and asks. */
export interface ResidenceEvents {
  /** A call of another node has come for `key`. */
  serve(key: string, data: Uint8Array): Promise<Uint8Array>;
  /** Another node has the claim now. */
  lost(key: string): void;
}

export class Residence {
  readonly #kind: string;
  readonly #cluster: Cluster;
  readonly #events: ResidenceEvents;
  readonly #held = new Map<string, Held>();
  /** Claims that are being let go of. */
  readonly #leaving = new Map<string, Promise<void>>();
  /** Those that could not be, since the store was away. */
  readonly #stranded = new Map<string, Claim>();

  constructor(kind: string, cluster: Cluster, events: ResidenceEvents) {
    this.#kind = kind;
    this.#cluster = cluster;
    this.#events = events;
  }

  /** Listens under a claim that is ours; nothing happens if it does so already. */
  hold(key: string, claim: Claim): void {
    const held = this.#held.get(key);
    if (held?.claim.revision === claim.revision) return;
    held?.server.close();
    this.#stranded.delete(key);
    this.#held.set(key, { claim, server: this.#listen(key, claim) });
  }

  /** Lets go of the claim of an actor that has ended here. */
  leave(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    held.server.close();
    const left = this.#release(key, held.claim).finally(() => this.#leaving.delete(key));
    this.#leaving.set(key, left);
  }

  /** Resolves when what is being let go of is let go of. */
  async left(key?: string): Promise<void> {
    if (key !== undefined) await this.#leaving.get(key);
    else await Promise.all(this.#leaving.values());
  }

  /** Looks whether all that is held is ours still; claims anew what nobody has. */
  async check(): Promise<void> {
    // those of now: what cannot be let go of this time either is put back
    for (const [key, claim] of [...this.#stranded]) {
      this.#stranded.delete(key);
      if (!this.#held.has(key)) await this.#release(key, claim);
    }
    const keys = [...this.#held.keys()];
    while (keys.length > 0) {
      await Promise.all(keys.splice(0, AT_ONCE).map((key) => this.#checkOne(key)));
    }
  }

  async #checkOne(key: string): Promise<void> {
    const held = this.#held.get(key);
    if (held === undefined) return;
    const { claims, members } = this.#cluster;
    try {
      const present = await claims.read(this.#kind, key) ??
        await claims.claim(this.#kind, key, members.id);
      if (this.#held.get(key) !== held) return; // it ended meanwhile
      if (present.node === members.id) return this.hold(key, present);
      this.#held.delete(key);
      held.server.close();
      this.#events.lost(key);
    } catch (error) {
      // away again: it is looked at when it is back, and until then the epoch guards what is written
      if (!(error instanceof Rejection)) throw error;
    }
  }

  async #release(key: string, claim: Claim): Promise<void> {
    try {
      await this.#cluster.claims.release(this.#kind, key, claim);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      this.#stranded.set(key, claim); // it is still ours, and it is let go of when the store is back
    }
  }

  #listen(key: string, claim: Claim): Subscription {
    const subject = subjectOf(this.#kind, key, claim);
    return this.#cluster.bus.serve(subject, (data) => this.#events.serve(key, data));
  }
}
