/** Tests of one attempt: what it tells, what it tidies up, and what it does when nobody listens. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { Rejection } from "../domain/errors.ts";
import type { JobFailure } from "../domain/jobs.ts";
import { type AttemptDeps, attempts, type UploadRef } from "./attempt.ts";
import { withLog } from "./ffmpeg_errors.ts";

const UPLOAD = "u";
const DONE = { durationMs: 7, renditions: [] };
const folder = (attempt: number) => `tracks/t/${UPLOAD}/${attempt}`;

function attempt(
  { transcode = () => Promise.resolve(DONE), attempt = 1, lost = 0, ...answers }:
    & Partial<UploadRef>
    & { transcode?: AttemptDeps["transcode"]; attempt?: number; lost?: number } = {},
) {
  const cleaned: string[] = [];
  const failures: JobFailure[] = [];
  const warned: string[] = [];
  const stop = new AbortController();
  const upload: UploadRef = {
    report: () => Promise.resolve(true),
    finished: () => Promise.resolve(true),
    failed: ({ failure }) => {
      failures.push(failure);
      return Promise.resolve({ status: "waiting", afterMs: 40 });
    },
    ...answers,
  };
  const work = attempts({
    upload: () => upload,
    transcode,
    clean: (at) => Promise.resolve(void cleaned.push(at)),
    warn: (message) => void warned.push(message),
    patienceMs: 600,
  });
  const job = { id: "j", subject: UPLOAD, trackId: "t", sourceKey: "s", failures: 0 };
  const { signal } = stop;
  const run = () =>
    work({ ...job, attempt, lost }, {
      signal,
      prepared() {},
      turn: () => Promise.reject(new Error("no turns")),
    });
  return { run, stop, cleaned, failures, warned };
}

Deno.test("[A16] each attempt writes to a place of its own; the last one's predecessors go", async () => {
  const places: string[] = [];
  const { run, cleaned } = attempt({
    attempt: 3,
    transcode: (job) => (places.push(job.outputPrefix), Promise.resolve(DONE)),
  });
  equal(await run(), null);
  deepEqual(places, [folder(3)]);
  deepEqual(cleaned, [folder(1), folder(2)]);
});

Deno.test("[A16] a stale attempt stops, and what it made goes", async () => {
  const { run, cleaned, failures } = attempt({
    report: () => Promise.resolve(false),
    transcode: async (_job, { report }) => {
      await report({ stage: "scanned", scanner: "off", percent: 1 });
      return DONE;
    },
  });
  equal(await run(), null);
  deepEqual([cleaned, failures], [[folder(1)], []]);
  const late = attempt({ finished: () => Promise.resolve(false) });
  equal(await late.run(), null);
  deepEqual(late.cleaned, [folder(1)]);
});

Deno.test("[A16] a failure is told with ffmpeg's last lines; the answer says when to come again", async () => {
  const { run, failures, warned, cleaned } = attempt({
    transcode: () => {
      const ended = new Rejection("processing_failed", "ffmpeg was ended by SIGSEGV");
      return Promise.reject(withLog(ended, ["first", "last"]));
    },
  });
  equal(await run(), 40);
  deepEqual(failures, [{
    code: "processing_failed",
    detail: "ffmpeg was ended by SIGSEGV",
    reason: "ffmpeg was ended by SIGSEGV",
    stderr: "first\nlast",
  }]);
  equal(warned.length, 1);
  deepEqual(cleaned, [], "what plays may be in there");
});

Deno.test("[A16] the words of a defect are for administrators, not for the owner", async () => {
  const { run, failures } = attempt({
    transcode: () => Promise.reject(new TypeError("cannot read /secret/place")),
  });
  await run();
  equal(failures[0]?.code, "processing_failed");
  equal(failures[0]?.detail, "Something failed here");
  equal(failures[0]?.reason, "TypeError: cannot read /secret/place");
});

Deno.test("[U2] a refusal of the file is nobody's trouble; dead, all that was made goes", async () => {
  const { run, warned, cleaned } = attempt({
    attempt: 2,
    transcode: () => Promise.reject(new Rejection("corrupt")),
    failed: () => Promise.resolve({ status: "dead" }),
  });
  equal(await run(), null);
  deepEqual([warned, cleaned], [[], [folder(1), folder(2)]]);
});

Deno.test("[U15] of a track that was deleted meanwhile nothing stays", async () => {
  const gone = () => Promise.reject(new Rejection("not_found"));
  const { run, cleaned } = attempt({ report: gone, finished: gone, failed: gone });
  equal(await run(), null);
  deepEqual(cleaned, [folder(1)]);
});

Deno.test("[A16] cancelled, it ends and what it made goes; told to stop, it is given back", async () => {
  const until = (signal: AbortSignal) =>
    new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason))
    );
  const cancelled = attempt({ transcode: (_job, { signal }) => until(signal) });
  const ending = cancelled.run();
  cancelled.stop.abort(new Rejection("fenced"));
  equal(await ending, null);
  deepEqual(cancelled.cleaned, [folder(1)]);

  const stopped = attempt({ transcode: (_job, { signal }) => until(signal) });
  const leaving = stopped.run();
  stopped.stop.abort(new Rejection("shutting_down"));
  await rejects(leaving, /stopping/);
  deepEqual([stopped.cleaned, stopped.failures], [[], []]);
});

Deno.test("[O8] an actor that restarts, or a database that is away, is asked again", async () => {
  let asked = 0;
  const { run, failures } = attempt({
    finished: () => {
      asked++;
      return asked < 3 ? Promise.reject(new Rejection("crashed")) : Promise.resolve(true);
    },
  });
  equal(await run(), null);
  deepEqual([asked, failures], [3, []]);
});

Deno.test("[A16] when its outcome cannot be told to anyone, that is loud", async () => {
  const away = () => Promise.reject(new Rejection("unavailable"));
  const { run } = attempt({ finished: away, failed: away });
  await rejects(run(), /does not answer/);
});

Deno.test("[A16] a job that has taken every worker down is not begun once more", async () => {
  let begun = 0;
  const { run, failures } = attempt({
    lost: 21,
    transcode: () => (begun++, Promise.resolve(DONE)),
  });
  await run();
  deepEqual([begun, failures[0]?.code], [0, "processing_failed"]);
});
