import { deepEqual, equal, throws } from "node:assert/strict";
import { isRejection } from "../domain/errors.ts";
import { byteRange } from "./files.ts";

Deno.test("[U14] byte ranges, as RFC 9110 has them", () => {
  for (
    const [header, size, wanted] of [
      ["bytes=0-0", 10, { start: 0, end: 0 }],
      ["bytes=2-5", 10, { start: 2, end: 5 }],
      ["bytes=5-", 10, { start: 5, end: 9 }],
      ["bytes=5-99", 10, { start: 5, end: 9 }],
      ["bytes=-3", 10, { start: 7, end: 9 }],
      ["bytes=-30", 10, { start: 0, end: 9 }],
      ["bytes=5-2", 10, null], // not valid, so ignored
      ["bytes=0-1,4-5", 10, null], // several: all is sent
      ["items=0-1", 10, null],
      ["bytes=-", 10, null],
      ["bytes=a-b", 10, null],
      ["", 10, null],
    ] as const
  ) deepEqual(byteRange(header, size), wanted, header);
});

Deno.test("[U14] a range beyond the end cannot be satisfied", () => {
  for (const [header, size] of [["bytes=10-", 10], ["bytes=-0", 10], ["bytes=0-", 0]] as const) {
    throws(() => byteRange(header, size), (e) => isRejection(e, "range_not_satisfiable"), header);
  }
  equal(byteRange("bytes=9-", 10)?.start, 9);
});
