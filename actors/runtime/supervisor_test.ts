import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import { Rejection } from "../../domain/errors.ts";
import { defineActor, type Self } from "./actor.ts";
import { ACTOR_INTENSITY, backOff, Restarts } from "./supervisor.ts";
import { fakeClock, refusal, settled, testSystem } from "./testing.ts";

/** Resolves when `signal` aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

/** An actor whose code outside its handlers is the test's. */
function withSelf() {
  const lives: Self[] = [];
  const actor = defineActor("parent", {
    start: (_key, self) => {
      lives.push(self);
      return { count: 0 };
    },
    stop: (_state, reason) => void stops.push(reason),
    idleAfter: 1_000,
    on: {
      add: (state, by: number) => state.count += by,
      get: (state) => state.count,
    },
  });
  const stops: string[] = [];
  return { actor, lives, stops };
}

/** The one life of the one actor that a test has started. */
async function begun() {
  const test = testSystem();
  const parent = withSelf();
  const one = test.system.host(parent.actor).get("one");
  await one.get();
  const [self] = parent.lives;
  ok(self);
  return { ...test, ...parent, one, self };
}

Deno.test("[A3] the back-off doubles from 50 ms to 5 s; chance takes up to half", () => {
  const waits = Array.from({ length: 9 }, (_, n) => backOff(n + 1, 0));
  equal(waits, [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  equal(backOff(1, 0.5), 37.5);
  ok(backOff(9, 0.999) > 2_500);
});

Deno.test("[A3] slow, steady failure reaches 5 s and is not given up", async () => {
  const clock = fakeClock();
  const restarts = new Restarts(ACTOR_INTENSITY);
  const waits: (number | undefined)[] = [];
  for (let n = 0; n < 10; n++) {
    waits.push(restarts.failed(clock));
    await clock.advance(7_000);
  }
  equal(waits.slice(-3), [5_000, 5_000, 5_000]);
  await clock.advance(30_000);
  equal(restarts.failed(clock), 50, "30 s without failure begin a new row");
});

Deno.test("[A8] a failing child is restarted thrice, then its owner crashes", async () => {
  const { clock, count, self, lives, stops, system, happened } = await begun();
  let runs = 0;
  self.own({
    name: "failing",
    run: () => {
      runs++;
      return Promise.reject(new Error(`run ${runs}`));
    },
  });
  await settled();
  equal(runs, 1);
  for (const [wait, due] of [[50, 2], [100, 3], [200, 4]] as const) {
    await clock.advance(wait - 1);
    equal(runs, due - 1);
    await clock.advance(1);
    equal(runs, due);
  }
  equal(count("child-crashed"), 4);
  equal(count("crashed"), 1);
  const crash = happened.find(({ event }) => event === "crashed");
  equal(crash?.event === "crashed" && String(crash.error), "Error: run 4");
  equal(stops, ["crash"]);
  ok(self.signal.aborted);
  await clock.advance(50);
  equal(lives.length, 2, "the owner starts again");
  await clock.advance(900);
  equal(runs, 4, "the child belonged to the life that ended");
  await system.stop();
});

Deno.test("[A8] a child's failure waits for the handler that runs, and keeps the mail", async () => {
  const { system, clock } = testSystem();
  let life = 0;
  const actor = defineActor("owner", {
    start: (_key, self) => ({ life: ++life, self }),
    on: {
      work: async ({ life, self }) => {
        for (let n = 0; n < 4; n++) {
          self.own({ name: "bad", run: () => Promise.reject(new Error()) });
        }
        const { signal } = self;
        await aborted(signal);
        return life;
      },
      life: ({ life }) => life,
    },
  });
  const one = system.host(actor).get("one");
  const calls = [one.work(), one.life()];
  await clock.advance(350);
  equal(system.inspect()[0]?.crashes, 1);
  await clock.advance(50);
  equal(await Promise.all(calls), [1, 2]);
  await system.stop();
});

Deno.test("[A8] a child that ended is gone, and is not started again", async () => {
  const { clock, self, system, count, stops } = await begun();
  let runs = 0;
  self.own({ name: "short", run: () => Promise.resolve(void runs++) });
  await clock.advance(999);
  equal(runs, 1);
  equal(count("child-crashed"), 0);
  await clock.advance(1);
  equal(stops, ["idle"]);
  await system.stop();
});

Deno.test("[A8] children stop with their owner, in reverse order, before its stop", async () => {
  const { system, clock } = testSystem();
  const order: string[] = [];
  const actor = defineActor("family", {
    start: (_key, self) => {
      for (const name of ["first", "second", "third"]) {
        self.own({
          name,
          async run(signal) {
            await aborted(signal);
            await null; // takes a while: the one before waits for it
            order.push(name);
          },
        });
      }
      return {};
    },
    stop: () => void order.push("owner"),
    on: { ping: () => "pong" },
  });
  await system.host(actor).get("one").ping();
  await system.stop();
  equal(order, ["third", "second", "first", "owner"]);
  equal(clock.pending, 0);
});

Deno.test("[A8] children are stopped when start fails after them", async () => {
  const { system, clock } = testSystem();
  let ended = 0;
  const actor = defineActor("half", {
    start: async (_key, self): Promise<Record<string, never>> => {
      self.own({ name: "early", run: (signal) => aborted(signal).then(() => void ended++) });
      await null; // it runs by now
      throw new Error("half way");
    },
    on: { ping: () => "pong" },
  });
  const call = refusal(system.host(actor).get("one").ping());
  await clock.advance(10);
  equal(ended, 1);
  await clock.advance(3_000);
  equal(await call, "crashed");
  await system.stop();
});

Deno.test("[A8] a child can be stopped, and one that does not end is left behind", async () => {
  const { system, clock, self, count } = await begun();
  let ended = false;
  const polite = self.own({
    name: "polite",
    run: (signal) => aborted(signal).then(() => void (ended = true)),
  });
  await settled();
  await polite.stop();
  equal(ended, true);
  const deaf = self.own({ name: "deaf", run: () => new Promise(() => {}) });
  await settled();
  const stopping = deaf.stop();
  await clock.advance(4_999);
  equal(count("child-stuck"), 0);
  await clock.advance(1);
  await stopping;
  equal(count("child-stuck"), 1);
  await system.stop();
});

Deno.test("[A8] a child reaches its owner's state through the mailbox", async () => {
  const { system, clock } = testSystem();
  const actor = defineActor("recorder", {
    start: (_key, self) => {
      const state = { bytes: 0, busy: false };
      self.own({
        name: "encoder",
        async run() {
          for (let n = 1; n <= 3; n++) {
            equal(
              await self.turn(() => {
                equal(state.busy, false, "a turn runs alone");
                return state.bytes += n;
              }),
              n * (n + 1) / 2,
            );
          }
        },
      });
      return state;
    },
    on: {
      hold: async (state) => {
        state.busy = true;
        await null;
        await null;
        state.busy = false;
      },
      bytes: (state) => state.bytes,
    },
  });
  const one = system.host(actor).get("one");
  await Promise.all([one.hold(), one.hold(), one.hold()]);
  await clock.advance(0);
  equal(await one.bytes(), 6);
  await system.stop();
});

Deno.test("[A6] an actor with a running child is not idle", async () => {
  const { system, clock, self, stops, one } = await begun();
  const { promise, resolve } = Promise.withResolvers<void>();
  self.own({ name: "long", run: () => promise });
  await clock.advance(10_000);
  await one.get();
  await clock.advance(10_000);
  equal(stops, []);
  resolve();
  await clock.advance(999);
  equal(stops, [], "its idle time begins when the child has ended");
  await clock.advance(1);
  equal(stops, ["idle"]);
  await system.stop();
});

Deno.test("a turn that crashes is a crash; one that refuses is not", async () => {
  const { system, clock, self, count } = await begun();
  equal(await self.turn(() => 42), 42);
  const refused = refusal(self.turn(() => Promise.reject(new Rejection("conflict"))));
  equal(await refused, "conflict");
  equal(count("crashed"), 0);
  const crashed = refusal(self.turn(() => Promise.reject(new Error("bad"))));
  const never = refusal(self.turn(() => 1));
  equal(await crashed, "crashed");
  equal(await never, "moved", "what a turn closes over is gone");
  await clock.advance(50);
  equal(await refusal(self.turn(() => 1)), "moved");
  throws(() => self.own({ name: "late", run: () => Promise.resolve() }), { code: "moved" });
  await system.stop();
});

Deno.test("a turn of which nobody takes the answer may fail", async () => {
  const { system, clock, self, count } = await begun();
  void self.turn(() => Promise.reject(new Error("bad")));
  void self.turn(() => 1);
  await clock.advance(50);
  equal(count("crashed"), 1);
  await system.stop();
});

Deno.test("[A10] a timer runs as a turn, once, and can be cancelled", async () => {
  const { system, clock, self, one, count } = await begun();
  const fired: number[] = [];
  self.after(100, () => fired.push(clock.now()));
  const cancelled = self.after(100, () => fired.push(-1));
  cancelled.cancel();
  await clock.advance(99);
  equal(fired.length, 0);
  await clock.advance(1);
  equal(fired, [100]);
  self.after(10, () => {
    throw new Error("bad");
  });
  self.after(20, () => fired.push(-2));
  await clock.advance(10);
  equal(count("crashed"), 1);
  await clock.advance(100);
  equal(fired, [100], "timers end with the life that set them");
  equal(await one.get(), 0);
  await system.stop();
});

Deno.test("[A10] a timer does not keep its actor from passivating", async () => {
  const { system, clock, self, stops } = await begun();
  let ticks = 0;
  const tick = () => {
    ticks++;
    self.after(100, tick);
  };
  self.after(100, tick);
  await clock.advance(1_000);
  equal(stops, ["idle"]);
  ok(ticks >= 9);
  equal(clock.pending, 0);
  await system.stop();
});

Deno.test("[A6] a turn counts as use, like a message", async () => {
  const { system, clock, self, stops } = await begun();
  await clock.advance(999);
  await self.turn(() => {});
  await clock.advance(999);
  equal(stops, []);
  await clock.advance(1);
  equal(stops, ["idle"]);
  await system.stop();
});

Deno.test("[A10] a timer's refusal is seen, and no crash", async () => {
  const { system, clock, self, count } = await begun();
  self.after(10, () => {
    throw new Rejection("busy");
  });
  await clock.advance(10);
  equal(count("timer-refused"), 1);
  equal(count("crashed"), 0);
  await system.stop();
});

Deno.test("[A4] timers are bounded as the mailbox is", async () => {
  const { system, clock } = testSystem();
  const actor = defineActor("ticking", {
    start: () => ({}),
    mailbox: 3,
    on: {
      set: (_state, many: number, self) => {
        for (let n = 0; n < many; n++) self.after(1_000, () => {});
      },
    },
  });
  const one = system.host(actor).get("one");
  await one.set(3);
  equal(await refusal(one.set(1)), "busy");
  await clock.advance(1_000);
  await one.set(3); // those that have fired make room
  await system.stop();
});

Deno.test("[A4] [A10] a timer that waits for a handler counts, and can still be cancelled", async () => {
  const { system, clock } = testSystem();
  const gate = Promise.withResolvers<void>();
  const fired: string[] = [];
  const actor = defineActor("ticking", {
    start: (_key, self) => ({ self }),
    mailbox: 2,
    on: {
      hold: async ({ self }) => {
        const kept = self.after(1, () => fired.push("kept"));
        const cancelled = self.after(1, () => fired.push("cancelled"));
        await gate.promise;
        throws(() => self.after(1, () => {}), { code: "busy" });
        cancelled.cancel();
        void kept;
      },
    },
  });
  const held = system.host(actor).get("one").hold();
  await clock.advance(10);
  equal(system.inspect()[0]?.mailbox, 2);
  gate.resolve();
  await held;
  await settled();
  equal(fired, ["kept"]);
  await system.stop();
});

Deno.test("[A5] self.signal aborts when its life ends, for whatever reason", async () => {
  for (const how of ["idle", "crash", "shutdown"]) {
    const { system, clock, self, stops } = await begun();
    const { signal } = self;
    equal(signal.aborted, false);
    if (how === "idle") await clock.advance(1_000);
    if (how === "crash") await refusal(self.turn(() => Promise.reject(new Error("bad"))));
    if (how === "shutdown") await system.stop();
    await settled();
    equal(signal.aborted, true, how);
    equal(stops, [how]);
    await system.stop();
    equal(self.signal.aborted, true, "also for one who asks later");
  }
});
