import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { Rejection } from "../../domain/errors.ts";
import { defineActor } from "./actor.ts";
import { sleep } from "./clock.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { createSystem } from "./system.ts";
import { fakeClock, memoryReminders, refusal } from "./testing.ts";

/** A system whose one kind sets reminders; another may be made on the same store. */
function alarms() {
  const clock = fakeClock();
  const store = memoryReminders(clock);
  const rung: string[] = [];
  const trouble: string[] = [];
  const plan = { crashes: 0, refuses: 0 };
  const actor = defineActor("alarm", {
    start: (key) => ({ key }),
    idleAfter: 500,
    on: {
      set: (_state, ms: number, self) => self.remind("ring", ms),
      unset: (_state, _none: undefined, self) => self.forget("ring"),
      setOther: (_state, _none: undefined, self) => self.remind("other", 1),
    },
    reminders: {
      ring: ({ key }, self) => {
        rung.push(`${key} at ${clock.now()}`);
        if (plan.crashes-- > 0) throw new Error("broken bell");
        if (plan.refuses-- > 0) throw new Rejection("conflict", "not now");
        if (key === "again" && rung.length < 3) return self.remind("ring", 5_000);
      },
    },
  });
  const log = ({ event }: Lifecycle) => void (event === "reminder-failed" && trouble.push(event));
  const node = () => {
    const system = createSystem({ clock, log, reminders: store });
    return { system, alarms: system.host(actor) };
  };
  return { clock, rung, trouble, plan, node };
}

Deno.test("[A10] a reminder wakes an actor that has long passivated, once", async () => {
  const { clock, rung, node } = alarms();
  const { system, alarms: all } = node();
  await all.get("one").set(60_000);
  await clock.advance(30_000);
  equal(system.inspect(), []);
  await clock.advance(31_000);
  equal(rung, ["one at 60000"]);
  await clock.advance(100_000);
  equal(rung.length, 1);
  await system.stop();
});

Deno.test("[A10] a reminder outlives its system", async () => {
  const { clock, rung, node } = alarms();
  const first = node();
  await first.alarms.get("one").set(60_000);
  await first.system.stop();
  await clock.advance(70_000);
  equal(rung.length, 0);
  const second = node();
  await clock.advance(2_000);
  equal(rung.length, 1);
  await second.system.stop();
});

Deno.test("[A10] of two nodes one runs it", async () => {
  const { clock, rung, node } = alarms();
  const [one, two] = [node(), node()];
  for (let n = 0; n < 20; n++) await one.alarms.get(`n-${n}`).set(1_000);
  await clock.advance(10_000);
  equal(rung.length, 20);
  await one.system.stop();
  await two.system.stop();
});

Deno.test("[A10] set again it moves, forgotten it is gone, and it may set itself", async () => {
  const { clock, rung, node } = alarms();
  const { system, alarms: all } = node();
  await all.get("moved").set(2_000);
  await all.get("moved").set(20_000);
  await all.get("gone").set(2_000);
  await all.get("gone").unset(undefined);
  await clock.advance(10_000);
  equal(rung.length, 0);
  await clock.advance(11_000);
  equal(rung, ["moved at 20000"]);
  await all.get("again").set(0);
  await clock.advance(20_000);
  equal(rung.filter((one) => one.startsWith("again")).length, 2, "it was set anew, and not lost");
  await system.stop();
});

Deno.test("[A10] a crash in the middle: it runs again after its lease; a refusal ends it", async () => {
  const { clock, rung, trouble, plan, node } = alarms();
  const { system, alarms: all } = node();
  plan.crashes = 1;
  await all.get("one").set(1_000);
  await clock.advance(29_000);
  equal([rung.length, trouble.length], [1, 1]);
  await clock.advance(5_000);
  equal(rung.length, 2);
  plan.refuses = 1;
  plan.crashes = 0;
  await all.get("two").set(1_000);
  await clock.advance(100_000);
  equal([rung.length, trouble.length], [3, 2]);
  await system.stop();
});

Deno.test("[A10] a reminder that the kind does not have is a defect", async () => {
  const { clock, node } = alarms();
  const { system, alarms: all } = node();
  await rejects(all.get("one").setOther(undefined), { code: "crashed" });
  await clock.advance(60_000);
  await system.stop();
});

Deno.test("[A10] a reminder at no time is a defect, and is not set", async () => {
  const clock = fakeClock();
  const system = createSystem({ clock, log: () => {}, reminders: memoryReminders(clock) });
  const one = system.host(defineActor("careless", {
    start: () => ({}),
    on: { set: (_state, ms: number, self) => self.remind("ring", ms) },
    reminders: { ring: () => {} },
  })).get("one");
  for (const ms of [NaN, Infinity]) {
    const set = refusal(one.set(ms));
    await clock.advance(1_000);
    equal(await set, "crashed");
  }
  await system.stop();
});

Deno.test("[A10] a reminder that takes longer than a call may runs once", async () => {
  const clock = fakeClock();
  let runs = 0;
  const system = createSystem({ clock, log: () => {}, reminders: memoryReminders(clock) });
  const one = system.host(defineActor("slow", {
    start: () => ({}),
    on: { set: (_state, ms: number, self) => self.remind("work", ms) },
    reminders: {
      work: () => (runs++, sleep(clock, 8_000, new AbortController().signal)),
    },
  })).get("one");
  await one.set(1_000);
  await clock.advance(120_000);
  equal(runs, 1);
  await system.stop();
});

Deno.test("[A10] many that are due at once are not late for it", async () => {
  const clock = fakeClock();
  let rung = 0;
  const system = createSystem({ clock, log: () => {}, reminders: memoryReminders(clock) });
  const all = system.host(defineActor("many", {
    start: () => ({}),
    on: { set: (_state, ms: number, self) => self.remind("ring", ms) },
    reminders: { ring: () => void rung++ },
  }));
  for (let n = 0; n < 950; n++) await all.get(`n-${n}`).set(1_000);
  await clock.advance(2_001);
  equal(rung, 950);
  await system.stop();
});

Deno.test("[A10] a reminder for one that rests is kept, and comes when it has rested", async () => {
  const clock = fakeClock();
  const store = memoryReminders(clock);
  const system = createSystem({ clock, log: () => {}, reminders: store });
  let rung = 0;
  const one = system.host(defineActor("fragile", {
    start: () => ({}),
    on: {
      set: (_state, ms: number, self) => self.remind("ring", ms),
      crash: () => {
        throw new Error("again");
      },
    },
    reminders: { ring: () => void rung++ },
  })).get("one");
  await one.set(8_000);
  for (let n = 0; n < 6; n++) {
    equal(await refusal(one.crash()), "crashed");
    await clock.advance(1_000);
  }
  equal(system.inspect()[0]?.phase, "resting");
  await clock.advance(5_000);
  equal(rung, 0);
  await clock.advance(40_000);
  equal(rung, 1);
  await system.stop();
});
