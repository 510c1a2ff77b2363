/** One actor of this process: its mailbox, and its lives one after the other. */

import { Rejection } from "../../domain/errors.ts";
import { Activation } from "./activation.ts";
import { Moved } from "./call.ts";
import { sleep } from "./clock.ts";
import type { Deadlines, Expiring } from "./deadlines.ts";
import { Durations } from "./durations.ts";
import { asHeard, isOwnFence } from "./fences.ts";
import type { Happened } from "./lifecycle.ts";
import { type Mail, Mailbox } from "./mailbox.ts";
import type { End, Place } from "./place.ts";
import { ACTOR_INTENSITY, REST_MS, Restarts } from "./supervisor.ts";
import { TURN } from "./timers.ts";

/** What can be seen of an actor from outside. */
export interface ActorInfo {
  readonly kind: string;
  readonly key: string;
  readonly phase: "starting" | "serving" | "stopping" | "backing-off" | "resting";
  /** When its present life began, in milliseconds since 1970; `undefined` between two lives. */
  readonly since: number | undefined;
  /** What its state says of its epoch; `undefined` where it has none, and between two lives. */
  readonly epoch: number | undefined;
  /** Messages that wait, and how many may. */
  readonly mailbox: number;
  readonly mailboxBound: number;
  /** Messages that have been handled since it came to this process. */
  readonly handled: number;
  readonly crashes: number;
  /** When it crashed last, in milliseconds since 1970, and of what. */
  readonly crashedAt: number | undefined;
  readonly lastError: string | undefined;
  /** How long its handlers took lately, in milliseconds; `undefined` before the first. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

/** What a cell needs from its host. */
export interface CellPlace extends Place {
  readonly deadlines: Deadlines;
  /** Whether other nodes may have the actor, too. */
  readonly shared: boolean;
  /** Nothing is left of the cell; the next message needs a new one. */
  gone(cell: Cell): void;
}

/**
 * One actor, from its first message until it has passivated or rested. It is the supervisor of its
 * {@linkcode Activation}s: the mailbox and the memory of crashes are here because they outlive them.
 */
export class Cell implements Expiring {
  readonly key: string;
  readonly mailbox: Mailbox;
  readonly durations = new Durations();
  readonly #place: CellPlace;
  #life: Activation | undefined;
  #restarts: Restarts | undefined;
  /** What every caller is told; there while the actor takes no messages. */
  #refusal: (() => Rejection) | undefined;
  #resting = false;
  #stopping = false;
  /** When it was told to go on elsewhere. */
  #movedAt = 0;
  /** What waits for the cell to be gone; there once somebody does. */
  #departure: PromiseWithResolvers<void> | undefined;
  /** Cuts a back-off or a rest short; there while one lasts. */
  #pause: AbortController | undefined;
  #handled = 0;
  #crashes = 0;
  #crashedAt: number | undefined;
  #lastError: string | undefined;

  constructor(place: CellPlace, key: string) {
    this.#place = place;
    this.key = key;
    this.mailbox = new Mailbox(place.actor.mailbox);
    queueMicrotask(() => this.#next(true)); // no code of the actor runs on its caller's stack
  }

  /** Takes a message, or answers it at once: `busy`, or why the actor takes none. */
  accept(mail: Mail): void {
    if (this.#refusal !== undefined) return mail.reject(this.#refusal());
    // those outside may call again without an end; an actor that stops may need it to finish
    if (this.#stopping && mail.caller === undefined && mail.handler !== TURN) {
      return mail.reject(shuttingDown());
    }
    if (this.mailbox.full) {
      const { kind } = this.#place.actor;
      return mail.reject(
        new Rejection("busy", `${this.mailbox.size} messages wait for ${kind}/${this.key} already`),
      );
    }
    this.mailbox.put(mail);
    this.#place.deadlines.watch(this);
    this.#life?.wake();
  }

  /** Answers a message with `reason`, and drops it if it has not begun. */
  withdraw(mail: Mail, reason: unknown): void {
    this.mailbox.drop((waiting) => waiting === mail);
    mail.abandon(reason);
  }

  expire(now: number): boolean {
    this.mailbox.drop((mail) => mail.expired(now));
    const serving = this.#life?.serving ?? [];
    for (const mail of serving) mail.expired(now); // it goes on, but its caller has heard
    return this.mailbox.size > 0 || serving.length > 0;
  }

  /** Serves what waits, without another life after that; resolves when the cell is gone. */
  shutDown(): Promise<void> {
    this.#stopping = true;
    this.#pause?.abort();
    this.#life?.drain();
    this.#departure ??= Promise.withResolvers();
    return this.#departure.promise;
  }

  /**
   * Ends after the message that is being handled, and tells what waits that it has to look for the
   * actor elsewhere; resolves when the cell is gone.
   */
  move(): Promise<void> {
    this.#movedAt = this.#place.clock.now();
    this.#refuse(moved);
    return this.shutDown();
  }

  /** Does not wait any longer for what moves: whoever called it is told that its outcome is unknown. */
  abandon(): void {
    this.#life?.kill();
    this.#departure?.resolve();
  }

  /** Resolves when the cell is gone, if it moves; at once if it does not. */
  async moved(): Promise<void> {
    if (this.#moving) await this.#departure?.promise;
  }

  /** Whether it does something by itself, or has been asked to. */
  get active(): boolean {
    return this.mailbox.size > 0 || (this.#life?.active ?? false);
  }

  /** Begins a new life after the message that is being handled, or at once in a pause. */
  restart(): void {
    this.#pause?.abort();
    this.#life?.restart();
  }

  /** Has the present life crash, if there is one. */
  crash(): void {
    this.#life?.crash(new Error("Somebody asked this actor to crash"));
  }

  /** Ends at once what {@linkcode shutDown} could not end in time. */
  kill(): void {
    void this.shutDown();
    this.#refuse(shuttingDown);
    this.#life?.kill();
  }

  inspect(): ActorInfo {
    const life = this.#life;
    return {
      kind: this.#place.actor.kind,
      key: this.key,
      phase: life?.phase ??
        (this.#resting ? "resting" : this.#pause !== undefined ? "backing-off" : "starting"),
      since: life?.since,
      epoch: life?.epoch,
      mailbox: this.mailbox.size,
      mailboxBound: this.mailbox.bound,
      handled: this.#handled + (life?.handled ?? 0),
      crashes: this.#crashes,
      crashedAt: this.#crashedAt,
      lastError: this.#lastError,
      p50Ms: this.durations.quantile(0.5),
      p99Ms: this.durations.quantile(0.99),
    };
  }

  /** Begins the next life if it is `due` or mail waits for it; else the cell is gone. */
  #next(due: boolean): void {
    if (!this.#stopping && (due || this.mailbox.size > 0)) {
      this.#life = new Activation(this.#place, this);
      void this.#life.begin();
      return;
    }
    if (!this.#moving) this.#refuse(shuttingDown); // mail is left only when the system stops
    this.#place.gone(this);
    this.#departure?.resolve();
  }

  ended(end: End): void {
    this.#handled += this.#life?.handled ?? 0;
    this.#life = undefined;
    switch (end.reason) {
      case "idle":
        this.#tell({ event: "passivated" });
        return this.#next(false);
      case "shutdown":
        this.#tell(
          this.#moving
            ? { event: "moved", tookMs: this.#place.clock.now() - this.#movedAt }
            : { event: "shut-down" },
        );
        return this.#next(false);
      case "restart":
        this.#tell({ event: "restarted" });
        return this.#next(true);
      case "refused":
        this.#answerAll(() => asHeard(end.rejection));
        return this.#next(false);
      case "crash":
        if (this.#place.shared && isOwnFence(end.error)) return this.#fenced(end.error);
        void this.#recover(end.error).then((due) => this.#next(due));
        return;
      default:
        throw end satisfies never;
    }
  }

  /** Another node has the actor: what waits is to look for it there. */
  #fenced(error: unknown): void {
    this.#tell({ event: "fenced", error });
    this.#refuse(moved);
    this.#stopping = true;
    this.#next(false);
  }

  get #moving(): boolean {
    return this.#refusal === moved;
  }

  /** Waits as long as its restart intensity asks; says whether to start again. */
  async #recover(error: unknown): Promise<boolean> {
    const { clock } = this.#place;
    this.#crashes++;
    this.#crashedAt = clock.now();
    this.#lastError = error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
    this.#restarts ??= new Restarts(ACTOR_INTENSITY);
    const restartMs = this.#restarts.failed(clock);
    if (restartMs !== undefined) {
      this.#tell({ event: "crashed", error, restartMs });
      await this.#sleep(restartMs);
      // another life holds the epoch: to take it back unasked would be a fight without an end
      return !isOwnFence(error);
    }
    this.#tell({ event: "gave-up", error, restMs: REST_MS });
    const until = clock.now() + REST_MS;
    this.#refuse(() => {
      const retryAfterMs = Math.max(0, until - clock.now());
      return new Rejection("crashed", undefined, { retryAfterMs });
    });
    this.#resting = true;
    await this.#sleep(REST_MS);
    this.#resting = false;
    this.#refusal = undefined;
    this.#restarts = undefined; // who calls right now begins afresh, too
    return false;
  }

  async #sleep(ms: number): Promise<void> {
    this.#pause = new AbortController();
    if (this.#stopping) this.#pause.abort();
    await sleep(this.#place.clock, ms, this.#pause.signal);
    this.#pause = undefined;
  }

  #refuse(why: () => Rejection): void {
    this.#refusal = why;
    this.#answerAll(why);
  }

  #answerAll(why: () => Rejection): void {
    this.mailbox.drop((mail) => {
      mail.reject(why());
      return true;
    });
  }

  #tell(happened: Happened): void {
    this.#place.log({ kind: this.#place.actor.kind, key: this.key, ...happened });
  }
}

const moved = () => new Moved();
const shuttingDown = () => new Rejection("shutting_down");
