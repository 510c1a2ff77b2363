/** The timers of one life: bounded, run as turns through the mailbox, gone with the life (A10). */
import { Rejection } from "../../domain/errors.ts";
import type { Handler, Timer } from "./actor.ts";
import type { Clock } from "./clock.ts";
import { Mail, type Mailbox } from "./mailbox.ts";

/** Code of the actor's own that travels through its mailbox; see `Self.turn`. */
export const TURN: Handler = {
  name: "turn",
  batch: false,
  most: 1,
  handle: (_state, turn) => (turn as () => unknown)(),
};

const ignore = () => {};

export class Timers {
  readonly #clock: Clock;
  readonly #mailbox: Mailbox;
  readonly #due: () => void;
  readonly #set = new Set<Timer>();

  /** @param due called when a turn has been put into `mailbox` */
  constructor(clock: Clock, mailbox: Mailbox, due: () => void) {
    this.#clock = clock;
    this.#mailbox = mailbox;
    this.#due = due;
  }

  /** Throws `busy` when as many are set as the mailbox may hold messages. */
  set(ms: number, turn: () => unknown): Timer {
    if (!(ms >= 0)) throw new TypeError(`A timer in ${ms} ms; it must be 0 or above`);
    if (this.#set.size >= this.#mailbox.bound) {
      throw new Rejection("busy", `It has set ${this.#set.size} timers already`);
    }
    const run = () => {
      this.#set.delete(timer); // not before: one that waits behind a slow handler still counts
      return turn();
    };
    const mail = new Mail(TURN, run, Infinity, ignore, ignore);
    const unset = this.#clock.timer(ms, () => {
      // Neither refused by a full mailbox, since the timers have a bound of their own, nor a use of
      // the actor, since a timer that repeats would keep it from passivating.
      this.#mailbox.put(mail);
      this.#due();
    });
    const timer = {
      cancel: () => {
        if (!this.#set.delete(timer)) return;
        unset();
        this.#mailbox.drop((waiting) => waiting === mail);
      },
    };
    this.#set.add(timer);
    return timer;
  }

  cancelAll(): void {
    for (const timer of this.#set) timer.cancel();
  }
}
