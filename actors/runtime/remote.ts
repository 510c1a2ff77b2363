/** Where the actors of one kind live, as one node of a cluster knows it and decides it (A12, A14). */
import { Rejection } from "../../domain/errors.ts";
import type { Subscription } from "./bus.ts";
import type { Call } from "./call.ts";
import type { Chains } from "./chain_wire.ts";
import type { Claim } from "./claims.ts";
import type { Cluster } from "./cluster.ts";
import type { LocalActors } from "./local_actors.ts";
import { remoteServer } from "./remote_server.ts";
import { Residence } from "./residence.ts";
import { Route } from "./route.ts";

/** Ways to actors of other nodes are remembered up to so many, and more only while all are in use. */
const MOST_ROUTES = 10_000;
/** How long another node may take to begin an actor that must not begin here, in ms. */
const BEGIN_MS = 2_000;

interface Begin {
  readonly key: string;
  /** The claim that is to be replaced. */
  readonly instead?: Claim | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class Remote {
  readonly #local: LocalActors;
  readonly #cluster: Cluster;
  readonly #chains: Chains;
  readonly #residence: Residence;
  readonly #routes = new Map<string, Route>();
  readonly #begins: Subscription;
  #words = 0;

  /** @param chains of all kinds of this node */
  constructor(local: LocalActors, cluster: Cluster, chains: Chains) {
    const { bus, members, claims } = cluster;
    this.#local = local;
    this.#cluster = cluster;
    this.#chains = chains;
    this.#residence = new Residence(local.kind, cluster, {
      serve: remoteServer({ local, members, chains }),
      lost: (key) => void local.find(key)?.move(),
    });
    this.#begins = bus.serve(`begin.${local.kind}.${members.id}`, async (data) => {
      const { key, instead }: Begin = JSON.parse(decoder.decode(data));
      return encoder.encode(JSON.stringify(await this.#beginHere(key, instead)));
    });
    // what befell the store, or this process, may have befallen its claims
    claims.onDoubt(() => void this.#residence.check());
    members.onStall(() => void this.#residence.check());
    members.onChange((change, { id }) => {
      if (change === "lost") this.#lose(id); // one that leaves answers before
    });
  }

  /** Whether calls of this actor are on their way: later ones must not overtake them. */
  underWay(key: string): boolean {
    return this.#routes.get(key)?.idle === false;
  }

  call(call: Call): void {
    let route = this.#routes.get(call.key);
    if (route === undefined) {
      this.#makeRoom();
      route = this.#makeRoute(call.key);
      this.#routes.set(call.key, route);
    }
    route.take(call);
  }

  /** The actor has ended here: its claim is let go of. */
  ended(key: string): void {
    this.#residence.leave(key);
  }

  /** Has another node begin the actor, now that it has ended here. */
  async handOver(key: string): Promise<void> {
    await this.#residence.left(key);
    try {
      await this.#beginElsewhere(key);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error; // nobody can now: it begins where it is needed
    }
  }

  /** Lets go of all; the actors have ended before. */
  async close(): Promise<void> {
    this.#begins.close();
    await this.#residence.left();
  }

  #makeRoute(key: string): Route {
    const { kind, clock, deadlines, mailbox } = this.#local;
    return new Route(key, {
      ...{ kind, clock, deadlines, mailbox },
      cluster: this.#cluster,
      chains: this.#chains,
      word: () => `${this.#cluster.members.id}.${this.#words++}`,
      find: (unheard) => this.#find(key, unheard),
      settle: (claim, calls) => {
        // the route is done; while others still wait in it, later calls must not overtake them
        if (this.#settle(key, claim, calls)) this.#routes.delete(key);
      },
    });
  }

  /** The claim that holds, or a new one, which is ours unless this node ends. */
  async #find(key: string, unheard: boolean): Promise<Claim> {
    const { claims, members } = this.#cluster;
    const { kind, closed } = this.#local;
    await this.#local.find(key)?.moved(); // two lives at once would be fenced, and calls fail
    await this.#residence.left(key);
    if (!unheard && !closed) {
      const claim = await claims.claim(kind, key, members.id);
      // an owner of whom nothing is heard would keep each of its callers for a whole deadline
      if (members.list().some(({ id }) => id === claim.node)) return claim;
    }
    const present = await claims.read(kind, key);
    if (present !== undefined && present.node !== members.id) {
      if (!await members.isGone(present.node)) {
        // it lives: it may have lost the actor, and could not let go of the claim
        const begun = await this.#beginAt(present.node, { key });
        if (begun !== undefined) return begun;
        if (!await members.isGone(present.node)) return present;
      }
      this.#lose(present.node);
    }
    if (this.#local.closed) return await this.#beginElsewhere(key, present);
    return present?.node === members.id
      ? present
      : await claims.claim(kind, key, members.id, present);
  }

  /** Serves it here; false where this node has closed since it was claimed. */
  #settle(key: string, claim: Claim, calls: () => readonly Call[]): boolean {
    if (this.#local.closed) return false; // it is looked for anew
    this.#residence.hold(key, claim);
    this.#local.begin(key);
    for (const call of calls()) this.#local.deliver(call);
    return true;
  }

  async #beginHere(key: string, instead?: Claim): Promise<Claim> {
    const { claims, members } = this.#cluster;
    if (this.#local.closed) throw new Rejection("shutting_down");
    await this.#local.find(key)?.moved();
    await this.#residence.left(key);
    const claim = await claims.claim(this.#local.kind, key, members.id, instead);
    if (claim.node === members.id && !this.#settle(key, claim, () => [])) {
      await claims.release(this.#local.kind, key, claim);
      throw new Rejection("shutting_down");
    }
    return claim;
  }

  /** Has another node begin it. All are asked in turn: a worker may not host the kind, one may be dead. */
  async #beginElsewhere(key: string, instead?: Claim): Promise<Claim> {
    const { members } = this.#cluster;
    const others = members.list().filter(({ id, draining }) => id !== members.id && !draining);
    while (others.length > 0) {
      const nth = Math.floor(this.#local.clock.random() * others.length);
      const begun = await this.#beginAt(others.splice(nth, 1)[0]!.id, { key, instead });
      if (begun !== undefined) return begun;
    }
    throw new Rejection("shutting_down");
  }

  /** Has that node begin it; undefined where it cannot, or does not answer in time. */
  async #beginAt(node: string, begin: Begin): Promise<Claim | undefined> {
    const subject = `begin.${this.#local.kind}.${node}`;
    const asked = encoder.encode(JSON.stringify(begin));
    try {
      const told = await this.#cluster.bus.request(subject, asked, { deadlineMs: BEGIN_MS });
      return JSON.parse(decoder.decode(told));
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      return undefined;
    }
  }

  #lose(node: string): void {
    for (const route of this.#routes.values()) route.lose(node);
  }

  #makeRoom(): void {
    if (this.#routes.size < MOST_ROUTES) return;
    for (const [key, route] of this.#routes) if (route.idle) this.#routes.delete(key);
  }
}
