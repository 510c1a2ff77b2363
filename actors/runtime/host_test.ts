import { deepStrictEqual as equal, rejects, throws } from "node:assert/strict";
import { Rejection } from "../../domain/errors.ts";
import { batch, defineActor } from "./actor.ts";
import { refusal, settled, testSystem } from "./testing.ts";

/** An actor whose `hold` lasts until the gate opens. */
function gated(mailbox?: number) {
  const gate = Promise.withResolvers<void>();
  const handled: string[] = [];
  const actor = defineActor("gated", {
    start: () => ({}),
    ...(mailbox !== undefined && { mailbox }),
    on: {
      hold: async () => {
        await gate.promise;
        return "held";
      },
      note: (_state, what: string) => {
        handled.push(what);
        return what;
      },
      together: batch((_state, inputs: number[]) => {
        handled.push(inputs.join());
        return inputs.map((n) => n === 13 ? new Rejection("conflict") : n * 2);
      }, { most: 4 }),
      others: batch((_state, inputs: number[]) => {
        handled.push(`others ${inputs}`);
        return inputs;
      }),
      wrong: batch((_state, _inputs: number[]) => [1]),
    },
  });
  return { actor, gate, handled };
}

Deno.test("[A4] beyond its bound a mailbox refuses at once, and nothing is lost", async () => {
  const { system, clock } = testSystem();
  const { actor, gate, handled } = gated(3);
  const one = system.host(actor).get("one");
  const held = one.hold();
  await settled(); // begun, so it waits no more
  const waiting = ["a", "b", "c"].map((what) => one.note(what));
  equal(await refusal(one.note("d")), "busy");
  equal(clock.now(), 0);
  gate.resolve();
  equal(await Promise.all([held, ...waiting]), ["held", "a", "b", "c"]);
  equal(await one.note("e"), "e");
  equal(handled, ["a", "b", "c", "e"]);
  await system.stop();
});

Deno.test("[A4] the bound is of each actor, and 1,000 if none is given", async () => {
  const { system } = testSystem();
  const { actor, gate } = gated();
  const all = system.host(actor);
  const calls = Array.from({ length: 1_000 }, () => all.get("one").note("x"));
  equal(await refusal(all.get("one").note("x")), "busy");
  equal(await all.get("two").note("y"), "y");
  await Promise.all(calls);
  gate.resolve();
  await system.stop();
});

Deno.test("[A5] past its deadline a caller gets timeout; what had not begun never does", async () => {
  const { system, clock } = testSystem();
  const { actor, gate, handled } = gated();
  const all = system.host(actor);
  const held = refusal(all.get("one").hold());
  const waiting = refusal(all.get("one").note("default"));
  const patient = all.get("one", { deadlineMs: 20_000 }).note("patient");
  const hasty = refusal(all.get("one", { deadlineMs: 100 }).note("hasty"));
  const answered: string[] = [];
  held.then(() => answered.push("held"));
  waiting.then(() => answered.push("waiting"));
  hasty.then(() => answered.push("hasty"));
  await clock.advance(99);
  equal(answered, []);
  await clock.advance(51);
  equal(answered, ["hasty"]);
  await clock.advance(4_849);
  equal(answered, ["hasty"]);
  await clock.advance(51);
  equal(answered.toSorted(), ["hasty", "held", "waiting"]);
  equal(await Promise.all([held, waiting, hasty]), ["timeout", "timeout", "timeout"]);
  equal(system.inspect()[0]?.mailbox, 1, "the dropped make room");
  gate.resolve();
  equal(await patient, "patient");
  equal(handled, ["patient"]);
  await system.stop();
});

Deno.test("[A5] a call is not begun after its deadline even if no sweep came between", async () => {
  const { system, clock } = testSystem();
  const begun: string[] = [];
  const actor = defineActor("blocking", {
    start: () => ({}),
    on: {
      block: () => clock.block(10),
      note: (_state, what: string) => begun.push(what),
      all: batch((_state, inputs: string[]) => inputs.map((what) => begun.push(what))),
    },
  });
  const all = system.host(actor);
  const blocked = all.get("one").block();
  const late = refusal(all.get("one", { deadlineMs: 10 }).note("late"));
  const lateToo = refusal(all.get("one", { deadlineMs: 10 }).all("late"));
  const inTime = all.get("one", { deadlineMs: 11 }).all("in time");
  equal(await Promise.all([blocked, late, lateToo, inTime]), [undefined, "timeout", "timeout", 1]);
  equal(begun, ["in time"]);
  await system.stop();
});

Deno.test("[A5] a thousand waiting calls cost one timer", async () => {
  const { system, clock } = testSystem();
  const { actor, gate } = gated();
  const one = system.host(actor).get("one");
  const calls = [one.hold(), ...Array.from({ length: 999 }, () => one.note("x"))];
  await settled();
  equal(clock.pending, 1);
  gate.resolve();
  await Promise.all(calls);
  await clock.advance(50);
  equal(clock.pending, 1, "now it is the timer of passivation");
  await system.stop();
  equal(clock.pending, 0);
});

Deno.test("[A5] a caller's signal withdraws what has not begun", async () => {
  const { system } = testSystem();
  const { actor, gate, handled } = gated();
  const all = system.host(actor);
  const { signal, abort } = withAbort();
  const begun = all.get("one", { signal }).hold();
  await settled();
  const waiting = all.get("one", { signal }).note("withdrawn");
  const other = all.get("one").note("other");
  const outcomes = Promise.allSettled([begun, waiting]);
  abort(new Error("gone"));
  equal((await outcomes).map(({ status }) => status), ["rejected", "rejected"]);
  await rejects(all.get("one", { signal }).note("too late"), { message: "gone" });
  gate.resolve();
  equal(await other, "other");
  equal(handled, ["other"]);
  await system.stop();
});

Deno.test("[A7] a batch gets all consecutive waiting calls of its name, up to its bound", async () => {
  const { system } = testSystem();
  const { actor, gate, handled } = gated();
  const one = system.host(actor).get("one");
  const held = one.hold();
  await settled();
  const calls = [
    ...[1, 2, 3, 4, 5, 6].map((n) => one.together(n)),
    one.note("between"),
    one.together(7),
    one.together(8),
    one.others(9),
    one.others(10),
  ];
  gate.resolve();
  await held;
  equal(await Promise.all(calls), [2, 4, 6, 8, 10, 12, "between", 14, 16, 9, 10]);
  equal(handled, ["1,2,3,4", "5,6", "between", "7,8", "others 9,10"]);
  await system.stop();
});

Deno.test("[A7] a Rejection among the replies refuses that one caller", async () => {
  const { system, count } = testSystem();
  const { actor } = gated();
  const one = system.host(actor).get("one");
  const calls = [one.together(12), refusal(one.together(13)), one.together(14)];
  equal(await Promise.all(calls), [24, "conflict", 28]);
  equal(count("crashed"), 0);
  await system.stop();
});

Deno.test("[A7] a batch that does not answer each caller has crashed", async () => {
  const { system, happened } = testSystem();
  const { actor } = gated();
  const one = system.host(actor).get("one");
  equal(await Promise.all([refusal(one.wrong(1)), refusal(one.wrong(2))]), ["crashed", "crashed"]);
  await settled();
  const crash = happened.find(({ event }) => event === "crashed");
  equal(
    crash?.event === "crashed" && String(crash.error),
    'TypeError: Batch handler "wrong" answered 1 replies to 2 messages; it must answer each',
  );
  await system.stop();
});

Deno.test("[A17] keys are UUIDs in lower case or slugs", async () => {
  const { system } = testSystem();
  const all = system.host(gated().actor);
  for (const key of ["a", "late-night", "mix_2", "01932c4e-8f5b-7d3a-9c1e-2b4a6d8e0f12"]) {
    equal(await all.get(key).note(key), key);
  }
  const bad = ["", "A", "a.b", "a*", ">", "a b", "../a", "-a", "a-", "ä", "a\n", "x".repeat(65)];
  for (const key of bad) throws(() => all.get(key), { code: "invalid" }, JSON.stringify(key));
  await system.stop();
});

Deno.test("[A17] only what is in `on` can be reached", async () => {
  const { system } = testSystem();
  const one = system.host(gated().actor).get("one");
  equal("start" in one, false);
  equal("then" in one, false, "a reference is not a promise");
  equal(Object.keys(one), []);
  await system.stop();
});

Deno.test("a deadline of nothing is a defect", async () => {
  const { system } = testSystem();
  const all = system.host(gated().actor);
  throws(() => all.get("one", { deadlineMs: 0 }), TypeError);
  throws(() => all.get("one", { deadlineMs: NaN }), TypeError);
  await system.stop();
});

function withAbort() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason: unknown) => controller.abort(reason) };
}
