import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { inProcessBus } from "./bus.ts";
import { settled } from "./testing.ts";

const bytes = new Uint8Array([1]);

Deno.test("what a subscriber publishes comes after what was published before it", async () => {
  await using bus = inProcessBus();
  const got: string[] = [];
  bus.subscribe("question.one", () => {
    got.push("asked");
    bus.publish("answer.one", bytes);
  });
  bus.subscribe("answer.one", () => got.push("answered"));
  bus.subscribe("question.two", () => got.push("asked too"));
  bus.publish("question.one", bytes);
  bus.publish("question.two", bytes);
  await settled();
  equal(got, ["asked", "asked too", "answered"]);
});

Deno.test("a new subscriber gets nothing of what was published before", async () => {
  await using bus = inProcessBus();
  let got = 0;
  bus.subscribe("room.one", () => {});
  bus.publish("room.one", bytes);
  bus.subscribe("room.one", () => got++);
  await settled();
  equal(got, 0);
});

Deno.test("a subscription closed during a delivery gets nothing of it", async () => {
  await using bus = inProcessBus();
  let got = 0;
  bus.subscribe("room.one", () => next.close());
  const next = bus.subscribe("room.one", () => got++);
  bus.publish("room.one", bytes);
  await settled();
  equal(got, 0);
});

Deno.test("what handlers throw is told with its subject", async () => {
  const told: string[] = [];
  await using bus = inProcessBus({ onError: (error, subject) => told.push(`${subject} ${error}`) });
  bus.subscribe("room.one", () => {
    throw new Error("bad");
  });
  bus.publish("room.one", bytes);
  await settled();
  equal(told, ["room.one Error: bad"]);
});

Deno.test("a closed bus delivers nothing more", async () => {
  const bus = inProcessBus();
  let got = 0;
  bus.subscribe("room.one", () => got++);
  bus.publish("room.one", bytes);
  await bus[Symbol.asyncDispose]();
  bus.publish("room.one", bytes);
  await settled();
  equal(got, 0);
});

Deno.test("a subject has one server", async () => {
  await using bus = inProcessBus();
  using _ = bus.serve("actor.one", (data) => data);
  throws(() => bus.serve("actor.one", (data) => data), TypeError);
});
