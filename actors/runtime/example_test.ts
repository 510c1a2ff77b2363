/** The examples of README.md: this is where they are checked and run. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { Rejection } from "../../domain/errors.ts";
import { defineActor } from "./actor.ts";
import { inProcessBus } from "./bus.ts";
import { createSystem } from "./system.ts";
import { refusal } from "./testing.ts";
import { driveActor } from "./testing_actor.ts";
import { type Topic, topic } from "./topic.ts";

/** A table of counters, fenced as a database fences it. */
function countersTable() {
  const rows = new Map<string, { epoch: number; total: number }>();
  return {
    open(key: string) {
      const row = rows.getOrInsertComputed(key, () => ({ epoch: 0, total: 0 }));
      row.epoch++;
      return Promise.resolve({ key, ...row });
    },
    save(key: string, epoch: number, total: number) {
      const row = rows.get(key);
      if (row?.epoch !== epoch) return Promise.reject(new Rejection("fenced"));
      row.total = total;
      return Promise.resolve();
    },
  };
}

type CounterStore = ReturnType<typeof countersTable>;

// README: writing
const counter = (store: CounterStore, counts: Topic<{ total: number }>) =>
  defineActor("counter", {
    start: (key) => store.open(key), // the state, under the next epoch; again after each crash
    idleAfter: 60_000, // ms without mail, then it passivates
    on: {
      add: async (counter, by: number) => {
        if (by <= 0) throw new Rejection("invalid", `It only counts up, not by ${by}`);
        const total = counter.total + by; // decide
        await store.save(counter.key, counter.epoch, total); // save, fenced
        counter.total = total; // remember
        counts.publish(counter.key, { total }); // tell
        return total;
      },
      total: (counter) => counter.total,
    },
  });
// README: end

Deno.test("[A1] [A2] the manual's example of writing an actor works", async () => {
  await using bus = inProcessBus();
  const [store, counts] = [countersTable(), topic<{ total: number }>(bus, "count")];
  const told: number[] = [];
  using _ = counts.subscribe("clicks", ({ event }) => told.push(event.total));

  // README: using
  await using system = createSystem();
  const counters = system.host(counter(store, counts));
  const clicks = counters.get("clicks"); // nothing starts yet
  await clicks.add(2); // 2
  await clicks.add(0).catch((error) => error.code); // "invalid", and the actor goes on
  system.inspect(); // [{ kind: "counter", key: "clicks", phase: "serving", handled: 2, … }]
  // README: end

  await bus.flush();
  equal([await clicks.total(), told], [2, [2]]);
  const [info] = system.inspect();
  equal([info?.kind, info?.key, info?.phase, info?.handled], ["counter", "clicks", "serving", 3]);
});

Deno.test("[A3] the manual's example of testing an actor works", async () => {
  await using bus = inProcessBus();
  const [store, counts] = [countersTable(), topic<{ total: number }>(bus, "count")];

  // README: testing
  await using driven = driveActor(counter(store, counts), "clicks");
  driven.crashNext("after"); // it has saved, and not answered
  const added = driven.send.add(2);
  await driven.next();
  equal(await refusal(added), "crashed");
  await driven.clock.advance(50); // its back-off
  const total = driven.send.total();
  await driven.next();
  equal(await total, 2); // what was saved is there
  // README: end
});

Deno.test("the manual shows what runs here, word for word", async () => {
  const manual = await Deno.readTextFile(new URL("README.md", import.meta.url));
  const shown = [...manual.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
  const source = await Deno.readTextFile(new URL("example_test.ts", import.meta.url));
  const run = [...source.matchAll(/( *)\/\/ README: (?!end)\w+\n(.*?) *\/\/ README: end/gs)]
    .map(([, indent, code]) => code!.replaceAll(new RegExp(`^${indent}`, "gm"), ""));
  equal(shown, run);
  ok(manual.split("\n").length <= 200, "a manual of one page");
});
