import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { Rejection } from "../../domain/errors.ts";
import { batch, defineActor, type StopReason } from "./actor.ts";
import { refusal, settled, testSystem } from "./testing.ts";

/** An actor that counts its starts, and does as it is told. */
function obedient() {
  const seen = {
    starts: 0,
    handled: [] as number[],
    inside: 0,
    most: 0,
    stops: [] as StopReason[],
  };
  const actor = defineActor("obedient", {
    start: async (key) => {
      await null;
      return { key, life: ++seen.starts };
    },
    stop: (_state, reason) => void seen.stops.push(reason),
    on: {
      note: async (_state, message: number) => {
        seen.most = Math.max(seen.most, ++seen.inside);
        await null;
        await null;
        seen.handled.push(message);
        seen.inside--;
        return message;
      },
      life: (state) => state.life,
      crash: (_state, why: string) => {
        throw new Error(why);
      },
      refuse: () => {
        throw new Rejection("conflict", "no");
      },
      all: batch((_state, inputs: number[]) => {
        if (inputs.includes(0)) throw new Error("zero");
        return inputs;
      }),
    },
  });
  return { seen, actor };
}

Deno.test("[A1] messages are handled one by one, in the order of sending", async () => {
  const { system } = testSystem();
  const { actor, seen } = obedient();
  const one = system.host(actor).get("one");
  const numbers = Array.from({ length: 50 }, (_, n) => n);
  equal(await Promise.all(numbers.map((n) => one.note(n))), numbers);
  equal(seen.handled, numbers);
  equal(seen.most, 1);
  await system.stop();
});

Deno.test("[A1] two first messages start one activation; two keys are two actors", async () => {
  const { system } = testSystem();
  const { actor, seen } = obedient();
  const all = system.host(actor);
  equal(await Promise.all([all.get("one").life(), all.get("one").life()]), [1, 1]);
  equal(await all.get("two").life(), 2);
  equal(seen.starts, 2);
  await system.stop();
});

Deno.test("[A1] order holds across a restart", async () => {
  const { system, clock } = testSystem();
  const { actor, seen } = obedient();
  const one = system.host(actor).get("one");
  const before = [one.note(1), one.note(2)];
  const crash = refusal(one.crash("now"));
  const after = [one.note(3), one.note(4)];
  await clock.advance(25);
  const late = one.note(5);
  equal(seen.handled, [1, 2]);
  await clock.advance(25);
  equal(await Promise.all([...before, crash, ...after, late]), [1, 2, "crashed", 3, 4, 5]);
  equal(seen.handled, [1, 2, 3, 4, 5]);
  equal(seen.most, 1);
  await system.stop();
});

Deno.test("[A1] no code of an actor runs on its caller's stack", async () => {
  const { system } = testSystem();
  let ran = false;
  const actor = defineActor("eager", {
    start: () => {
      ran = true;
      return {};
    },
    on: { go: () => ran = true },
  });
  const one = system.host(actor).get("one");
  const first = one.go();
  equal(ran, false);
  await first;
  ran = false;
  const second = one.go();
  equal(ran, false);
  await second;
  await system.stop();
});

Deno.test("[A2] start runs on first use, and again after each crash", async () => {
  const { system, clock } = testSystem();
  const { actor, seen } = obedient();
  const one = system.host(actor).get("one");
  equal(seen.starts, 0);
  equal(await one.life(), 1);
  equal(await one.life(), 1);
  const crash = refusal(one.crash("now"));
  await clock.advance(50);
  equal(await crash, "crashed");
  equal(seen.starts, 2, "it starts again although nobody calls");
  equal(await one.life(), 2);
  equal(seen.stops, ["crash"]);
  await system.stop();
});

Deno.test("[A3] a Rejection refuses the caller, and the actor goes on", async () => {
  const { system, count } = testSystem();
  const { actor, seen } = obedient();
  const one = system.host(actor).get("one");
  await rejects(one.refuse(), { code: "conflict", message: "no" });
  equal(await one.life(), 1);
  equal(seen.starts, 1);
  equal(count("crashed"), 0);
  await system.stop();
});

Deno.test("[A3] fenced is the refusal that is a crash: its state is no longer true", async () => {
  const { system, clock } = testSystem();
  let lives = 0;
  const actor = defineActor("stale", {
    start: () => ({ life: ++lives }),
    on: {
      save: (state) => {
        if (state.life === 1) throw new Rejection("fenced");
        return state.life;
      },
    },
  });
  const one = system.host(actor).get("one");
  equal(await refusal(one.save()), "fenced");
  await clock.advance(60_000);
  equal(lives, 1, "unasked, it would fight the life that holds the epoch");
  equal(await one.save(), 2);
  await system.stop();
});

Deno.test("[A3] a crash answers its caller at once and without its details", async () => {
  const { system, clock, happened } = testSystem();
  const { actor } = obedient();
  const one = system.host(actor).get("one");
  await rejects(one.crash("the password is 1234"), (error) => {
    ok(error instanceof Rejection);
    equal(error.code, "crashed");
    ok(!error.message.includes("1234"));
    return true;
  });
  await settled();
  ok(happened.some((one) => one.event === "crashed" && String(one.error).includes("1234")));
  equal(system.inspect()[0]?.lastError, "Error: the password is 1234");
  await clock.advance(50);
  await system.stop();
});

Deno.test("[A3] all callers of a crashing batch get crashed, and it is not replayed", async () => {
  const { system, clock } = testSystem();
  const { actor } = obedient();
  const one = system.host(actor).get("one");
  const together = [1, 0, 2].map((n) => refusal(one.all(n)));
  const apart = [one.life(), one.all(3)];
  await clock.advance(50);
  equal(await Promise.all(together), ["crashed", "crashed", "crashed"]);
  equal(await Promise.all(apart), [2, 3]);
  equal(system.inspect()[0]?.handled, 5);
  await system.stop();
});

Deno.test("[A3] the back-off is 50 ms and doubles; what waits is kept", async () => {
  const { system, clock, happened } = testSystem();
  const { actor } = obedient();
  const one = system.host(actor).get("one");
  for (const wait of [50, 100, 200, 400, 800]) {
    const crash = refusal(one.crash("again"));
    const waiting = one.life();
    let answered = false;
    waiting.then(() => answered = true);
    await clock.advance(wait - 1);
    equal(await crash, "crashed");
    equal(answered, false, `it started before ${wait} ms`);
    await clock.advance(1);
    equal(answered, true, `it had not started after ${wait} ms`);
  }
  equal(happened.flatMap((one) => one.event === "crashed" ? [one.restartMs] : []), [
    50,
    100,
    200,
    400,
    800,
  ]);
  await system.stop();
});

Deno.test("[A3] the sixth crash in 30 s: given up, a rest of 10 s, then afresh", async () => {
  const { system, clock, count, happened } = testSystem();
  const { actor, seen } = obedient();
  const one = system.host(actor).get("one");
  for (let crash = 1; crash <= 5; crash++) {
    const call = refusal(one.crash("again"));
    await clock.advance(1_000);
    equal(await call, "crashed");
  }
  const last = refusal(one.crash("again"));
  const waiting = one.life();
  await rejects(waiting, { code: "crashed", retryAfterMs: 10_000 });
  equal(await last, "crashed");
  equal(count("gave-up"), 1);
  await clock.advance(4_000);
  await rejects(one.life(), { code: "crashed", retryAfterMs: 6_000 });
  equal(seen.starts, 6, "it does not start while it rests");
  equal(system.inspect()[0]?.phase, "resting");
  await clock.advance(6_000);
  equal(system.inspect(), [], "it waits for a message");
  equal(await one.life(), 7);
  const crash = refusal(one.crash("once"));
  await clock.advance(50);
  equal(await crash, "crashed");
  const waits = happened.flatMap((one) => one.event === "crashed" ? [one.restartMs] : []);
  equal(waits.at(-1), 50, "earlier crashes are forgotten");
  await system.stop();
});

Deno.test("[A3] start that throws is a crash: mail waits, and is answered on give-up", async () => {
  const { system, clock, count } = testSystem();
  let broken = true;
  let starts = 0;
  const actor = defineActor("fragile", {
    start: () => {
      starts++;
      if (broken) throw new Error("no database");
      return {};
    },
    on: { ping: () => "pong" },
  });
  const all = system.host(actor);
  const patient = all.get("one").ping();
  await clock.advance(60);
  equal(starts, 2);
  broken = false;
  await clock.advance(100);
  equal(await patient, "pong");

  broken = true;
  starts = 0;
  const waiting = refusal(all.get("two").ping());
  const hasty = refusal(all.get("two", { deadlineMs: 100 }).ping());
  await clock.advance(150);
  equal(await hasty, "timeout");
  await clock.advance(2_000);
  equal(await waiting, "crashed");
  equal(starts, 6);
  equal(count("gave-up"), 1);
  await system.stop();
});

Deno.test("[A3] start that throws a Rejection refuses who waits, and is no crash", async () => {
  const { system, clock, happened } = testSystem();
  let exists = false;
  const actor = defineActor("absent", {
    start: (key) => {
      if (!exists) throw new Rejection("not_found", `There is no ${key}`);
      return {};
    },
    on: { ping: () => "pong" },
  });
  const one = system.host(actor).get("one");
  equal(await Promise.all([refusal(one.ping()), refusal(one.ping())]), ["not_found", "not_found"]);
  await settled();
  equal(system.inspect(), []);
  equal(happened, []);
  exists = true;
  equal(await one.ping(), "pong");
  equal(clock.now(), 0);
  await system.stop();
});

Deno.test("[A3] one crashing actor slows no other", async () => {
  // 1,000 crashes over 100 actors; a healthy one, called between them, is always answered before
  // any time has passed.
  const { system, clock, count } = testSystem();
  const { actor } = obedient();
  const all = system.host(actor);
  const healthy = all.get("healthy");
  let crashes = 0;
  for (let round = 0; round < 10; round++) {
    const calls = Array.from(
      { length: 100 },
      (_, n) => refusal(all.get(`bad-${n}`).crash("again")),
    );
    const before = clock.now();
    equal(await healthy.note(round), round);
    equal(clock.now(), before);
    await clock.advance(8_000); // out of the way of the restart intensity
    for (const code of await Promise.all(calls)) if (code === "crashed") crashes++;
  }
  equal(crashes, 1_000);
  equal(count("gave-up"), 0);
  equal(system.inspect().find(({ key }) => key === "healthy")?.crashes ?? 0, 0);
  await system.stop();
});

Deno.test("[A18] an actor can be inspected", async () => {
  const { system, clock } = testSystem();
  const { actor } = obedient();
  const all = system.host(actor);
  await clock.advance(7);
  const calls = Promise.all([
    all.get("one").note(1),
    all.get("one").note(2),
    all.get("one").life(),
  ]);
  equal(system.inspect()[0]?.mailbox, 3);
  await calls;
  equal(system.inspect(), [{
    kind: "obedient",
    key: "one",
    phase: "serving",
    since: 7,
    epoch: undefined,
    mailbox: 0,
    mailboxBound: 1_000,
    handled: 3,
    crashes: 0,
    crashedAt: undefined,
    lastError: undefined,
    p50Ms: 0.001, // the test's clock stands still
    p99Ms: 0.001,
  }]);
  await system.stop();
});

Deno.test("[A18] a restart begins a new life, keeps what waits, and is no crash", async () => {
  const { system, count } = testSystem();
  const { actor, seen } = obedient();
  const one = system.host(actor).get("one");
  equal(await one.life(), 1);
  const calls = Promise.all([one.note(1), one.note(2), one.life()]);
  await null;
  equal(system.restart("obedient", "one"), true);
  equal(await calls, [1, 2, 2]);
  equal(seen.stops, ["restart"]);
  equal([count("crashed"), count("restarted")], [0, 1]);
  equal([system.restart("obedient", "two"), system.restart("none", "one")], [false, false]);
  await system.stop();
});

Deno.test("[A18] a restart takes back at once what rests or backs off", async () => {
  const { system, clock } = testSystem();
  const { actor } = obedient();
  const one = system.host(actor).get("one");
  for (let n = 0; n < 6; n++) {
    equal(await refusal(one.crash("again")), "crashed");
    await clock.advance(2_000);
  }
  equal(system.inspect()[0]?.phase, "resting");
  equal(await refusal(one.life()), "crashed");
  system.restart("obedient", "one");
  await settled();
  equal(await one.life(), 7);
  await system.stop();
});

Deno.test("[A18] an actor that is told to crash recovers as from any crash", async () => {
  const { system, clock, count } = testSystem();
  const { actor, seen } = obedient();
  const one = system.host(actor).get("one");
  await one.life();
  equal(system.crash("obedient", "one"), true);
  const waiting = one.life();
  await clock.advance(50);
  equal(await waiting, 2);
  equal([count("crashed"), system.inspect()[0]?.crashes], [1, 1]);
  equal(seen.stops, ["crash"]);
  equal(system.crash("obedient", "two"), false);
  await system.stop();
});
