import { deepStrictEqual as equal } from "node:assert/strict";
import { defineActor, type StopReason } from "./actor.ts";
import { testSystem } from "./testing.ts";

/** An actor that can say how often it has been started. */
function living() {
  let starts = 0;
  const stops: StopReason[] = [];
  const actor = defineActor("living", {
    start: () => ({ life: ++starts }),
    stop: (_state, reason) => void stops.push(reason),
    idleAfter: 1_000,
    on: { life: ({ life }) => life },
  });
  return { actor, stops };
}

Deno.test("[A6] after idleAfter without mail it stops, and the next message starts it", async () => {
  const { system, clock, count } = testSystem();
  const { actor, stops } = living();
  const one = system.host(actor).get("one");
  equal(await one.life(), 1);
  await clock.advance(999);
  equal(await one.life(), 1, "a message counts as use");
  await clock.advance(999);
  equal(stops, []);
  await clock.advance(1);
  equal(stops, ["idle"]);
  equal(system.inspect(), []);
  equal(count("passivated"), 1);
  equal(await one.life(), 2);
  await system.stop();
});

Deno.test("[A6] each actor of a kind has its own time", async () => {
  const { system, clock } = testSystem();
  const { actor } = living();
  const all = system.host(actor);
  await all.get("early").life();
  await clock.advance(400);
  await all.get("late").life();
  await clock.advance(300);
  await all.get("early").life();
  await clock.advance(700);
  equal(system.inspect().map(({ key }) => key), ["early"]);
  await clock.advance(300);
  equal(system.inspect(), []);
  await system.stop();
});

Deno.test("[A6] mail that arrives while it stops starts it again", async () => {
  const { system, clock } = testSystem();
  const gate = Promise.withResolvers<void>();
  let starts = 0;
  const actor = defineActor("slow", {
    start: () => ({ life: ++starts }),
    stop: () => gate.promise,
    idleAfter: 1_000,
    on: { life: (state) => state.life },
  });
  const one = system.host(actor).get("one");
  equal(await one.life(), 1);
  await clock.advance(1_000);
  equal(system.inspect()[0]?.phase, "stopping");
  const calls = [one.life(), one.life()];
  await clock.advance(10);
  equal(starts, 1, "never two at a time");
  gate.resolve();
  equal(await Promise.all(calls), [2, 2]);
  await system.stop();
});

Deno.test("[A6] an actor whose handler or start still runs is not idle", async () => {
  const { system, clock, count } = testSystem();
  const { promise, resolve } = Promise.withResolvers<string>();
  const actor = defineActor("busy", {
    start: () => ({}),
    idleAfter: 1_000,
    on: { wait: () => promise },
  });
  const call = system.host(actor).get("one", { deadlineMs: 60_000 }).wait();
  await clock.advance(10_000);
  resolve("done");
  equal(await call, "done");
  equal(count("passivated"), 0);
  await clock.advance(1_000);
  equal(count("passivated"), 1);
  await system.stop();
});
