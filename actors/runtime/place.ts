/** Where a life takes place: what an activation needs of its surroundings, and how it may end. */
import type { Rejection } from "../../domain/errors.ts";
import type { Actor } from "./actor.ts";
import type { Breath } from "./breath.ts";
import type { Clock } from "./clock.ts";
import type { Durations } from "./durations.ts";
import type { IdleQueue } from "./idle.ts";
import type { LifecycleLog } from "./lifecycle.ts";
import type { Mail, Mailbox } from "./mailbox.ts";
import type { ReminderStore } from "./reminders.ts";

/** Why a life that had begun ended. */
export type Stopped =
  | { readonly reason: "idle" | "restart" | "shutdown" }
  | { readonly reason: "crash"; readonly error: unknown };

/** Why a life ended. `refused`: `start` threw a `Rejection`, which is meant for the callers. */
export type End = Stopped | { readonly reason: "refused"; readonly rejection: Rejection };

/** What an activation needs from the place where it lives. */
export interface Place {
  readonly actor: Actor<unknown>;
  readonly clock: Clock;
  readonly breath: Breath;
  readonly log: LifecycleLog;
  readonly idle: IdleQueue;
  readonly reminders: ReminderStore;
}

/** What an activation needs from the actor whose life it is. */
export interface Identity {
  readonly key: string;
  readonly mailbox: Mailbox;
  /** How long its handlers took, over all its lives. */
  readonly durations: Durations;
  accept(mail: Mail): void;
  /** The life is over; the mailbox is as it was left. */
  ended(end: End): void;
}
