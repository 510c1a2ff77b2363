import { equal } from "node:assert/strict";
import { decodeCursor, encodeCursor, PageQuery } from "./pages.ts";

const ID = "019a0000-0000-7000-8000-000000000000";

Deno.test("[H4] a cursor comes back as it was made; anything else is none", () => {
  equal(decodeCursor(encodeCursor(ID)), ID);
  for (const text of ["", "x", "%%%", btoa("[1,2]"), btoa(`["a","b"]`), btoa("null")]) {
    equal(decodeCursor(text), null, text);
  }
});

Deno.test("[H4] limit is 1 to 100, by default 20", () => {
  equal(PageQuery.parse({}).limit, 20);
  equal(PageQuery.parse({ limit: "100" }).limit, 100);
  for (const limit of ["0", "101", "-1", "x", "1.5"]) {
    equal(PageQuery.safeParse({ limit }).success, false, limit);
  }
});
