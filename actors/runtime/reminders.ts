/** Reminders: what wakes an actor at its time, after a restart and on another node too (A10). */
import { isRejection, Rejection } from "../../domain/errors.ts";
import type { Clock } from "./clock.ts";
import type { LifecycleLog } from "./lifecycle.ts";

/** Which reminder of which actor; there is one of each name. */
export interface ReminderName {
  readonly kind: string;
  readonly key: string;
  readonly name: string;
}

/** A reminder that is due. `token` tells this setting of it from a later one. */
export interface DueReminder extends ReminderName {
  readonly token: string;
}

/** Where reminders outlive the process. Times run on the store's own clock. */
export interface ReminderStore {
  /** Sets it to be due in `ms` milliseconds, or moves it there. */
  set(reminder: ReminderName, ms: number): Promise<void>;
  clear(reminder: ReminderName): Promise<void>;
  /**
   * At most `most` of those of `kinds` that are due, the longest due first. They are nobody else's
   * for `leaseMs`, and then due again.
   */
  take(kinds: readonly string[], most: number, leaseMs: number): Promise<readonly DueReminder[]>;
  /** It has run: removes it, unless it was set anew since it was taken. */
  done(reminder: DueReminder): Promise<void>;
}

/** For a system without a store: an actor that sets a reminder has a defect. */
export const noReminders: ReminderStore = {
  set({ kind, name }) {
    throw new TypeError(`"${kind}" sets the reminder "${name}"; this system keeps none`);
  },
  clear: () => Promise.resolve(),
  take: () => Promise.resolve([]),
  done: () => Promise.resolve(),
};

/** How often to look, in milliseconds: so much may a reminder be late. */
export const LOOK_MS = 1_000;
/** How long a reminder that was taken is nobody else's, and so how long it may run, in ms. */
export const LEASE_MS = 30_000;
/** How many are taken at a time. */
const AT_ONCE = 100;
/** How many may run, or wait for their actors, at the same time. */
const MOST = 1_000;

/** What runs the reminders of a system. */
export interface ReminderTargets {
  readonly clock: Clock;
  readonly log: LifecycleLog;
  /** The hosted kinds. */
  readonly hosts: ReadonlyMap<string, {
    readonly actor: { readonly reminders: ReadonlyMap<string, unknown> };
    remind(key: string, name: string): Promise<void>;
  }>;
}

/** Looks for what is due while any hosted kind has reminders. */
export class Reminders {
  readonly #store: ReminderStore;
  readonly #targets: ReminderTargets;
  #cancel: (() => void) | undefined;
  #running = 0;
  #closed = false;

  constructor(store: ReminderStore, targets: ReminderTargets) {
    this.#store = store;
    this.#targets = targets;
  }

  begin(inMs = LOOK_MS): void {
    this.#cancel ??= this.#targets.clock.timer(inMs, () => void this.#look());
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  async #look(): Promise<void> {
    const { hosts, log } = this.#targets;
    const kinds = [...hosts].flatMap(([kind, { actor }]) => actor.reminders.size > 0 ? kind : []);
    const room = Math.min(AT_ONCE, MOST - this.#running);
    let more = false;
    try {
      const due = room > 0 ? await this.#store.take(kinds, room, LEASE_MS) : [];
      for (const reminder of due) void this.#run(reminder);
      more = due.length === AT_ONCE;
    } catch (error) {
      log({ event: "reminder-failed", kind: "reminders", key: "look", error });
    }
    this.#cancel = undefined;
    if (!this.#closed) this.begin(more ? 0 : LOOK_MS);
  }

  async #run(reminder: DueReminder): Promise<void> {
    const { kind, key, name } = reminder;
    this.#running++;
    try {
      await this.#targets.hosts.get(kind)?.remind(key, name).catch((error) => {
        if (!(error instanceof Rejection) || isPassing(error)) throw error;
        this.#targets.log({ event: "reminder-failed", kind, key, error }); // and so it ends
      });
      await this.#store.done(reminder);
    } catch (error) {
      this.#targets.log({ event: "reminder-failed", kind, key, error }); // due again after the lease
    } finally {
      this.#running--;
    }
  }
}

/** Refusals that say nothing about the reminder itself. */
const isPassing = (error: Rejection): boolean =>
  (["busy", "timeout", "crashed", "shutting_down", "moved", "fenced", "unavailable"] as const)
    .some((code) => isRejection(error, code));
