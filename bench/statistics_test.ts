import { deepEqual, throws } from "node:assert/strict";
import { ratios, summarize } from "./statistics.ts";

Deno.test("[P] a summary has the median and both ends, in any order of figures", () => {
  deepEqual(summarize([9, 1, 4]), { median: 4, least: 1, most: 9 });
  deepEqual(summarize([10, 2, 4, 100]), { median: 7, least: 2, most: 100 });
});

Deno.test("[P] nothing measured, or no number, is a failure and never a figure", () => {
  throws(() => summarize([]), RangeError);
  throws(() => summarize([1, NaN]), RangeError);
});

Deno.test("[P] a ratio is of the same round", () => {
  deepEqual(ratios([10, 40], [5, 10]), [2, 4]);
});
