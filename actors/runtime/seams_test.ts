/** What happens where two things meet: a stop in a start, a call in the last moment of a rest … */
import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { Rejection } from "../../domain/errors.ts";
import { batch, defineActor } from "./actor.ts";
import { sleep } from "./clock.ts";
import { createSystem } from "./system.ts";
import { fakeClock, refusal, settled, testSystem } from "./testing.ts";

Deno.test("[A3] a fence is of the life that met it: who called that life does not fall with it", async () => {
  const { system, clock, happened } = testSystem();
  const stores = system.host(defineActor("store", {
    start: () => ({}),
    on: {
      save: () => {
        throw new Rejection("fenced");
      },
    },
  }));
  const callers = system.host(defineActor("caller", {
    start: (_key, self) => ({ self }),
    on: {
      save: async () => await stores.get("one").save(),
      later: ({ self }) => void self.after(1, () => stores.get("one").save()),
      alive: () => true,
    },
  }));
  const one = callers.get("one");
  equal(await refusal(one.save()), "fenced");
  await one.later();
  await clock.advance(1_000);
  equal(await one.alive(), true);
  const crashed = happened.filter(({ event }) => event === "crashed").map(({ kind }) => kind);
  equal([...new Set(crashed)], ["store"]);
  await system.stop();
});

Deno.test("[A3] a call in the very moment in which a rest ends begins afresh, too", async () => {
  for (let depth = 0; depth < 12; depth++) {
    const { system, clock, happened } = testSystem();
    const one = system.host(defineActor("fragile", {
      start: () => ({}),
      on: {
        crash: () => {
          throw new Error("again");
        },
      },
    })).get("one");
    for (let crash = 0; crash < 6; crash++) {
      equal(await refusal(one.crash()), "crashed");
      await clock.advance(1_000);
    }
    equal(happened.at(-1)?.event, "gave-up");
    system.restart("fragile", "one"); // cuts the rest short
    for (let n = 0; n < depth; n++) await null;
    await refusal(one.crash());
    await settled();
    equal(happened.filter(({ event }) => event === "gave-up").length, 1, `${depth} microtasks on`);
    await clock.advance(10_000);
    await system.stop();
  }
});

Deno.test("[A3] what starts and is told to begin anew has not crashed", async () => {
  const { system, clock, count } = testSystem();
  let starts = 0;
  const one = system.host(defineActor("slow", {
    start: async (_key, self) => {
      if (++starts > 1) return { starts };
      await sleep(clock, 60_000, self.signal);
      self.signal.throwIfAborted();
      return { starts };
    },
    on: { starts: (state) => state.starts },
  })).get("one");
  const waiting = one.starts();
  await settled();
  system.restart("slow", "one");
  equal(await waiting, 2);
  equal([count("crashed"), count("restarted")], [0, 1]);
  await system.stop();
});

Deno.test("[A8] a child that fails for good while its owner starts is why that owner crashed", async () => {
  const { system, clock, happened } = testSystem();
  let lives = 0;
  const one = system.host(defineActor("owner", {
    start: async (_key, self) => {
      if (++lives > 1) return { lives };
      self.own({ name: "bad", run: () => Promise.reject(new Error("the child's own")) });
      await sleep(clock, 60_000, self.signal);
      self.signal.throwIfAborted();
      return { lives };
    },
    on: { lives: (state) => state.lives },
  })).get("one");
  const waiting = one.lives();
  await clock.advance(50 + 100 + 200 + 50);
  equal(await waiting, 2);
  const crash = happened.find(({ event }) => event === "crashed");
  match(String(crash?.event === "crashed" && crash.error), /the child's own/);
  await system.stop();
});

Deno.test("[A6] mail that comes while it stops is served, though the stop fails or it is told to crash", async () => {
  const { system, clock, happened } = testSystem();
  let lives = 0;
  const one = system.host(defineActor("clumsy", {
    start: () => ({ life: ++lives }),
    stop: async () => {
      await sleep(clock, 50, new AbortController().signal);
      throw new Error("oops");
    },
    idleAfter: 1_000,
    on: { life: (state) => state.life },
  })).get("one");
  equal(await one.life(), 1);
  await clock.advance(1_010);
  const waiting = [one.life(), one.life()];
  system.crash("clumsy", "one"); // it ends already: once is enough
  system.restart("clumsy", "one");
  await clock.advance(50);
  equal(await Promise.all(waiting), [2, 2]);
  equal(happened.map(({ event }) => event), ["started", "stop-failed", "passivated", "started"]);
  const ended = system.stop();
  await clock.advance(50);
  await ended;
});

Deno.test("[A18] an actor that has just been called is starting", async () => {
  const { system } = testSystem();
  const call = system.host(defineActor("young", { start: () => ({}), on: { ping: () => 1 } }))
    .get("one").ping();
  equal(system.inspect()[0]?.phase, "starting");
  await call;
  await system.stop();
});

Deno.test("[A13] stop is not held up by callers who call again and again", async () => {
  const { system, clock } = testSystem();
  const one = system.host(defineActor("popular", {
    start: () => ({}),
    on: { wait: () => sleep(clock, 10, new AbortController().signal) },
  })).get("one");
  const insistent = async () => {
    for (;;) await one.wait();
  };
  const callers = [1, 2, 3].map(() => refusal(insistent()));
  await clock.advance(100);
  let stopped = false;
  const stop = system.stop().then(() => stopped = true);
  await clock.advance(40); // one that has begun, and those that waited
  equal(stopped, true);
  equal(await Promise.all(callers), ["shutting_down", "shutting_down", "shutting_down"]);
  await stop;
});

Deno.test("[A5] a mailbox with mixed deadlines: a batch has those in time, and answers them", async () => {
  const { system, clock } = testSystem();
  const begun: number[][] = [];
  const all = system.host(defineActor("mixed", {
    start: () => sleep(clock, 100, new AbortController().signal).then(() => ({})),
    on: {
      add: batch((_state, inputs: number[]) => {
        begun.push(inputs);
        return inputs;
      }),
    },
  }));
  const hasty = all.get("one", { deadlineMs: 60 });
  const patient = all.get("one");
  const calls = [patient.add(1), refusal(hasty.add(2)), patient.add(3), refusal(hasty.add(4))];
  await clock.advance(100);
  equal(await Promise.all(calls), [1, "timeout", 3, "timeout"]);
  equal(begun, [[1, 3]]);
  await system.stop();
});

Deno.test("[A7] a batch that answers promises has crashed: they would go on beside the next", async () => {
  const { system, happened } = testSystem();
  const one = system.host(defineActor("hasty", {
    start: () => ({}),
    on: { add: batch((_state, inputs: number[]) => inputs.map((n) => Promise.resolve(n))) },
  })).get("one");
  equal(await refusal(one.add(1)), "crashed");
  await settled();
  const [crash] = happened.filter(({ event }) => event === "crashed");
  match(String(crash?.event === "crashed" && crash.error), /"add" answered a promise.*await it/);
  await system.stop();
});

Deno.test("[A18] whoever is told of actors may fail: they live on", async () => {
  const clock = fakeClock();
  const system = createSystem({
    clock,
    log: () => {
      throw new Error("full disk");
    },
  });
  const said: unknown[] = [];
  const { error } = console;
  console.error = (...words: unknown[]) => void said.push(words[0]);
  try {
    const one = system.host(defineActor("watched", {
      start: () => ({}),
      on: { ping: () => "pong", crash: () => Promise.reject(new Error("bad")) },
    })).get("one");
    equal(await refusal(one.crash()), "crashed");
    await clock.advance(50);
    equal(await one.ping(), "pong");
    await system.stop();
  } finally {
    console.error = error;
  }
  equal(said[1], "actor watched/one crashed: the lifecycle log failed");
});

Deno.test("[A5] actors that never pause starve nobody: timers fire, deadlines pass", async () => {
  const system = createSystem({ log: () => {} });
  const all = system.host(defineActor("restless", {
    start: (_key, self) => {
      self.own({
        name: "spins",
        async run(signal) {
          while (!signal.aborted) await self.turn(() => {});
        },
      });
      return {};
    },
    on: { ping: () => "pong", hang: () => new Promise<void>(() => {}) },
  }));
  const began = performance.now();
  equal(await all.get("one").ping(), "pong");
  equal(await refusal(all.get("two", { deadlineMs: 20 }).hang()), "timeout");
  ok(performance.now() - began < 5_000, "the timer of the deadline came late");
  await system.stop(100);
});

Deno.test("[A10] a timer may be far away: one in a month does not ring today", async () => {
  const system = createSystem({ log: () => {} });
  let rung = 0;
  const one = system.host(defineActor("patient", {
    start: () => ({}),
    on: {
      set: (_state, ms: number, self) => void self.after(ms, () => void rung++),
    },
  })).get("one");
  await one.set(40 * 24 * 3_600_000);
  await one.set(Infinity);
  await new Promise((resolve) => setTimeout(resolve, 20));
  equal(rung, 0);
  equal(await refusal(one.set(NaN)), "crashed", "no time at all is a defect");
  await system.stop();
});
