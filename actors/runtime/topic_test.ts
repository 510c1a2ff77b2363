import { deepStrictEqual as equal, strictEqual as same, throws } from "node:assert/strict";
import { inProcessBus } from "./bus.ts";
import { settled } from "./testing.ts";
import { bytesTopic, topic } from "./topic.ts";

interface Posted {
  readonly seq: number;
  readonly text: string;
}

Deno.test("a topic encodes an event once, and all get the same bytes", async () => {
  await using bus = inProcessBus();
  const posts = topic<Posted>(bus, "room");
  const got: Uint8Array[] = [];
  let encoded = 0;
  posts.subscribe("one", ({ bytes }) => got.push(bytes));
  posts.subscribe("one", ({ bytes }) => got.push(bytes));
  const event = { seq: 1, text: "grüezi", toJSON: () => ({ seq: ++encoded, text: "grüezi" }) };
  posts.publish("one", event);
  await settled();
  equal(encoded, 1);
  same(got[0], got[1]);
  equal(new TextDecoder().decode(got[0]), '{"seq":1,"text":"grüezi"}');
});

Deno.test("an event is decoded at the first look, for each subscriber apart", async () => {
  await using bus = inProcessBus();
  const posts = topic<Posted>(bus, "room");
  const got: Posted[] = [];
  for (let n = 0; n < 2; n++) {
    posts.subscribe("one", (published) => {
      same(published.event, published.event);
      got.push(published.event);
    });
  }
  posts.publish("one", { seq: 1, text: "a" });
  await settled();
  equal(got, [{ seq: 1, text: "a" }, { seq: 1, text: "a" }]);
  equal(got[0] === got[1], false);
});

Deno.test("who looks only at the bytes meets no decoding", async () => {
  const errors: unknown[] = [];
  await using bus = inProcessBus({ onError: (error) => errors.push(error) });
  const posts = topic<Posted>(bus, "room");
  let passedOn = 0;
  posts.subscribe("one", ({ bytes }) => passedOn += bytes.length);
  bus.publish("room.one", new TextEncoder().encode("not JSON"));
  await settled();
  equal([passedOn, errors.length], [8, 0]);
});

Deno.test("keys and topics are apart, and a closed subscription is silent", async () => {
  await using bus = inProcessBus();
  const rooms = topic<number>(bus, "room");
  const tracks = topic<number>(bus, "track");
  const got: string[] = [];
  rooms.subscribe("one", ({ event }) => got.push(`room one ${event}`));
  rooms.subscribe("two", ({ event }) => got.push(`room two ${event}`)).close();
  tracks.subscribe("one", ({ event }) => got.push(`track one ${event}`));
  rooms.publish("one", 1);
  rooms.publish("two", 2);
  tracks.publish("one", 3);
  await settled();
  equal(got, ["room one 1", "track one 3"]);
});

Deno.test("a topic of bytes passes them on as they are", async () => {
  await using bus = inProcessBus();
  const audio = bytesTopic(bus, "audio");
  const frame = new Uint8Array([0, 255, 10]);
  let got: Uint8Array | undefined;
  audio.subscribe("one", ({ event, bytes }) => {
    same(event, bytes);
    got = bytes;
  });
  audio.publish("one", frame);
  await settled();
  same(got, frame);
});

Deno.test("[A17] a topic takes keys only, and its name is a fixed word", async () => {
  await using bus = inProcessBus();
  const posts = topic<Posted>(bus, "room");
  for (const key of ["", "*", ">", "a.b", "A", "a b"]) {
    throws(() => posts.publish(key, { seq: 1, text: "a" }), { code: "invalid" }, key);
    throws(() => posts.subscribe(key, () => {}), { code: "invalid" }, key);
  }
  for (const name of ["", "Room", "room.x", "*"]) throws(() => topic(bus, name), TypeError, name);
});
