/** Tests of short work on demand (U10). */
import assert from "node:assert/strict";
import { refused } from "./testing.ts";
import { workQueue } from "./work_queue.ts";

Deno.test("[U10] so much at once, so much waiting, the rest is refused", async () => {
  await using queue = workQueue({ concurrency: 1, capacity: 1 });
  const gate = Promise.withResolvers<string>();
  const first = queue.run(() => gate.promise);
  const second = queue.run(() => Promise.resolve("second"));
  await refused(queue.run(() => Promise.resolve("third")), "busy");
  gate.resolve("first");
  assert.deepEqual(await Promise.all([first, second]), ["first", "second"]);
  assert.equal(await queue.run(() => Promise.resolve("fourth")), "fourth");
});

Deno.test("[U10] what waits leaves by its signal; the end ends what runs", async () => {
  const queue = workQueue({ concurrency: 1, capacity: 9 });
  const running = queue.run((signal) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
  );
  const leaver = new AbortController();
  const waiting = queue.run(() => Promise.resolve(), leaver.signal);
  leaver.abort(new Error("changed my mind"));
  await assert.rejects(waiting, /changed my mind/);
  const ended = Promise.all([
    refused(running, "shutting_down"),
    queue[Symbol.asyncDispose](),
  ]);
  await ended;
});
