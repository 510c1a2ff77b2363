/** Tests of what stores can hold. */
import { equal } from "node:assert/strict";
import { z } from "zod";
import { jsonFault, storable } from "./storable.ts";

const takes = (text: string) => z.string().check(storable).safeParse(text).success;

Deno.test("[C11] text without NUL and halves of characters is taken", () => {
  for (const text of ["", "hello", "🎧 é \n\t", "\u0001"]) equal(takes(text), true, text);
  for (const text of ["a\0b", "\ud800", "\udfff!", "x\ud83c"]) equal(takes(text), false);
});

Deno.test("[C11] JSON is bounded in depth and size before anything walks through it", () => {
  const nested = (levels: number) => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);
  equal(jsonFault({ a: nested(7) }, 100), null);
  equal(jsonFault({ a: nested(9) }, 100), "is nested deeper than 8");
  equal(jsonFault({ a: nested(60_000) }, 100), "is nested deeper than 8");
  equal(jsonFault({ a: "x".repeat(2_000) }, 2_000), "has more than 2,000 characters");
  equal(jsonFault({ a: ["\ud800"] }, 100), "has characters that cannot be stored");
  equal(jsonFault({ "a\0": 1 }, 100), "has characters that cannot be stored");
  equal(jsonFault({ a: [1, null, true, "é"] }, 100), null);
});
