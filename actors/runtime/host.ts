/** All actors of one kind in this process: finds them, makes them, puts them away. */

import { Rejection } from "../../domain/errors.ts";
import type { Actor, Handler, Ref } from "./actor.ts";
import type { Breath } from "./breath.ts";
import { Call, Moved } from "./call.ts";
import { type ActorInfo, Cell, type CellPlace } from "./cell.ts";
import { caller, type Link, ringTo } from "./chain.ts";
import type { Chains } from "./chain_wire.ts";
import { type Clock, sleep } from "./clock.ts";
import type { Cluster } from "./cluster.ts";
import { DEADLINE_MS, type Deadlines } from "./deadlines.ts";
import { IdleQueue } from "./idle.ts";
import type { LifecycleLog } from "./lifecycle.ts";
import { Mail } from "./mailbox.ts";
import { checkedKey } from "./names.ts";
import { type ReferenceClass, referenceClass } from "./reference.ts";
import type { LocalActors } from "./local_actors.ts";
import { Remote } from "./remote.ts";
import { LEASE_MS, type ReminderStore } from "./reminders.ts";

/** How a caller wants its calls treated. */
export interface CallOptions {
  /**
   * Milliseconds after which the caller is told `timeout`, up to 50 late; default 5,000. A call
   * that has not begun by then never will; of one that has, the outcome is unknown.
   */
  readonly deadlineMs?: number;
  /**
   * When it aborts, the caller is told its reason, and a call that has not begun never will. One
   * that has begun goes on.
   */
  readonly signal?: AbortSignal;
}

/** The actors of one kind, as their callers have them. */
export interface Actors<On> {
  /**
   * The actor with this key; it is started by the first call, not by this. Throws `invalid` if
   * `key` is neither a UUID in lower case nor a slug (`a-z 0-9 - _`, at most 64).
   */
  get(key: string, options?: CallOptions): Ref<On>;
}

/** What all hosts of a system share. */
export interface HostPlace {
  readonly clock: Clock;
  readonly breath: Breath;
  readonly log: LifecycleLog;
  readonly deadlines: Deadlines;
  readonly reminders: ReminderStore;
  /** The other nodes, if there are any, and the chains of calls to and from them. */
  readonly cluster?: { readonly cluster: Cluster; readonly chains: Chains } | undefined;
}

/** So many actors of a kind move at the same time. */
const MOVE_AT_ONCE = 8;

/** The actors of one kind that live in this process. */
export class Host<On> implements Actors<On>, CellPlace, LocalActors {
  readonly actor: Actor<On>;
  readonly clock: Clock;
  readonly breath: Breath;
  readonly log: LifecycleLog;
  readonly deadlines: Deadlines;
  readonly reminders: ReminderStore;
  readonly idle: IdleQueue;
  readonly #cells = new Map<string, Cell>();
  readonly #Reference: ReferenceClass<On>;
  readonly #remote: Remote | undefined;
  #closed = false;

  constructor(actor: Actor<On>, place: HostPlace) {
    this.actor = actor;
    this.clock = place.clock;
    this.breath = place.breath;
    this.log = place.log;
    this.deadlines = place.deadlines;
    this.reminders = place.reminders;
    this.idle = new IdleQueue(place.clock, actor.idleAfter);
    this.#Reference = referenceClass<On>(actor.handlers, this);
    if (place.cluster !== undefined) {
      this.#remote = new Remote(this, place.cluster.cluster, place.cluster.chains);
    }
  }

  get kind(): string {
    return this.actor.kind;
  }

  get handlers(): readonly Handler[] {
    return this.actor.handlers;
  }

  get mailbox(): number {
    return this.actor.mailbox;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get shared(): boolean {
    return this.#remote !== undefined;
  }

  get(key: string, options: CallOptions = {}): Ref<On> {
    const { deadlineMs = DEADLINE_MS } = options;
    if (!(deadlineMs > 0)) throw new TypeError(`deadlineMs is ${deadlineMs}; it must be above 0`);
    return new this.#Reference(checkedKey(key), deadlineMs, options.signal);
  }

  /** Calls one handler. No code of the actor runs before this returns. */
  call(
    handler: Handler,
    key: string,
    input: unknown,
    deadlineMs: number,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const from = caller();
    if (this.#remote !== undefined) {
      return this.#callShared(this.#remote, handler, key, input, deadlineMs, signal, from);
    }
    const ring = ringTo(from, this.actor.kind, key);
    if (ring !== undefined) return Promise.reject(ring);
    const cell = this.#cell(key);
    if (cell === undefined) return Promise.reject(new Rejection("shutting_down"));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const mail = new Mail(handler, input, this.clock.now() + deadlineMs, resolve, reject, from);
    cell.accept(mail);
    if (signal !== undefined) {
      const withdraw = () => cell.withdraw(mail, signal.reason);
      const forget = () => signal.removeEventListener("abort", withdraw);
      signal.addEventListener("abort", withdraw, { once: true });
      promise.then(forget, forget);
    }
    return promise;
  }

  /** The same where the actor may live elsewhere, or be about to. */
  #callShared(
    remote: Remote,
    handler: Handler,
    key: string,
    input: unknown,
    deadlineMs: number,
    signal: AbortSignal | undefined,
    from: Link | undefined,
  ): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const deadline = this.clock.now() + deadlineMs;
    const call = new Call(handler, key, input, deadline, from, signal, resolve, reject);
    if (this.#cells.has(key) && !remote.underWay(key)) this.deliver(call);
    else remote.call(call);
    return promise;
  }

  /** Puts a call into the mailbox of an actor that lives here; one that moves sends it on. */
  deliver(call: Call): void {
    const { handler, key, input, deadline, from } = call;
    const ring = ringTo(from, this.actor.kind, key);
    const cell = this.#cells.get(key);
    if (ring !== undefined) return call.reject(ring);
    if (cell === undefined) return this.#remote?.call(call);
    const refuse = (reason: unknown) => {
      if (reason instanceof Moved) this.#remote?.call(call);
      else call.reject(reason);
    };
    const mail = new Mail(handler, input, deadline, (reply) => call.resolve(reply), refuse, from);
    if (call.signal !== undefined) call.withdraw = (reason) => cell.withdraw(mail, reason);
    cell.accept(mail);
  }

  find(key: string): Cell | undefined {
    return this.#cells.get(key);
  }

  begin(key: string): void {
    this.#cell(key);
  }

  gone(cell: Cell): void {
    if (this.#cells.get(cell.key) !== cell) return; // it was left behind before
    this.#cells.delete(cell.key);
    this.#remote?.ended(cell.key);
  }

  inspect(): ActorInfo[] {
    return Array.from(this.#cells.values(), (cell) => cell.inspect());
  }

  /** Runs a reminder that is due, as a message with the time of its lease; resolves when it has. */
  async remind(key: string, name: string): Promise<void> {
    const handler = this.actor.reminders.get(name);
    // set by an older release: there is nothing left that it could do
    if (handler !== undefined) await this.call(handler, key, undefined, LEASE_MS, undefined);
  }

  /** Ends the present life of an actor, and begins another; whether it lives here. */
  restart(key: string): boolean {
    const cell = this.#cells.get(key);
    cell?.restart();
    return cell !== undefined;
  }

  /** Has an actor crash, as its own code might; whether it lives here. */
  crash(key: string): boolean {
    const cell = this.#cells.get(key);
    cell?.crash();
    return cell !== undefined;
  }

  /**
   * Has all actors go on elsewhere, a few at a time. What idles there begins when it is needed;
   * what does something by itself begins at once.
   */
  async move(signal: AbortSignal, patienceMs: number): Promise<void> {
    const cells = [...this.#cells.values()];
    const movers = Array.from({ length: MOVE_AT_ONCE }, async () => {
      for (let cell = cells.pop(); cell !== undefined; cell = cells.pop()) {
        if (signal.aborted) return;
        if (this.#cells.get(cell.key) !== cell) continue; // it has ended by itself meanwhile
        const isActive = cell.active;
        await this.#moved(cell, patienceMs);
        if (isActive) await this.#remote?.handOver(cell.key);
      }
    });
    await Promise.all(movers);
  }

  async #moved(cell: Cell, patienceMs: number): Promise<void> {
    const over = new AbortController();
    const late = sleep(this.clock, patienceMs, over.signal).then(() => !over.signal.aborted);
    const isLate = await Promise.race([cell.move().then(() => false), late]);
    over.abort();
    if (!isLate) return;
    cell.abandon();
    this.gone(cell);
  }

  /** Makes no new actors from now on; those that live go on. */
  close(): void {
    this.#closed = true;
  }

  /** Makes new actors again. */
  open(): void {
    this.#closed = false;
  }

  /** Lets all actors serve what waits for them and end. */
  async drain(): Promise<void> {
    await Promise.all(Array.from(this.#cells.values(), (cell) => cell.shutDown()));
    await this.#remote?.close();
  }

  /** Ends what has not drained. */
  kill(): void {
    for (const cell of this.#cells.values()) cell.kill();
    this.idle.close();
  }

  /** The actor, here. In a cluster this is called when the claim is ours, and not before. */
  #cell(key: string): Cell | undefined {
    const found = this.#cells.get(key);
    if (found !== undefined || this.#closed) return found;
    const cell = new Cell(this, key);
    this.#cells.set(key, cell);
    return cell;
  }
}
