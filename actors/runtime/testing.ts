/** What tests of actors need: a clock that is moved by hand, and chance that repeats itself. */

import { setImmediate } from "node:timers";
import { type ErrorCode, Rejection } from "../../domain/errors.ts";
import type { Clock } from "./clock.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { ReminderName, ReminderStore } from "./reminders.ts";
import { createSystem, type System } from "./system.ts";

/** A system whose time is moved by hand, with all that happened in it. */
export interface TestSystem {
  readonly system: System;
  readonly clock: FakeClock;
  readonly happened: Lifecycle[];
  /** How often `event` has happened. */
  count(event: Lifecycle["event"]): number;
  /** Stops the system at once, whatever still waits for the clock. */
  end(): Promise<void>;
}

/** What a {@linkcode testSystem} can be given in place of its own. */
export interface TestSystemOptions {
  /** To be given to several systems that live at the same time. */
  readonly clock?: FakeClock;
  /** Default: the system keeps none. */
  readonly reminders?: ReminderStore;
}

/** Makes a system on a {@linkcode fakeClock}. */
export function testSystem(
  { clock = fakeClock(), reminders }: TestSystemOptions = {},
): TestSystem {
  const happened: Lifecycle[] = [];
  const log = (one: Lifecycle) => void happened.push(one);
  const system = createSystem({ clock, log, ...(reminders && { reminders }) });
  return {
    clock,
    happened,
    system,
    count: (event) => happened.filter((one) => one.event === event).length,
    async end() {
      const stopped = system.stop(0);
      await clock.advance(0); // nobody else moves it
      await stopped;
    },
  };
}

/** The code with which `call` is refused. To be taken at once, and awaited when time has passed. */
export function refusal(call: Promise<unknown>): Promise<ErrorCode> {
  return call.then(
    (reply) => {
      throw new Error(`The call was answered ${JSON.stringify(reply)}; a refusal was due`);
    },
    (error) => {
      if (error instanceof Rejection) return error.code;
      throw error;
    },
  );
}

/** A clock that stands still until it is told to go. */
export interface FakeClock extends Clock {
  /** Timers that have been set and have neither fired nor been cancelled. */
  readonly pending: number;
  /** Moves time on by `ms`, firing what is due in order and letting each take its effect. */
  advance(ms: number): Promise<void>;
  /** Moves time on by `ms` and fires nothing, as when something blocks the event loop. */
  block(ms: number): void;
}

/** Makes a clock at 0. `random` is what its chance gives; default: always 0, no jitter. */
export function fakeClock(random: () => number = () => 0): FakeClock {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly fire: () => void }>();
  return {
    now: () => now,
    random,
    timer(ms, fire) {
      const timer = { at: now + ms, fire };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    get pending() {
      return timers.size;
    },
    async advance(ms) {
      const end = now + ms;
      await settled();
      for (;;) {
        const due = [...timers].filter((timer) => timer.at <= end);
        if (due.length === 0) break;
        const next = due.reduce((first, timer) => timer.at < first.at ? timer : first);
        timers.delete(next);
        now = Math.max(now, next.at);
        next.fire();
        await settled();
      }
      now = end;
    },
    block(ms) {
      now += ms;
    },
  };
}

/** Resolves when nothing can happen any more without time or IO. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Chance that repeats itself: equal seeds give equal rows of numbers, at least 0 and below 1.
 * Mulberry32 by Tommy Ettinger, which is small and good enough for tests.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Reminders in memory, on the clock of a test; they outlive the systems that it is given to. */
export function memoryReminders(clock: Clock): ReminderStore {
  const rows = new Map<string, { reminder: ReminderName; at: number; token: string }>();
  const idOf = ({ kind, key, name }: ReminderName) => `${kind}/${key}/${name}`;
  let tokens = 0;
  return {
    set(reminder, ms) {
      const { kind, key, name } = reminder;
      rows.set(idOf(reminder), {
        reminder: { kind, key, name },
        at: clock.now() + ms,
        token: String(++tokens),
      });
      return Promise.resolve();
    },
    clear(reminder) {
      rows.delete(idOf(reminder));
      return Promise.resolve();
    },
    take(kinds, most, leaseMs) {
      const due = [...rows.values()]
        .filter(({ reminder, at }) => kinds.includes(reminder.kind) && at <= clock.now())
        .sort((a, b) => a.at - b.at).slice(0, most);
      for (const row of due) row.at = clock.now() + leaseMs;
      return Promise.resolve(due.map(({ reminder, token }) => ({ ...reminder, token })));
    },
    done(reminder) {
      if (rows.get(idOf(reminder))?.token === reminder.token) rows.delete(idOf(reminder));
      return Promise.resolve();
    },
  };
}
