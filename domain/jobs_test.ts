/** Tests of what follows from a failed attempt. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { afterFailure, lostTooOften } from "./jobs.ts";

const first = { attempt: 1, failures: 0, lost: 0 };

Deno.test("[A16] what the file is to blame for is final at once", () => {
  deepEqual(afterFailure(first, { code: "corrupt", detail: "It is damaged" }, 0), {
    status: "dead",
    failures: 1,
    detail: "It is damaged",
  });
});

Deno.test("[A16] [U12] what is the node's fault waits for one that can, a minute at most", () => {
  for (const code of ["unsafe_media", "unavailable"] as const) {
    for (const attempt of [1, 10, 900]) {
      const verdict = afterFailure({ ...first, attempt }, { code, detail: "" }, 0);
      ok(verdict.status === "waiting" && verdict.failures === 0 && verdict.afterMs <= 60_000);
    }
  }
  const lost = { code: "unavailable", detail: "The original is not there" } as const;
  equal(afterFailure({ ...first, attempt: 1_001 }, lost, 0).status, "dead");
});

Deno.test("[A16] the third failed attempt is the last, whatever passed in between", () => {
  const crash = { code: "processing_failed", detail: "ffmpeg was ended by SIGSEGV" } as const;
  deepEqual(afterFailure(first, crash, 0), { status: "waiting", failures: 1, afterMs: 1_000 });
  deepEqual(afterFailure({ attempt: 4, failures: 1, lost: 1 }, crash, 0), {
    status: "waiting",
    failures: 2,
    afterMs: 2_000,
  });
  const last = afterFailure({ attempt: 7, failures: 2, lost: 1 }, crash, 0);
  deepEqual(last, {
    status: "dead",
    failures: 3,
    detail: "It failed 3 times, at last with: ffmpeg was ended by SIGSEGV",
  });
});

Deno.test("[A16] lack of disk never counts; its pauses double to a minute, less up to half", () => {
  const full = { code: "disk_full", detail: "" } as const;
  const pauses = [1, 2, 3, 6, 7, 200].map((attempt) => {
    const verdict = afterFailure({ ...first, attempt }, full, 0);
    equal(verdict.status, "waiting");
    equal(verdict.failures, 0);
    return verdict.status === "waiting" && verdict.afterMs;
  });
  deepEqual(pauses, [1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
  const early = afterFailure(first, full, 0.999);
  ok(early.status === "waiting" && early.afterMs >= 500 && early.afterMs < 510);
});

Deno.test("[A16] a job that takes every worker down with it is given up in the end", () => {
  equal(lostTooOften({ lost: 20 }), null);
  ok(lostTooOften({ lost: 21 }));
});
