/** Tests of the queue: order, bounds, cancelling, and short work beside long ladders. */
import assert from "node:assert/strict";
import { isRejection } from "../domain/errors.ts";
import { inProcessJobs } from "./queue.ts";
import type { Job, Outcome } from "./job.ts";

const STRICT = { sanitizeOps: true, sanitizeResources: true };
const DONE: Outcome = { durationMs: 1, renditions: [] };
const job = (uploadId: string): Job => ({
  trackId: "t",
  uploadId,
  attempt: 1,
  sourceKey: "s",
  outputPrefix: "o",
  maxSeconds: 1,
});
const tick = () => new Promise((resolve) => setTimeout(resolve, 1));

Deno.test("[U10] jobs start in order, never more at once than allowed", STRICT, async () => {
  const started: string[] = [];
  const gates: (() => void)[] = [];
  await using jobs = inProcessJobs({
    concurrency: 2,
    run: async ({ uploadId }: Job) => {
      started.push(uploadId);
      await new Promise<void>((resolve) => gates.push(resolve));
      return DONE;
    },
  });
  const all = ["a", "b", "c", "d"].map((id) => jobs.submit(job(id)));
  await tick();
  assert.deepEqual(started, ["a", "b"]);
  gates[1]?.();
  await tick();
  assert.deepEqual(started, ["a", "b", "c"]);
  for (let at = 0; at < 4; at++) {
    gates[at]?.();
    await tick();
  }
  assert.deepEqual(await Promise.all(all), [DONE, DONE, DONE, DONE]);
  assert.deepEqual(started, ["a", "b", "c", "d"]);
});

Deno.test("[U10] a new job is measured while an earlier ladder runs", STRICT, async () => {
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  await using jobs = inProcessJobs({
    ladders: 1,
    run: async ({ uploadId }: Job, { turn, signal }) => {
      seen.push(`measured ${uploadId}`);
      using _turn = await turn(signal);
      seen.push(`ladder ${uploadId}`);
      await gate.promise;
      return DONE;
    },
  });
  const both = [jobs.submit(job("a")), jobs.submit(job("b"))];
  await tick();
  assert.deepEqual(seen, ["measured a", "measured b", "ladder a"]);
  gate.resolve();
  await Promise.all(both);
  assert.deepEqual(seen.at(-1), "ladder b");
});

Deno.test("[U10] a full queue says busy; a failed job gives its place back", STRICT, async () => {
  const gate = Promise.withResolvers<void>();
  await using jobs = inProcessJobs({
    concurrency: 1,
    capacity: 1,
    run: async ({ uploadId }: Job) => {
      await gate.promise;
      if (uploadId === "a") throw new Error("broken");
      return DONE;
    },
  });
  const first = jobs.submit(job("a"));
  const second = jobs.submit(job("b"));
  await assert.rejects(jobs.submit(job("c")), (error) => isRejection(error, "busy"));
  gate.resolve();
  await assert.rejects(first, /broken/);
  assert.equal(await second, DONE);
});

Deno.test(
  "[U10] a signal ends a waiting job and a running one; closing ends all",
  STRICT,
  async () => {
    const until = (signal: AbortSignal) =>
      new Promise<Outcome>((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason), { once: true })
      );
    const started: string[] = [];
    const jobs = inProcessJobs({
      concurrency: 1,
      run: ({ uploadId }: Job, { signal }) => {
        started.push(uploadId);
        return until(signal);
      },
    });
    const running = new AbortController();
    const waiting = new AbortController();
    const a = jobs.submit(job("a"), { signal: running.signal });
    const b = jobs.submit(job("b"), { signal: waiting.signal });
    const c = jobs.submit(job("c"));
    const outcomes = Promise.allSettled([a, b, c]);
    await tick();
    waiting.abort(new Error("b is not wanted"));
    await assert.rejects(b, /b is not wanted/);
    running.abort(new Error("a is not wanted"));
    await assert.rejects(a, /a is not wanted/);
    await tick();
    assert.deepEqual(started, ["a", "c"]);
    await jobs[Symbol.asyncDispose]();
    await assert.rejects(c, (error) => isRejection(error, "shutting_down"));
    await assert.rejects(jobs.submit(job("d")), (error) => isRejection(error, "shutting_down"));
    await outcomes;
  },
);
