import { equal, ok } from "node:assert/strict";
import { afterClosing } from "./recordings.ts";

/** The pauses until it is given up, in ms. */
function pauses(code: Parameters<typeof afterClosing>[1]): number[] {
  const all: number[] = [];
  for (let pause = afterClosing(0, code, 0); pause !== null;) {
    all.push(pause);
    pause = afterClosing(all.length, code, 0);
  }
  return all;
}

Deno.test("[L7][A16] what fails of itself is given up after seven tries, each pause twice the last", () => {
  equal(pauses("processing_failed").join(), "1000,2000,4000,8000,16000,32000");
  equal(pauses("internal").length, 6);
});

Deno.test("[L7][A16] a store that is away is waited for over a night, and not for ever", () => {
  for (const code of ["unavailable", "disk_full"] as const) {
    const all = pauses(code);
    equal(Math.max(...all), 60_000);
    const hours = all.reduce((sum, one) => sum + one, 0) / 3_600_000;
    ok(hours > 12 && hours < 24, `${hours} h`);
  }
});

Deno.test("[L7] what trying again cannot mend is given up at once; what failed together parts", () => {
  equal(afterClosing(0, "invalid", 0), null);
  equal(afterClosing(10, "unavailable", 0.5), 45_000);
});
