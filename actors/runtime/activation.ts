/** One life of an actor: start, serve the mailbox, stop. All that a crash throws away. */

import { Rejection } from "../../domain/errors.ts";
import type { Child, OwnedChild, Self, Timer } from "./actor.ts";
import { type Awaited, caller, type Link, ringTo, within } from "./chain.ts";
import { Children, type Owner } from "./children.ts";
import { DEADLINE_MS } from "./deadlines.ts";
import { asHeard, isOwnFence } from "./fences.ts";
import type { Passivating } from "./idle.ts";
import type { Happened } from "./lifecycle.ts";
import { answerEach, Mail } from "./mailbox.ts";
import type { Identity, Place, Stopped } from "./place.ts";
import { Timers, TURN } from "./timers.ts";

const NOTHING: readonly Mail[] = [];
const ignore = () => {};

/** One life of an actor. It is its own {@linkcode Self}: the part that the actor's code may see. */
export class Activation implements Self, Awaited, Passivating, Owner {
  readonly kind: string;
  readonly key: string;
  readonly since: number;
  readonly #place: Place;
  readonly #identity: Identity;
  /** The messages that have begun and are not finished. */
  serving = NOTHING;
  /** How many messages have been handled. */
  handled = 0;
  phase: "starting" | "serving" | "stopping" = "starting";
  #state: unknown;
  /** Why it is to end; looked at between messages. */
  #end: Stopped | undefined;
  #draining = false;
  #aborted = false;
  /** Whether it serves, starts or ends: false only while it waits for mail. */
  #busy = true;
  // Most actors never use these three, so most never pay for them.
  #controller: AbortController | undefined;
  #timers: Timers | undefined;
  #children: Children | undefined;

  constructor(place: Place, identity: Identity) {
    this.kind = place.actor.kind;
    this.key = identity.key;
    this.since = place.clock.now();
    this.#place = place;
    this.#identity = identity;
  }

  /**
   * Starts, and serves what waits. Nothing of it is suspended while it waits for mail: an idle actor
   * costs its objects and no stack. To be called once; never rejects.
   */
  async begin(): Promise<void> {
    const { actor } = this.#place;
    const starting: Link = { actor: this, done: false };
    let state: unknown;
    try {
      state = await within(starting, actor.start, this.key, this);
    } catch (error) {
      starting.done = true;
      const refused = error instanceof Rejection;
      // it may have thrown only because it was told to end
      const end = this.#end ??
        (refused ? { reason: "refused", rejection: error } : { reason: "crash", error });
      await this.#close();
      return this.#identity.ended(end);
    }
    starting.done = true;
    this.#state = state;
    this.phase = "serving";
    this.tell({ event: "started" });
    await this.#serve();
  }

  /** The epoch that `start` took, where the state keeps it under that name (A2). */
  get epoch(): number | undefined {
    const state = this.#state;
    if (typeof state !== "object" || state === null || !("epoch" in state)) return undefined;
    return typeof state.epoch === "number" ? state.epoch : undefined;
  }

  callers(): readonly Link[] {
    const handled = this.serving.flatMap((mail) => mail.caller ?? []);
    return [...handled, ...this.#identity.mailbox.callers()];
  }

  /** Says that a message has been put into the mailbox. */
  wake(): void {
    this.#place.idle.remove(this);
    this.#continue();
  }

  passivate(): boolean {
    if (this.#busy) return false;
    this.#finish({ reason: "idle" });
    return true;
  }

  /** Ends after the message that is being handled, to begin anew. */
  restart(): void {
    this.#finish({ reason: "restart" });
    this.#abort(); // a handler that runs need not go on to its end
  }

  /** Crashes as if a message had. */
  crash(error: unknown): void {
    this.#finish({ reason: "crash", error });
    this.#abort();
  }

  /** Lets it serve what waits, and then end. */
  drain(): void {
    this.#draining = true;
    this.#continue();
  }

  /** Does not wait for a handler any longer: tells it, and its callers, and takes nothing new. */
  kill(): void {
    this.#finish({ reason: "shutdown" });
    for (const mail of this.serving) mail.abandon(new Rejection("timeout"));
    this.#abort();
    this.#children?.abortAll();
  }

  // What the actor's own code may use.

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort();
    return this.#controller.signal;
  }

  turn<Reply>(turn: () => Reply | Promise<Reply>): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const deadline = this.#place.clock.now() + DEADLINE_MS;
    const from = caller();
    const ring = ringTo(from, this.kind, this.key);
    if (ring !== undefined) reject(ring);
    else if (this.phase === "stopping") reject(new Rejection("moved"));
    else this.#identity.accept(new Mail(TURN, turn, deadline, resolve, reject, from));
    promise.catch(ignore); // a child that does not wait for its turn need not catch either
    return promise as Promise<Reply>;
  }

  after(ms: number, turn: () => unknown): Timer {
    if (this.phase === "stopping") return { cancel: ignore };
    this.#timers ??= new Timers(
      this.#place.clock,
      this.#identity.mailbox,
      () => this.#continue(),
    );
    return this.#timers.set(ms, () => this.#timed(turn));
  }

  async remind(name: string, ms: number): Promise<void> {
    const { kind, key } = this;
    if (!this.#place.actor.reminders.has(name)) {
      throw new TypeError(`"${kind}" has no reminder "${name}"`);
    }
    if (!Number.isFinite(ms)) throw new TypeError(`A reminder in ${ms} ms; it must be a time`);
    await this.#place.reminders.set({ kind, key, name }, ms);
  }

  async forget(name: string): Promise<void> {
    await this.#place.reminders.clear({ kind: this.kind, key: this.key, name });
  }

  own(child: Child): OwnedChild {
    if (this.phase === "stopping") {
      throw new Rejection(
        "moved",
        `${this.kind}/${this.key} has stopped; "${child.name}" cannot start`,
      );
    }
    this.#place.idle.remove(this);
    this.#children ??= new Children(this.#place.clock, this);
    return this.#children.own(child);
  }

  // What its children tell it.

  childFailed(error: unknown): void {
    if (this.phase !== "stopping") this.crash(error);
  }

  childEnded(): void {
    if (!this.#busy) this.#idleIfAlone();
  }

  tell(happened: Happened): void {
    this.#place.log({ kind: this.kind, key: this.key, ...happened });
  }

  /** Handles what waits, until nothing does or the life is to end. */
  async #serve(): Promise<void> {
    const { clock, breath } = this.#place;
    const { mailbox, durations } = this.#identity;
    let now = clock.now();
    while (this.#end === undefined) {
      if (breath.due(now)) {
        await breath.draw();
        now = clock.now();
        continue; // it may have been ended meanwhile
      }
      const mails = mailbox.next(now);
      const [first] = mails;
      if (first === undefined) {
        if (!this.#draining) {
          this.#busy = false;
          return this.#idleIfAlone();
        }
        this.#finish({ reason: "shutdown" });
        break;
      }
      this.serving = mails;
      const link: Link = { actor: this, done: false };
      try {
        const { batch } = first.handler;
        const input = batch ? mails.map((mail) => mail.input) : first.input;
        const reply = await within(link, first.handler.handle, this.#state, input, this);
        if (batch) answerEach(mails, reply);
        else first.resolve(reply);
      } catch (error) {
        this.#failed(mails, error);
      }
      link.done = true;
      this.handled += mails.length;
      this.serving = NOTHING;
      const ended = clock.now();
      durations.add(ended - now);
      now = ended;
    }
    await this.#conclude(this.#end ?? { reason: "shutdown" });
  }

  async #conclude(end: Stopped): Promise<void> {
    await this.#close();
    const stopping: Link = { actor: this, done: false };
    try {
      await within(stopping, this.#place.actor.stop, this.#state, end.reason, this);
    } catch (error) {
      this.tell({ event: "stop-failed", error });
    }
    stopping.done = true;
    this.#identity.ended(end);
  }

  /** Serves again what may have come, but never on the stack of who brought it. */
  #continue(): void {
    if (this.#busy) return;
    this.#busy = true;
    queueMicrotask(() => void this.#serve());
  }

  /** Ends the life after the message that is being handled. The first reason stands. */
  #finish(end: Stopped): void {
    this.#end ??= end;
    this.#continue();
  }

  /** A `Rejection` refuses the callers and no more; anything else is a crash. */
  #failed(mails: readonly Mail[], error: unknown): void {
    // The one refusal that is a crash: what this life holds in memory is no longer true.
    const refused = error instanceof Rejection;
    if (!refused || isOwnFence(error)) this.#finish({ reason: "crash", error });
    // The defect itself is for the log; its message may hold what a caller must not see.
    const reply = refused ? asHeard(error) : new Rejection("crashed");
    for (const mail of mails) mail.reject(reply);
  }

  /** Runs a timer's turn, which has no caller who could be refused. */
  async #timed(turn: () => unknown): Promise<void> {
    try {
      await turn();
    } catch (error) {
      if (!(error instanceof Rejection) || isOwnFence(error)) throw error;
      this.tell({ event: "timer-refused", error });
    }
  }

  /** Ends all that runs beside the mailbox, and takes nothing new of that kind. */
  async #close(): Promise<void> {
    this.phase = "stopping";
    this.#place.idle.remove(this);
    this.#abort();
    this.#timers?.cancelAll();
    // Turns close over a state that is gone; messages wait for the next life.
    this.#identity.mailbox.drop((mail) => {
      if (mail.handler !== TURN) return false;
      mail.reject(new Rejection("moved"));
      return true;
    });
    await this.#children?.stopAll();
  }

  #abort(): void {
    this.#aborted = true;
    this.#controller?.abort();
  }

  /** Counts the time to passivation from now, unless a child keeps the actor alive. */
  #idleIfAlone(): void {
    if (!this.#children?.size) this.#place.idle.add(this);
  }
}
