import { equal, throws } from "node:assert/strict";
import { growth } from "./thirds.ts";

Deno.test("[P12] growth is the last third beside the middle one; what warms up first counts not", () => {
  equal(growth([1, 5, 100, 100, 100, 100]), 1);
  equal(growth([1, 1, 1, 10, 10, 10, 20, 20, 20]), 2);
  equal(growth([7, 9, 1, 1, 1, 1, 2, 2]), 2, "eight: the first two are left over");
  throws(() => growth([1, 2]), /found 2/);
});
