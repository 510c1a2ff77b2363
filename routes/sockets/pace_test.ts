/** Tests of how often somebody may do something. */
import { deepEqual, equal } from "node:assert/strict";
import { pace } from "./pace.ts";

Deno.test("[C11] one at a time for each, whoever else comes between", () => {
  let now = 0;
  const { take } = pace(250, () => now);
  deepEqual([take("ben"), take("carl"), take("ben")], [0, 0, 250]);
  now = 100;
  deepEqual([take("dora"), take("ben")], [0, 150], "what was refused does not count");
  now = 250;
  deepEqual([take("ben"), take("dora"), take("carl")], [0, 100, 0]);
  now = 499;
  equal(take("ben"), 1);
});
