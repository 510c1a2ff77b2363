import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { Rejection } from "../../domain/errors.ts";
import { inProcessBus } from "./bus.ts";
import { checkedKey, checkedKind, checkedSubject } from "./names.ts";
import { topic } from "./topic.ts";

/** What would be an instruction, a second word or a path where a key becomes part of a name. */
const INJECTIONS = [
  ...["a.b", "a..b", ".", "..", ".a", "a.", "*", "a.*", ">", "a.>", "$SYS", "_INBOX", "$JS.API"],
  ...["", " ", "a b", " a", "a ", "a\tb", "a\nb", "a\n", "\r\nPUB x 0\r\n", "a\0", "\0", "\x7f"],
  ...["a/b", "../a", "a\\b", "%2e%2e", "a;b", "a'b", 'a"b', "a`b", "$(a)", "a|b", "a&b", "{a}"],
  ...["A", "Ab", "ä", "ａ", "а", "a\u200b", "\u202ea", "a\u0301", "\ud800", "😀"],
  ...["-a", "a-", "_a", "a_", "--", "x".repeat(65), "x".repeat(100_000)],
  "01932C4E-8F5B-7D3A-9C1E-2B4A6D8E0F12",
];
const FINE = [
  "a",
  "7",
  "late-night",
  "mix_2",
  "x".repeat(64),
  "01932c4e-8f5b-7d3a-9c1e-2b4a6d8e0f12",
];

Deno.test("[A17] a key that is no UUID or slug is refused, whatever it carries", async () => {
  await using bus = inProcessBus();
  const rooms = topic<string>(bus, "room");
  for (const key of INJECTIONS) {
    for (
      const use of [checkedKey, () => rooms.publish(key, ""), () => rooms.subscribe(key, fail)]
    ) {
      throws(() => use(key), { code: "invalid" }, JSON.stringify(key.slice(0, 40)));
    }
  }
  for (const key of FINE) equal(checkedKey(key), key);
});

Deno.test("[A17] what is no string is no key, whatever it looks like as one", () => {
  for (const key of [["a"], { toString: () => "a" }, 7, null, undefined, new String("a")]) {
    throws(() => checkedKey(key as string), { code: "invalid" });
  }
});

Deno.test("[A17] a refusal shows what was given, shortened, and on one line", () => {
  try {
    checkedKey(`\n${"x".repeat(1_000)}`);
    fail();
  } catch (error) {
    ok(error instanceof Rejection);
    ok(error.message.length < 200 && !error.message.includes("\n"), error.message);
  }
});

Deno.test("[A17] any key that passes is one word of a subject, and no option or path", () => {
  const letters = fc.constantFrom(..."aZ09-_.*> /\\\n\0$'\"äя~".split(""));
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: letters, maxLength: 70 }));
  fc.assert(
    fc.property(text, (key) => {
      try {
        checkedKey(key);
      } catch (error) {
        return error instanceof Rejection && error.code === "invalid";
      }
      return checkedSubject(`actor.room.${key}`).split(".").length === 3 &&
        /^[a-z0-9]/.test(key) && encodeURIComponent(key) === key && key.length <= 64;
    }),
    { numRuns: 2_000, seed: 20261121 },
  );
});

Deno.test("[A17] kinds and subjects are words of the program; anything else is a defect", () => {
  for (const kind of ["", "Room", "chat-room", "chat.room", "*", ">", "a b", "x".repeat(33)]) {
    throws(() => checkedKind(kind), TypeError, kind);
  }
  const bad = ["", ".", "room.", ".room", "room..a", "room.*", "room.>", "room a", "room.a\r\n"];
  for (const subject of [...bad, `room.${"x".repeat(200)}`]) {
    throws(() => checkedSubject(subject), TypeError, subject);
  }
});

function fail(): never {
  throw new Error("That was not to be");
}
