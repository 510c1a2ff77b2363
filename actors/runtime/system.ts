/** The actor system of one process: it hosts kinds of actors, and stops them all. */

import type { Actor } from "./actor.ts";
import { Breath } from "./breath.ts";
import type { ActorInfo } from "./cell.ts";
import { type Clock, sleep, systemClock } from "./clock.ts";
import { Deadlines } from "./deadlines.ts";
import { type Actors, Host } from "./host.ts";
import { type LifecycleLog, logTroubles, shielded } from "./lifecycle.ts";
import { noReminders, Reminders, type ReminderStore } from "./reminders.ts";

/** How long {@linkcode System.stop} waits if it is not told, in milliseconds. */
export const STOP_MS = 20_000;

/** What a system can be given in place of the usual. */
export interface SystemOptions {
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: failures to the console. */
  readonly log?: LifecycleLog;
  /** Where reminders are kept. Default: none can be set. */
  readonly reminders?: ReminderStore;
}

/** A set of hosted kinds of actors. */
export interface System extends AsyncDisposable {
  /** Makes a kind of actor callable. Throws a `TypeError` if the kind is hosted already. */
  host<On>(actor: Actor<On>): Actors<On>;
  /** What lives here, kind by kind. */
  inspect(): ActorInfo[];
  /**
   * Ends the present life of an actor after the message that it handles, and begins another; what
   * waits is kept. One that rests is taken back at once. Whether it lives here.
   */
  restart(kind: string, key: string): boolean;
  /** Has an actor crash, to see it recover. Whether it lives here. */
  crash(kind: string, key: string): boolean;
  /**
   * Stops. No actor starts any more: calls to one that does not live get `shutting_down`. Those
   * that live serve what waits for them and end, kind by kind in reverse order of hosting, so that
   * an actor may use those that were hosted before it to the last. While its kind ends, an actor
   * takes calls of other actors only. After `withinMs` milliseconds signals abort, begun calls get
   * `timeout`, waiting ones `shutting_down`. A second call waits for the first.
   */
  stop(withinMs?: number): Promise<void>;
}

/** Makes an empty system. */
export function createSystem(options: SystemOptions = {}): System {
  return new LocalSystem(options);
}

class LocalSystem implements System {
  readonly #clock: Clock;
  readonly #log: LifecycleLog;
  readonly #deadlines: Deadlines;
  readonly #breath = new Breath();
  readonly #store: ReminderStore;
  readonly #reminders: Reminders;
  readonly #hosts = new Map<string, Host<unknown>>();
  #stopped: Promise<void> | undefined;

  constructor(
    { clock = systemClock, log = logTroubles, reminders = noReminders }: SystemOptions,
  ) {
    this.#clock = clock;
    this.#log = shielded(log);
    this.#deadlines = new Deadlines(clock);
    this.#store = reminders;
    this.#reminders = new Reminders(reminders, { clock, log: this.#log, hosts: this.#hosts });
  }

  host<On>(actor: Actor<On>): Actors<On> {
    if (this.#hosts.has(actor.kind)) {
      throw new TypeError(`Actor kind "${actor.kind}" is hosted already; host each kind once`);
    }
    const place = {
      clock: this.#clock,
      breath: this.#breath,
      log: this.#log,
      deadlines: this.#deadlines,
      reminders: this.#store,
    };
    const host = new Host(actor, place);
    if (this.#stopped) host.close();
    this.#hosts.set(actor.kind, host);
    if (actor.reminders.size > 0 && !this.#stopped) this.#reminders.begin();
    return host;
  }

  inspect(): ActorInfo[] {
    return [...this.#hosts.values()].flatMap((host) => host.inspect());
  }

  restart(kind: string, key: string): boolean {
    return this.#hosts.get(kind)?.restart(key) ?? false;
  }

  crash(kind: string, key: string): boolean {
    return this.#hosts.get(kind)?.crash(key) ?? false;
  }

  stop(withinMs: number = STOP_MS): Promise<void> {
    return this.#stopped ??= this.#stop(withinMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(withinMs: number): Promise<void> {
    const hosts = [...this.#hosts.values()].reverse();
    this.#reminders.close();
    for (const host of hosts) host.close();
    const drained = new AbortController();
    await Promise.race([
      this.#drain(hosts).then(() => drained.abort()),
      sleep(this.#clock, withinMs, drained.signal),
    ]);
    for (const host of hosts) host.kill();
    this.#deadlines.close();
  }

  async #drain(hosts: readonly Host<unknown>[]): Promise<void> {
    for (const host of hosts) await host.drain();
  }
}
