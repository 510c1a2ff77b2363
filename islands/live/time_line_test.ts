import { deepEqual } from "node:assert/strict";
import { TimeLine } from "./time_line.ts";

Deno.test("[L3] packets follow each other by their own length, holes are counted, doubles left out", () => {
  const line = new TimeLine();
  const places = [[7, 960], [8, 960], [9, 480], [10, 480], [13, 480], [12, 480], [
    13,
    480,
  ]] as const;
  deepEqual(places.map(([sequence, samples]) => line.place(sequence, samples)), [
    0,
    960,
    1_920,
    2_400,
    2_400 + 3 * 480,
    null,
    null,
  ]);
});

Deno.test("[L3] the numbers go on after 2³² − 1 with 0", () => {
  const line = new TimeLine();
  deepEqual([0xffff_fffe, 0xffff_ffff, 0, 2].map((sequence) => line.place(sequence, 960)), [
    0,
    960,
    1_920,
    3_840,
  ]);
});

Deno.test("[L6] another host's numbers may begin anew; the time line does not", () => {
  const line = new TimeLine();
  line.place(500, 960);
  line.renew();
  deepEqual([line.place(0, 960), line.place(1, 960), line.place(0, 960)], [960, 1_920, null]);
});
