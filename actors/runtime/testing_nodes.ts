/** For tests: several systems as nodes of one cluster, with one clock, and a bus that can fail. */
import { Rejection } from "../../domain/errors.ts";
import { type Bus, inProcessBus, type Subscription } from "./bus.ts";
import { type Clock, sleep } from "./clock.ts";
import { DEADLINE_MS } from "./deadlines.ts";
import {
  type FakeClock,
  fakeClock,
  memoryReminders,
  type TestSystem,
  testSystem,
} from "./testing.ts";

/** What befalls the messages that a node sends; to be changed at any time. */
export interface Faults {
  /** Milliseconds by which they come late; those of one node keep their order. */
  delayMs: number;
  /** Whether a message to `subject` is lost. */
  drop: (subject: string) => boolean;
}

/** The bus as one node has it. */
export interface FaultyBus extends Bus {
  readonly faults: Faults;
  /** Subscriptions and servers that have not been closed. */
  readonly open: number;
}

/** Several nodes; what they have in common outlives each of them. */
export interface TestNodes extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly nodes: readonly (TestSystem & { readonly bus: FaultyBus })[];
}

/** Makes `many` nodes with one clock, one bus and one store of reminders. */
export function testNodes(many = 2, random?: () => number): TestNodes {
  const clock = fakeClock(random);
  const reminders = memoryReminders(clock);
  const between = inProcessBus({ clock });
  const nodes = Array.from({ length: many }, () => ({
    ...testSystem({ clock, reminders }),
    bus: faultyBus(between, clock),
  }));
  return {
    clock,
    nodes,
    async [Symbol.asyncDispose]() {
      for (const { end, bus } of nodes) {
        await end();
        await bus[Symbol.asyncDispose]();
      }
      await between[Symbol.asyncDispose]();
    },
  };
}

/** A node's own way to a bus `between` nodes. Disposing it closes what this node has open. */
export function faultyBus(between: Bus, clock: Clock): FaultyBus {
  const faults: Faults = { delayMs: 0, drop: () => false };
  const open = new Set<Subscription>();
  /** When the message sent last arrives: none overtakes it. */
  let lastAt = 0;
  const kept = (inner: Subscription): Subscription => {
    const close = () => {
      open.delete(subscription);
      inner.close();
    };
    const subscription = { close, [Symbol.dispose]: close };
    open.add(subscription);
    return subscription;
  };
  return {
    faults,
    get open() {
      return open.size;
    },
    publish(subject, data) {
      if (faults.drop(subject)) return;
      const now = clock.now();
      lastAt = Math.max(lastAt, now + faults.delayMs);
      if (lastAt <= now) between.publish(subject, data);
      else clock.timer(lastAt - now, () => between.publish(subject, data));
    },
    subscribe: (subject, handler) => kept(between.subscribe(subject, handler)),
    async request(subject, data, { deadlineMs = DEADLINE_MS, signal } = {}) {
      signal?.throwIfAborted();
      const { delayMs } = faults;
      const lost = faults.drop(subject) || delayMs >= deadlineMs;
      const waitMs = lost ? deadlineMs : delayMs;
      if (waitMs > 0) await sleep(clock, waitMs, signal ?? new AbortController().signal);
      signal?.throwIfAborted();
      if (lost) throw new Rejection("timeout");
      const left = { deadlineMs: deadlineMs - delayMs };
      return await between.request(subject, data, signal ? { ...left, signal } : left);
    },
    serve: (subject, handler) => kept(between.serve(subject, handler)),
    flush: () => between.flush(),
    [Symbol.asyncDispose]() {
      for (const subscription of open) subscription.close();
      return Promise.resolve();
    },
  };
}
