/** One life of an actor: start, serve the mailbox, stop. All that a crash throws away. */

import { isRejection, Rejection } from "../../domain/errors.ts";
import type { Actor, Child, Handler, OwnedChild, Self, Timer } from "./actor.ts";
import type { Clock } from "./clock.ts";
import { DEADLINE_MS } from "./deadlines.ts";
import type { IdleQueue, Passivating } from "./idle.ts";
import type { Happened, LifecycleLog } from "./lifecycle.ts";
import { answerEach, Mail, type Mailbox } from "./mailbox.ts";
import { CHILD_STOP_MS, type ChildEvents, SupervisedChild } from "./supervisor.ts";

/** Why a life that had begun ended. */
type Stopped =
  | { readonly reason: "idle" | "shutdown" }
  | { readonly reason: "crash"; readonly error: unknown };

/** Why a life ended. `refused`: `start` threw a `Rejection`, which is meant for the callers. */
export type End = Stopped | { readonly reason: "refused"; readonly rejection: Rejection };

/** What an activation needs from the place where it lives. */
export interface Place {
  readonly actor: Actor<unknown>;
  readonly clock: Clock;
  readonly log: LifecycleLog;
  readonly idle: IdleQueue;
}

/** What an activation needs from the actor whose life it is. */
export interface Identity {
  readonly key: string;
  readonly mailbox: Mailbox;
  accept(mail: Mail): void;
}

/** Code of the actor's own that travels through its mailbox; see {@linkcode Self.turn}. */
const TURN: Handler = {
  name: "turn",
  batch: false,
  most: 1,
  handle: (_state, turn) => (turn as () => unknown)(),
};

const NOTHING: readonly Mail[] = [];
const ignore = () => {};

/** One life of an actor. It is its own {@linkcode Self}: the part that the actor's code may see. */
export class Activation implements Self, Passivating, ChildEvents {
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
  /** Why it is to end; looked at between messages. */
  #end: Stopped | undefined;
  #draining = false;
  #aborted = false;
  /** Ends the wait for mail; there while nothing is to be done. */
  #resume: (() => void) | undefined;
  // Most actors never use these three, so most never pay for them.
  #controller: AbortController | undefined;
  #timers: Set<Timer> | undefined;
  #children: SupervisedChild[] | undefined;

  constructor(place: Place, identity: Identity) {
    this.kind = place.actor.kind;
    this.key = identity.key;
    this.since = place.clock.now();
    this.#place = place;
    this.#identity = identity;
  }

  /** Lives, and tells why it ended; never rejects. To be called once. */
  async run(): Promise<End> {
    const { actor } = this.#place;
    let state: unknown;
    try {
      state = await actor.start(this.key, this);
    } catch (error) {
      await this.#close();
      return error instanceof Rejection
        ? { reason: "refused", rejection: error }
        : { reason: "crash", error };
    }
    this.phase = "serving";
    this.#tell({ event: "started" });
    const end = await this.#serve(state);
    await this.#close();
    try {
      await actor.stop(state, end.reason, this);
    } catch (error) {
      this.#tell({ event: "stop-failed", error });
    }
    return end;
  }

  /** Says that a message has been put into the mailbox. */
  wake(): void {
    this.#place.idle.remove(this);
    this.#continue();
  }

  passivate(): boolean {
    if (this.#resume === undefined) return false;
    this.#finish({ reason: "idle" });
    return true;
  }

  /** Lets it serve what waits, and then end. */
  drain(): void {
    this.#draining = true;
    this.#continue();
  }

  /** Does not wait for a handler any longer: tells it, and its callers, and takes nothing new. */
  kill(): void {
    this.#finish({ reason: "shutdown" });
    for (const mail of this.serving) mail.reject(new Rejection("timeout"));
    this.#abort();
    for (const child of this.#children?.toReversed() ?? []) child.abort();
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
    if (this.phase === "stopping") reject(new Rejection("moved"));
    else this.#identity.accept(new Mail(TURN, turn, deadline, resolve, reject));
    promise.catch(ignore); // a child that does not wait for its turn need not catch either
    return promise as Promise<Reply>;
  }

  after(ms: number, turn: () => unknown): Timer {
    if (this.phase === "stopping") return { cancel: ignore };
    const timers = this.#timers ??= new Set();
    if (timers.size >= this.#identity.mailbox.bound) {
      throw new Rejection("busy", `${this.kind}/${this.key} has set ${timers.size} timers already`);
    }
    const { mailbox } = this.#identity;
    const run = () => {
      timers.delete(timer); // not before: one that waits behind a slow handler still counts
      return this.#timed(turn);
    };
    const mail = new Mail(TURN, run, Infinity, ignore, ignore);
    const unset = this.#place.clock.timer(ms, () => {
      // Neither refused by a full mailbox, since the timers have a bound of their own, nor a use of
      // the actor, since a timer that repeats would keep it from passivating.
      mailbox.put(mail);
      this.#continue();
    });
    const timer = {
      cancel() {
        if (!timers.delete(timer)) return;
        unset();
        mailbox.drop((waiting) => waiting === mail);
      },
    };
    timers.add(timer);
    return timer;
  }

  own(child: Child): OwnedChild {
    if (this.phase === "stopping") {
      throw new Rejection(
        "moved",
        `${this.kind}/${this.key} has stopped; "${child.name}" cannot start`,
      );
    }
    this.#place.idle.remove(this);
    const owned = new SupervisedChild(child, this.#place.clock, this);
    (this.#children ??= []).push(owned);
    return owned;
  }

  // What its children tell it.

  failed(child: SupervisedChild, error: unknown, restartMs: number | undefined): void {
    this.#tell({ event: "child-crashed", child: child.name, error, restartMs });
    if (restartMs !== undefined || this.phase === "stopping") return;
    this.#finish({ reason: "crash", error });
    this.#abort(); // a handler that runs need not go on to its end
  }

  ended(child: SupervisedChild): void {
    this.#children = this.#children?.filter((other) => other !== child);
    if (this.#resume !== undefined) this.#idleIfAlone();
  }

  stuck(child: SupervisedChild): void {
    this.#tell({ event: "child-stuck", child: child.name, waitedMs: CHILD_STOP_MS });
    this.ended(child);
  }

  async #serve(state: unknown): Promise<Stopped> {
    const { clock } = this.#place;
    const { mailbox } = this.#identity;
    while (this.#end === undefined) {
      const mails = mailbox.next(clock.now());
      const [first] = mails;
      if (first === undefined) {
        if (this.#draining) this.#finish({ reason: "shutdown" });
        else await this.#mail();
        continue;
      }
      this.serving = mails;
      try {
        const { handler } = first;
        if (handler.batch) {
          answerEach(mails, await handler.handle(state, mails.map((mail) => mail.input), this));
        } else {
          first.resolve(await handler.handle(state, first.input, this));
        }
      } catch (error) {
        this.#failed(mails, error);
      }
      this.handled += mails.length;
      this.serving = NOTHING;
    }
    return this.#end;
  }

  /** Resolves when there may be something to do. */
  #mail(): Promise<void> {
    this.#idleIfAlone();
    return new Promise((resolve) => this.#resume = resolve);
  }

  #continue(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  /** Ends the life after the message that is being handled. The first reason stands. */
  #finish(end: Stopped): void {
    this.#end ??= end;
    this.#continue();
  }

  /** A `Rejection` refuses the callers and no more; anything else is a crash. */
  #failed(mails: readonly Mail[], error: unknown): void {
    // The one refusal that is a crash: what this life holds in memory is no longer true.
    const fenced = isRejection(error, "fenced");
    const refused = error instanceof Rejection;
    if (!refused || fenced) this.#finish({ reason: "crash", error });
    // The defect itself is for the log; its message may hold what a caller must not see.
    const reply = refused ? error : new Rejection("crashed");
    for (const mail of mails) mail.reject(reply);
  }

  /** Runs a timer's turn, which has no caller who could be refused. */
  async #timed(turn: () => unknown): Promise<void> {
    try {
      await turn();
    } catch (error) {
      if (!(error instanceof Rejection) || error.code === "fenced") throw error;
      this.#tell({ event: "timer-refused", error });
    }
  }

  /** Ends all that runs beside the mailbox, and takes nothing new of that kind. */
  async #close(): Promise<void> {
    this.phase = "stopping";
    this.#place.idle.remove(this);
    this.#abort();
    for (const timer of this.#timers ?? []) timer.cancel();
    // Turns close over a state that is gone; messages wait for the next life.
    this.#identity.mailbox.drop((mail) => {
      if (mail.handler !== TURN) return false;
      mail.reject(new Rejection("moved"));
      return true;
    });
    for (const child of this.#children?.toReversed() ?? []) await child.stop();
  }

  #abort(): void {
    this.#aborted = true;
    this.#controller?.abort();
  }

  /** Counts the time to passivation from now, unless a child keeps the actor alive. */
  #idleIfAlone(): void {
    if (!this.#children?.length) this.#place.idle.add(this);
  }

  #tell(happened: Happened): void {
    this.#place.log({ kind: this.kind, key: this.key, ...happened });
  }
}
