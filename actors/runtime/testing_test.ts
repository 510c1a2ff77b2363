import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { batch, defineActor } from "./actor.ts";
import { refusal } from "./testing.ts";
import { driveActor } from "./testing_actor.ts";
import { testNodes } from "./testing_nodes.ts";
import { topic } from "./topic.ts";

/** Counts in a row that outlives it. */
function counter() {
  const row = { total: 0, epoch: 0, batches: [] as number[][] };
  const actor = defineActor("counter", {
    start: () => ({ epoch: ++row.epoch }),
    idleAfter: 1_000,
    on: {
      add: (_state, by: number) => row.total += by,
      addAll: batch((_state, all: number[]) => {
        row.batches.push(all);
        return all.map((by) => row.total += by);
      }, { most: 3 }),
      epoch: (state) => state.epoch,
    },
  });
  return { row, actor };
}

Deno.test("a driven actor handles what it is told to, when it is told to", async () => {
  const { row, actor } = counter();
  await using driven = driveActor(actor, "clicks");
  const added = driven.send.add(2);
  const many = [1, 2, 3, 4].map((by) => driven.send.addAll(by));
  void driven.send.add(1);
  equal(driven.waiting, ["add", "addAll", "addAll", "addAll", "addAll", "add"]);
  equal([row.total, driven.info], [0, undefined]);
  await driven.next();
  equal([row.total, await added, driven.info?.handled], [2, 2, 1]);
  await driven.next();
  equal(row.batches, [[1, 2, 3]]);
  equal(driven.waiting, ["addAll", "add"]);
  await driven.rest();
  equal(await Promise.all(many), [3, 5, 8, 12]);
  equal([row.total, driven.waiting], [13, []]);
  await rejects(driven.next(), { message: "No message waits for counter/clicks" });
});

Deno.test("a driven actor crashes where it is told to, before its work or after it", async () => {
  const { row, actor } = counter();
  await using driven = driveActor(actor, "clicks");
  for (const [when, total] of [["before", 0], ["after", 1]] as const) {
    driven.crashNext(when);
    const added = driven.send.add(1);
    await driven.next();
    equal([await refusal(added), row.total], ["crashed", total]);
    await driven.clock.advance(100);
  }
  const epoch = driven.send.epoch();
  await driven.next();
  equal([await epoch, driven.count("crashed")], [3, 2]);
  await driven.clock.advance(1_000);
  equal([driven.info, driven.count("passivated")], [undefined, 1]);
});

Deno.test("two nodes hear each other over a bus that is slow, and loses, as it is told", async () => {
  await using test = testNodes();
  const [here, there] = test.nodes;
  const [told, heard] = [here!, there!].map(({ bus }) => topic<number>(bus, "count"));
  const got: string[] = [];
  const listening = heard!.subscribe(
    "one",
    ({ event }) => got.push(`${event} ${test.clock.now()}`),
  );
  equal([here!.bus.open, there!.bus.open], [0, 1]);
  here!.bus.faults.delayMs = 50;
  told!.publish("one", 1);
  here!.bus.faults.delayMs = 0;
  told!.publish("one", 2); // none overtakes
  await test.clock.advance(49);
  equal(got, []);
  await test.clock.advance(1);
  equal(got, ["1 50", "2 50"]);
  here!.bus.faults.drop = (subject) => subject === "count.one";
  told!.publish("one", 3);
  heard!.publish("one", 4);
  await test.clock.advance(100);
  equal(got.length, 3, "only what the first node sends is lost");
  listening.close();
  equal(there!.bus.open, 0);
});

Deno.test("a request over such a bus is late, or its outcome unknown", async () => {
  await using test = testNodes();
  const [here, there] = test.nodes;
  there!.bus.serve("actor.echo", (data) => data);
  const ask = (deadlineMs: number) =>
    here!.bus.request("actor.echo", new Uint8Array([7]), { deadlineMs });
  here!.bus.faults.delayMs = 30;
  const [late, tooLate] = [ask(100), refusal(ask(30))];
  await test.clock.advance(30);
  equal([[...await late], await tooLate], [[7], "timeout"]);
  here!.bus.faults.drop = () => true;
  const lost = refusal(ask(100));
  await test.clock.advance(100);
  equal(await lost, "timeout");
});

Deno.test("[A10] of several nodes one runs a reminder, also when its setter is gone", async () => {
  await using test = testNodes(3);
  const rung: number[] = [];
  const hosts = test.nodes.map(({ system }, nth) =>
    system.host(defineActor("alarm", {
      start: () => ({}),
      idleAfter: 500,
      on: { set: (_state, ms: number, self) => self.remind("ring", ms) },
      reminders: { ring: () => void rung.push(nth) },
    }))
  );
  await hosts[0]!.get("one").set(5_000);
  await test.nodes[0]!.system.stop();
  await test.clock.advance(60_000);
  equal(rung.length, 1);
  equal(rung.includes(0), false);
});
