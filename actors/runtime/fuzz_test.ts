/**
 * Random calls, crashes, refusals, delays, children and passivations against what must hold in any
 * case. To repeat a failure, put its seed into `SEEDS`.
 */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { type ErrorCode, Rejection } from "../../domain/errors.ts";
import { batch, defineActor } from "./actor.ts";
import { sleep } from "./clock.ts";
import { fakeClock, seededRandom, testSystem } from "./testing.ts";

const SEEDS = Array.from({ length: 60 }, (_, n) => n + 1);
const STEPS = 300;
const KEYS = ["a", "b", "c", "d"];
const SENDERS = [0, 1, 2, 3, 4];

type Deed = "reply" | "refuse" | "crash";

/** One call: what the sender wants, and what became of it. */
interface Call {
  readonly id: number;
  readonly sender: number;
  readonly key: string;
  readonly deed: Deed;
  readonly slowMs: number;
  outcome?: "replied" | ErrorCode;
  /** Its place among all outcomes. */
  settled?: number;
}

/** Outcomes that say: it never began. */
const NEVER_BEGAN: readonly unknown[] = ["busy", "shutting_down", "not_found"];

async function run(seed: number): Promise<Record<string, number>> {
  const random = seededRandom(seed);
  const chance = (share: number) => random() < share;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const { system, clock, count } = testSystem({ clock: fakeClock(random) });
  const calls: Call[] = [];
  const begun: Call[] = [];
  const alive = new Map<string, number>();
  const inside = new Map<string, number>();
  const add = (to: Map<string, number>, key: string, by: number) => {
    const sum = (to.get(key) ?? 0) + by;
    ok(sum === 0 || sum === 1, `${sum} at a time in ${key}`);
    to.set(key, sum);
  };

  async function handle(key: string, together: Call[]): Promise<(number | Rejection)[]> {
    add(inside, key, 1);
    begun.push(...together);
    try {
      const slowMs = Math.max(...together.map((call) => call.slowMs));
      if (slowMs > 0) await sleep(clock, slowMs, new AbortController().signal);
      if (together.some(({ deed }) => deed === "crash")) throw new Error("on purpose");
      return together.map(({ deed, id }) => deed === "refuse" ? new Rejection("conflict") : id);
    } finally {
      add(inside, key, -1);
    }
  }

  const actors = system.host(defineActor("fuzzed", {
    start: async (key, self) => {
      add(alive, key, 1);
      try {
        if (chance(0.3)) await sleep(clock, random() * 30, self.signal);
        if (chance(0.05)) throw new Error("on purpose");
        if (chance(0.05)) throw new Rejection("not_found");
      } catch (error) {
        add(alive, key, -1);
        throw error;
      }
      if (chance(0.2)) {
        self.own({
          name: "child",
          async run(signal) {
            await sleep(clock, 500, signal);
            if (chance(0.5)) throw new Error("on purpose");
            await self.turn(() => handle(key, []).catch(() => {}));
          },
        });
      }
      if (chance(0.2)) self.after(random() * 300, () => handle(key, []));
      return { key };
    },
    stop: async ({ key }) => {
      if (chance(0.5)) await sleep(clock, random() * 50, new AbortController().signal);
      add(alive, key, -1);
    },
    idleAfter: 400,
    mailbox: 12,
    on: {
      one: async ({ key }, call: Call) => {
        const [reply] = await handle(key, [call]);
        if (reply instanceof Rejection) throw reply;
        return reply;
      },
      many: batch(({ key }, calls: Call[]) => handle(key, calls), { most: 5 }),
    },
  }));

  let outcomes = 0;
  function send(): void {
    const call: Call = {
      id: calls.length,
      sender: pick(SENDERS),
      key: pick(KEYS),
      deed: chance(0.08) ? "crash" : chance(0.1) ? "refuse" : "reply",
      slowMs: chance(0.3) ? random() * 60 : 0,
    };
    calls.push(call);
    const ref = actors.get(call.key, { deadlineMs: chance(0.1) ? 20 + random() * 100 : 60_000 });
    (chance(0.4) ? ref.many(call) : ref.one(call)).then((reply) => {
      equal(reply, call.id);
      return "replied" as const;
    }, (error) => {
      ok(error instanceof Rejection, String(error));
      return error.code;
    }).then((outcome) => {
      call.outcome = outcome;
      call.settled = outcomes++;
    });
  }

  for (let step = 0; step < STEPS; step++) {
    for (let burst = Math.floor(random() * 8); burst > 0; burst--) send();
    if (chance(0.7)) await clock.advance(random() * 80);
    if (chance(0.05)) await clock.advance(1_000);
    if (chance(0.01)) await clock.advance(12_000);
  }
  const stopped = system.stop(5_000);
  send();
  await clock.advance(6_000);
  await stopped;
  await clock.advance(1_000);

  equal(clock.pending, 0, "no timer is left");
  equal([...alive.values()].filter(Boolean), [], "no life is left");
  equal(calls.filter(({ outcome }) => outcome === undefined), [], "every call is answered");
  equal(new Set(begun).size, begun.length, "nothing is handled twice");
  const wasBegun = new Set(begun);
  for (const call of calls) {
    if (NEVER_BEGAN.includes(call.outcome)) ok(!wasBegun.has(call), `${call.id}: ${call.outcome}`);
    if (call.outcome === "replied") equal([call.deed, wasBegun.has(call)], ["reply", true]);
    if (call.outcome === "conflict") equal([call.deed, wasBegun.has(call)], ["refuse", true]);
  }
  for (const sender of SENDERS) {
    for (const key of KEYS) {
      const mine = (call: Call) => call.sender === sender && call.key === key;
      ascending(begun.filter(mine).map(({ id }) => id), "begun in the order of sending");
      const replied = calls.filter((call) => mine(call) && call.outcome === "replied");
      ascending(replied.map(({ settled }) => settled ?? NaN), "replies in the order of sending");
    }
  }
  return {
    ...Object.fromEntries(
      Map.groupBy(calls, (call) => String(call.outcome)).entries()
        .map(([outcome, { length }]) => [outcome, length]),
    ),
    passivated: count("passivated"),
    restarted: count("crashed"),
    "gave-up": count("gave-up"),
    "child-crashed": count("child-crashed"),
  };
}

function ascending(numbers: readonly number[], what: string): void {
  equal(numbers, numbers.toSorted((a, b) => a - b), what);
}

Deno.test("[A1] [A3] [A5] [A6] whatever happens: one at a time, in order, once, answered", async () => {
  const seen: Record<string, number> = {};
  for (const seed of SEEDS) {
    try {
      for (const [what, times] of Object.entries(await run(seed))) {
        seen[what] = (seen[what] ?? 0) + times;
      }
    } catch (error) {
      throw new Error(`It fails with seed ${seed}`, { cause: error });
    }
  }
  // A fuzz test that never gets anywhere would pass as well.
  const expected = ["replied", "conflict", "crashed", "busy", "timeout", "shutting_down"];
  const events = ["not_found", "passivated", "restarted", "gave-up", "child-crashed"];
  for (const what of [...expected, ...events]) {
    ok((seen[what] ?? 0) > 10, `${what} came up ${seen[what] ?? 0} times: ${JSON.stringify(seen)}`);
  }
});
