/** Completing a name. */
import { deepEqual, equal } from "node:assert/strict";
import { completed, matching, mentionAt } from "./mentions.ts";

Deno.test("[C9] a name is completed where its sign stands alone", () => {
  deepEqual(mentionAt("hi @Ad", 6), { query: "ad", at: 3 });
  deepEqual(mentionAt("@", 1), { query: "", at: 0 });
  deepEqual(mentionAt("(@ma", 4), { query: "ma", at: 1 });
  equal(mentionAt("ada@quay", 8), null);
  equal(mentionAt("hi @ad there", 12), null);
  deepEqual(completed("hi @ad there", 6, 3, "ada"), { text: "hi @ada there", cursor: 8 });
  deepEqual(completed("@a", 2, 0, "ada"), { text: "@ada ", cursor: 5 });
});

Deno.test("[C9] usernames that begin so come before names, and these before letters within", () => {
  const people = [
    { id: "1", username: "pad", displayName: "Zoe" },
    { id: "2", username: "zed", displayName: "Mara Adler" },
    { id: "3", username: "ada", displayName: "Ada" },
    { id: "4", username: "bob", displayName: "Bob" },
  ];
  deepEqual(matching(people, "ad", 5).map(({ id }) => id), ["3", "2", "1"]);
  deepEqual(matching(people, "", 2).map(({ id }) => id), ["3", "4"]);
});
