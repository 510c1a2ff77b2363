/** The way of calls to one actor that does not live here, or of which it is not known where. */
import { isRejection, Rejection } from "../../domain/errors.ts";
import { type Call, Moved } from "./call.ts";
import type { Chains } from "./chain_wire.ts";
import type { Claim } from "./claims.ts";
import { type Clock, sleep } from "./clock.ts";
import type { Cluster } from "./cluster.ts";
import type { Deadlines, Expiring } from "./deadlines.ts";
import { decodeAnswer, encode, type WireCall } from "./remote_wire.ts";
import { subjectOf } from "./residence.ts";

/** The first wait before an owner that was not there is looked for again, and the longest, in ms. */
const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 250;

/** What a route needs of its surroundings. */
export interface RoutePlace {
  readonly kind: string;
  readonly cluster: Cluster;
  readonly chains: Chains;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** How many calls may wait for one actor. */
  readonly mailbox: number;
  /** A word by which a call can be withdrawn, and no other of this kind. */
  word(): string;
  /**
   * The claim that holds: the one there is, or a new one. `unheard`: its owner was not, and may be
   * gone. Rejects when nobody can say.
   */
  find(unheard: boolean): Promise<Claim>;
  /** The claim is ours: the actor begins, and `calls` are its first, once they are taken. */
  settle(claim: Claim, calls: () => readonly Call[]): void;
}

/**
 * Keeps the order of calls, whatever happens on the way: while it is not known where the actor
 * lives they wait, and those that went to an owner in vain take their places again. Nothing goes to
 * a new owner before the old one has answered all that it was sent, or is gone.
 */
export class Route implements Expiring {
  readonly #key: string;
  readonly #place: RoutePlace;
  /** Where the actor lives, as long as nothing speaks against it. */
  #claim: Claim | undefined;
  /** Whom the calls in `#sent` went to. */
  #sentTo: Claim | undefined;
  /** In their order, each with its number in it. */
  readonly #sent = new Map<Call, number>();
  #returned: { readonly call: Call; readonly nth: number }[] = [];
  #waiting: Call[] = [];
  #searching = false;
  /** Whether the owner was not there since it was looked for; and how often in a row. */
  #missed = false;
  #misses = 0;
  #nth = 0;
  /** Resolves when nothing is sent any more; there while somebody waits for it. */
  #allAnswered: PromiseWithResolvers<void> | undefined;

  constructor(key: string, place: RoutePlace) {
    this.#key = key;
    this.#place = place;
  }

  /** Whether no call is on its way. */
  get idle(): boolean {
    return !this.#searching && this.#sent.size === 0;
  }

  take(call: Call): void {
    if (this.#claim !== undefined && !this.#searching) return this.#send(call, this.#claim);
    const waiting = this.#waiting.length;
    if (waiting >= this.#place.mailbox) {
      const where = `${this.#place.kind}/${this.#key}`;
      return call.reject(new Rejection("busy", `${waiting} calls wait for ${where} already`));
    }
    this.#waiting.push(call);
    this.#search();
  }

  /** That node is gone: what it was asked has an unknown outcome. */
  lose(node: string): void {
    if (this.#sentTo?.node !== node) return;
    this.#claim = undefined;
    for (const call of [...this.#sent.keys()]) {
      call.reject(new Rejection("timeout", "The node that was asked is gone"));
      this.#done(call);
    }
  }

  expire(now: number): boolean {
    const expired = (call: Call) => {
      if (!call.settled && now < call.deadline) return false;
      call.reject(new Rejection("timeout"));
      return true;
    };
    this.#waiting = this.#waiting.filter((call) => !expired(call));
    this.#returned = this.#returned.filter(({ call }) => !expired(call));
    return this.#waiting.length > 0 || this.#returned.length > 0;
  }

  #send(call: Call, claim: Claim): void {
    if (call.settled) return;
    const { kind, clock, chains, cluster: { bus } } = this.#place;
    const deadlineMs = call.deadline - clock.now();
    if (deadlineMs <= 0) return call.reject(new Rejection("timeout"));
    const subject = subjectOf(kind, this.#key, claim);
    const nth = this.#nth++;
    const sent = call.from && chains.send(call.from);
    const word = call.signal && this.#place.word();
    if (word !== undefined) {
      // whether it is too late for that is of no interest
      call.withdraw = () => void bus.request(subject, encode({ x: word })).catch(ignore);
    }
    const message: WireCall = {
      h: call.handler.name,
      i: call.input,
      d: deadlineMs,
      ...(sent && { c: sent.chain }),
      ...(word && { w: word }),
    };
    let data: Uint8Array;
    try {
      data = encode(message);
    } catch (error) {
      sent?.answered();
      return call.reject(error); // the input is no plain data
    }
    this.#sentTo = claim;
    this.#sent.set(call, nth);
    bus.request(subject, data, { deadlineMs }).then(
      (answer) => {
        sent?.answered();
        this.#heard(call, answer);
        this.#done(call);
      },
      (error) => {
        sent?.answered();
        this.#unheard(call, claim, error);
        this.#done(call);
      },
    );
  }

  #heard(call: Call, data: Uint8Array): void {
    try {
      call.resolve(decodeAnswer(data));
    } catch (error) {
      if (error instanceof Moved) {
        this.#missed = true; // it may take a moment until it is elsewhere
        return this.#back(call);
      }
      call.reject(error);
    }
    this.#misses = 0;
  }

  /** The bus itself has refused. */
  #unheard(call: Call, claim: Claim, error: unknown): void {
    if (isRejection(error, "unavailable") && this.#place.cluster.bus.connected) {
      this.#missed = true;
      return this.#back(call);
    }
    if (isRejection(error, "timeout") && this.#claim === claim) {
      this.#missed = true;
      this.#claim = undefined; // the next call has it read again
    }
    call.reject(error);
  }

  /** It has not begun: it takes its place again before those that were made later. */
  #back(call: Call): void {
    if (call.settled) return;
    this.#returned.push({ call, nth: this.#sent.get(call) ?? 0 });
    this.#claim = undefined;
    this.#search();
  }

  #done(call: Call): void {
    if (!this.#sent.delete(call) || this.#sent.size > 0) return;
    this.#allAnswered?.resolve();
    this.#allAnswered = undefined;
  }

  #search(): void {
    this.#place.deadlines.watch(this);
    if (this.#searching) return;
    this.#searching = true;
    void this.#searchOn();
  }

  async #searchOn(): Promise<void> {
    while (this.#waiting.length > 0 || this.#returned.length > 0) {
      try {
        await this.#pause();
        const claim = await this.#place.find(this.#misses > 0);
        await this.#settled(claim);
        if (claim.node !== this.#place.cluster.members.id) {
          this.#claim = claim;
          for (const call of this.#inOrder()) this.#send(call, claim);
        } else this.#place.settle(claim, () => this.#inOrder());
      } catch (error) {
        for (const call of this.#inOrder()) call.reject(error);
      }
    }
    this.#searching = false;
  }

  /** An owner that was not there may have just begun, or be about to come back. */
  async #pause(): Promise<void> {
    if (this.#missed) this.#misses++;
    this.#missed = false;
    if (this.#misses === 0) return;
    const ms = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#misses - 1));
    await sleep(this.#place.clock, ms, NEVER);
  }

  /** Resolves when what was sent before cannot come after what is to be sent to `next`. */
  async #settled(next: Claim): Promise<void> {
    const same = this.#sentTo?.node === next.node && this.#sentTo.revision === next.revision;
    if (same && this.#returned.length === 0) return;
    while (this.#sent.size > 0) {
      this.#allAnswered ??= Promise.withResolvers();
      await this.#allAnswered.promise;
    }
  }

  /** Takes out all that waits. */
  #inOrder(): Call[] {
    const returned = this.#returned.sort((a, b) => a.nth - b.nth).map(({ call }) => call);
    const calls = [...returned, ...this.#waiting];
    this.#returned = [];
    this.#waiting = [];
    return calls;
  }
}

const NEVER = new AbortController().signal;
const ignore = () => {};
