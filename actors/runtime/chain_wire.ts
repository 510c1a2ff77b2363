/** The call chain as it travels to another node, and what it is there (A9). */
import type { Awaited, Link } from "./chain.ts";

/** One actor's doing in a chain; the first of a list is what makes the call. */
export interface WireLink {
  /** The node where it is done, and its number there. */
  readonly node: string;
  readonly link: number;
  readonly kind: string;
  readonly key: string;
  /** Where in the list those are that wait for it. */
  readonly above: readonly number[];
}

/** A chain that is longer is cut: so far back nobody looks for a ring. */
const MOST_LINKS = 256;

/** A link of another node. Whether it is over is known there alone. */
class FarLink implements Link, Awaited {
  done = false;
  readonly above: Link[] = [];
  constructor(
    readonly node: string,
    readonly link: number,
    readonly kind: string,
    readonly key: string,
  ) {}
  get actor(): Awaited {
    return this;
  }
  callers(): readonly Link[] {
    return this.above;
  }
}

const OVER: Link = { actor: { kind: "", key: "", callers: () => [] }, done: true };

/** The chains that one node sends and gets. */
export class Chains {
  readonly #node: string;
  readonly #numbers = new WeakMap<Link, number>();
  /** Our links that are part of calls on their way, each with how many of these. */
  readonly #sent = new Map<number, { link: Link; calls: number }>();
  #last = 0;

  constructor(node: string) {
    this.#node = node;
  }

  /** The chain of a call, and what is to be called when it has been answered. */
  send(from: Link): { readonly chain: readonly WireLink[]; readonly answered: () => void } {
    const links = [from];
    const chain: WireLink[] = [];
    const ours: number[] = [];
    for (let at = 0; at < links.length; at++) {
      const link = links[at]!;
      const above = link.actor.callers().filter(({ done }) => !done).flatMap((one) => {
        const known = links.indexOf(one);
        if (known >= 0) return [known];
        return links.length < MOST_LINKS ? [links.push(one) - 1] : [];
      });
      const { kind, key } = link.actor;
      if (link instanceof FarLink) {
        chain.push({ node: link.node, link: link.link, kind, key, above });
      } else {
        const number = this.#keep(link);
        ours.push(number);
        chain.push({ node: this.#node, link: number, kind, key, above });
      }
    }
    return { chain, answered: () => ours.forEach((number) => this.#forget(number)) };
  }

  /** A chain that has come: our own links in it are what they are at this moment. */
  receive(chain: readonly WireLink[]): Link | undefined {
    const links = chain.map(({ node, link, kind, key }) =>
      node === this.#node ? this.#sent.get(link)?.link ?? OVER : new FarLink(node, link, kind, key)
    );
    for (const [at, link] of links.entries()) {
      if (!(link instanceof FarLink)) continue;
      for (const above of chain[at]?.above ?? []) if (links[above]) link.above.push(links[above]);
    }
    return links[0];
  }

  #keep(link: Link): number {
    const number = this.#numbers.get(link) ?? ++this.#last;
    this.#numbers.set(link, number);
    const sent = this.#sent.get(number);
    if (sent === undefined) this.#sent.set(number, { link, calls: 1 });
    else sent.calls++;
    return number;
  }

  #forget(number: number): void {
    const sent = this.#sent.get(number);
    if (sent !== undefined && --sent.calls === 0) this.#sent.delete(number);
  }
}
