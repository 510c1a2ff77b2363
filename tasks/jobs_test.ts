/** Tests of what `deno task jobs` understands and prints. */
import { deepEqual, match, throws } from "node:assert/strict";
import type { Job } from "../domain/jobs.ts";
import { age, pageOf, readOrder, tableOf } from "./jobs.ts";

const ID = "019a0000-0000-7000-8000-000000000001";
const JOB: Job = {
  ...{ id: ID, kind: "transcode", subject: ID, trackId: null, status: "dead", attempt: 3 },
  ...{ title: "Harbour", stage: "measured", percent: 12 },
  ...{ failures: 3, lost: 0, worker: "node-1", heartbeatAt: null, code: "processing_failed" },
  ...{ reason: "It broke", stderr: "first\nlast", runAfter: "2026-11-21T07:00:00.000Z" },
  ...{ createdAt: "2026-11-21T07:00:00.000Z", updatedAt: "2026-11-21T07:00:05.000Z" },
};

Deno.test("[O4] words of the task: a list by status, one job, or why they are not understood", () => {
  deepEqual(readOrder([]), { do: "list", status: undefined, limit: 50, json: false });
  deepEqual(readOrder(["--dead", "--json", "--limit=7"]), {
    ...{ do: "list", status: "dead", limit: 7, json: true },
  });
  deepEqual(readOrder(["--limit", "7"]), { do: "list", status: undefined, limit: 7, json: false });
  deepEqual(readOrder(["list", "--status=waiting"]), {
    ...{ do: "list", status: "waiting", limit: 50, json: false },
  });
  deepEqual(readOrder(["retry", ID]), { do: "retry", id: ID, json: false });
  deepEqual(readOrder(["show", ID, "--json"]), { do: "show", id: ID, json: true });
  deepEqual(readOrder(["retry", "--help"]), { do: "help" });
  deepEqual(readOrder(["-h"]), { do: "help" });
  for (
    const [words, told] of [
      [["show", "7"], /^show wants the id of a job, not 7$/],
      [["cancel"], /^cancel wants the id of a job, not none$/],
      [["show", ID, ID], new RegExp(`^Not understood: ${ID}$`)],
      [["purge"], /^Not understood: purge$/],
      [["--limit=x"], /^--limit is "x": wanted a whole number from 1$/],
      [["--status=lost"], /^--status is "lost": wanted one of waiting, running/],
      [["--alive"], /^Unknown option '--alive'$/],
    ] as const
  ) throws(() => readOrder(words), { name: "UsageError", message: told });
});

Deno.test("[O4] ages are told as people count them", () => {
  const ages = [0, 89_000, 90_000, 5_300_000, 5_400_000, 130_000_000].map((ms) => age(0, ms));
  deepEqual(ages, ["0 s", "89 s", "2 min", "88 min", "2 h", "2 d"]);
});

Deno.test("[O4] a list has a line a job, with its reason; a job has all, and ffmpeg's last words", () => {
  const [head, line] = tableOf([JOB], Date.parse(JOB.createdAt) + 5_000).split("\n");
  match(head!, /^id +status +kind +subject +attempt +age +reason$/);
  match(line!, new RegExp(`^${ID}  dead +transcode  ${ID}  3 +5 s  It broke$`));
  const page = pageOf(JOB);
  match(page, /^trackId +–$/m);
  match(page, /The last that ffmpeg said:\nfirst\nlast$/);
});
