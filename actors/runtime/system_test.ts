import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { defineActor, type Self } from "./actor.ts";
import { refusal, settled, testSystem } from "./testing.ts";

/** A kind whose `hold` lasts until the gate opens; `log` gets what is stopped. */
function holding(kind: string, log: string[] = []) {
  const gate = Promise.withResolvers<string>();
  const selves: Self[] = [];
  const actor = defineActor(kind, {
    start: (key, self) => {
      selves.push(self);
      return { key };
    },
    stop: (state, reason) => void log.push(`${kind}/${state.key} ${reason}`),
    on: {
      hold: () => gate.promise,
      echo: (_state, what: string) => what,
    },
  });
  return { actor, gate, selves };
}

Deno.test("a kind is hosted once", async () => {
  const { system } = testSystem();
  system.host(holding("room").actor);
  throws(() => system.host(holding("room").actor), TypeError);
  await system.stop();
});

Deno.test("stop lets actors serve what waits, then stops them", async () => {
  const { system, clock, count } = testSystem();
  const log: string[] = [];
  const { actor, gate } = holding("room", log);
  const all = system.host(actor);
  const held = all.get("one").hold();
  const waiting = all.get("one").echo("waiting");
  await settled();
  const stopped = system.stop();
  equal(await refusal(all.get("one").echo("during")), "shutting_down");
  equal(await refusal(all.get("two").echo("new")), "shutting_down");
  await settled();
  equal(log, []);
  gate.resolve("held");
  equal(await Promise.all([held, waiting]), ["held", "waiting"]);
  await stopped;
  equal(log, ["room/one shutdown"]);
  equal(count("shut-down"), 1);
  equal(await refusal(all.get("one").echo("late")), "shutting_down");
  equal(clock.pending, 0);
  equal(system.inspect(), []);
});

Deno.test("stop ends kinds in reverse order of hosting", async () => {
  const { system } = testSystem();
  const log: string[] = [];
  const uploads = system.host(holding("upload", log).actor);
  const stream = defineActor("stream", {
    start: () => ({}),
    stop: async () => void log.push(await uploads.get("one").echo("handed over")),
    on: { begin: () => {} },
  });
  const streams = system.host(stream);
  await uploads.get("one").echo("open");
  await streams.get("one").begin();
  await system.stop();
  equal(log, ["handed over", "upload/one shutdown"]);
});

Deno.test("stop is bounded: then signals abort and callers are told", async () => {
  const { system, clock } = testSystem();
  const { actor, selves } = holding("room");
  const one = system.host(actor).get("one", { deadlineMs: 60_000 });
  const begun = refusal(one.hold());
  const waiting = refusal(one.echo("waiting"));
  await settled();
  const [self] = selves;
  const stopped = system.stop(1_000);
  await clock.advance(999);
  equal(self?.signal.aborted, false);
  await clock.advance(1);
  await stopped;
  equal(self?.signal.aborted, true);
  equal(await begun, "timeout", "its outcome is unknown");
  equal(await waiting, "shutting_down", "it never began");
  equal(clock.pending, 0);
});

Deno.test("stop does not wait for a back-off or a rest", async () => {
  const { system, clock } = testSystem();
  const actor = defineActor("fragile", {
    start: (): Record<string, never> => {
      throw new Error("no");
    },
    on: { ping: () => "pong" },
  });
  const all = system.host(actor);
  const resting = refusal(all.get("resting").ping());
  await clock.advance(2_000);
  equal(await resting, "crashed");
  const backingOff = refusal(all.get("backing-off").ping());
  await settled();
  equal(system.inspect().map(({ phase }) => phase), ["resting", "backing-off"]);
  await system.stop();
  equal(await backingOff, "shutting_down");
  equal(clock.pending, 0);
});

Deno.test("stop is quick when nothing lives, and can be repeated", async () => {
  const { system, clock } = testSystem();
  const all = system.host(holding("room").actor);
  await Promise.all([system.stop(), system.stop()]);
  await system.stop();
  equal(await refusal(all.get("one").echo("late")), "shutting_down");
  equal(await refusal(system.host(holding("later").actor).get("one").echo("x")), "shutting_down");
  equal(clock.now(), 0);
});

Deno.test("a crash while it stops does not start the actor again", async () => {
  const { system } = testSystem();
  let starts = 0;
  const gate = Promise.withResolvers<void>();
  const actor = defineActor("crashing", {
    start: () => ({ starts: ++starts }),
    on: {
      crash: async () => {
        await gate.promise;
        throw new Error("bad");
      },
      echo: (_state, what: string) => what,
    },
  });
  const one = system.host(actor).get("one");
  const crash = refusal(one.crash());
  const waiting = refusal(one.echo("waiting"));
  await settled();
  const stopped = system.stop();
  gate.resolve();
  await stopped;
  equal(await Promise.all([crash, waiting]), ["crashed", "shutting_down"]);
  equal(starts, 1);
});

Deno.test("what throws in stop is seen, and the actor is gone all the same", async () => {
  const { system, count } = testSystem();
  const actor = defineActor("clumsy", {
    start: () => ({}),
    stop: () => Promise.reject(new Error("oops")),
    on: { ping: () => "pong" },
  });
  await system.host(actor).get("one").ping();
  await system.stop();
  equal(count("stop-failed"), 1);
  equal(system.inspect(), []);
});
