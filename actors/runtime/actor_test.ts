import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { Rejection } from "../../domain/errors.ts";
import { batch, defineActor, type Ref } from "./actor.ts";
import { testSystem } from "./testing.ts";

interface Room {
  readonly key: string;
  posts: string[];
}

const room = defineActor("room", {
  start: (key): Promise<Room> => Promise.resolve({ key, posts: [] }),
  stop: (room, reason) => {
    same<Room>()(room);
    same<"idle" | "shutdown" | "restart" | "crash">()(reason);
  },
  on: {
    post: batch((room, posts: { text: string }[], self) => {
      same<Room>()(room);
      same<AbortSignal>()(self.signal);
      return posts.map(({ text }) =>
        text === "" ? new Rejection("invalid") : { seq: room.posts.push(text) }
      );
    }),
    rename: async (room, name: string) => {
      same<Room>()(room);
      return await Promise.resolve(`${room.key} → ${name}`);
    },
    members: (room) => room.posts.length,
    whoami: (_room, _, self) => self.key,
    latest: (room, many?: number) => room.posts.slice(-(many ?? 1)),
  },
});

Deno.test("inputs, replies and states are inferred", async () => {
  const { system } = testSystem();
  const one = system.host(room).get("one");
  equal(same<{ seq: number }>()(await one.post({ text: "a" })), { seq: 1 });
  equal(same<string>()(await one.rename("b")), "one → b");
  equal(same<number>()(await one.members()), 1);
  equal(same<string>()(await one.whoami()), "one");
  equal(same<string[]>()(await one.latest()), ["a"]);
  equal(same<string[]>()(await one.latest(2)), ["a"]);
  await system.stop();
});

/** What must not compile; the checker is the test. */
export function refusedByTheChecker(one: Ref<typeof room.on>) {
  return [
    // @ts-expect-error: an input of the wrong type
    () => one.rename(3),
    // @ts-expect-error: no input where one is due
    () => one.rename(),
    // @ts-expect-error: an input where none is taken
    () => one.members(3),
    // @ts-expect-error: a batch is called one by one
    () => one.post([{ text: "a" }]),
    // @ts-expect-error: not in `on`
    () => one.start("one"),
    // @ts-expect-error: a handler of another state
    () => defineActor("x", { start: () => ({ n: 1 }), on: { y: (s: { m: number }) => s.m } }),
  ];
}

Deno.test("[A17] kinds and handlers are fixed words", () => {
  const start = () => ({});
  for (const kind of ["", "Room", "chat-room", "chat.room", "a*", "x".repeat(33)]) {
    throws(() => defineActor(kind, { start, on: {} }), TypeError, kind);
  }
  const handler = () => {};
  for (const name of ["then", "toString", "constructor", "a.b", "Post", "a-b", ""]) {
    throws(() => defineActor("room", { start, on: { [name]: handler } }), TypeError, name);
  }
});

Deno.test("[A4] bounds are above 0", () => {
  const start = () => ({});
  for (const bound of [0, -1, NaN]) {
    throws(() => defineActor("room", { start, mailbox: bound, on: {} }), TypeError);
    throws(() => defineActor("room", { start, idleAfter: bound, on: {} }), TypeError);
    throws(() => batch(() => [], { most: bound }), TypeError);
  }
});

/** Gives a value back if it has exactly the type `Expected`, to the checker. */
function same<Expected>() {
  return <Actual>(
    value:
      & Actual
      & ([Actual] extends [Expected] ? [Expected] extends [Actual] ? unknown : never
        : never),
  ): Actual => value;
}
