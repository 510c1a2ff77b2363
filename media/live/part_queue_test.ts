/** Tests of how parts come among the blobs: a store that hangs holds no node up. */
import { deepEqual, ok } from "node:assert/strict";
import { partQueue } from "./part_queue.ts";

Deno.test("[L7][A13] a node that stops waits some seconds for a store that hangs, and no longer", async () => {
  const closing = new AbortController();
  const warned: string[] = [];
  const asked = Promise.withResolvers<void>();
  const queue = partQueue({
    blobs: {
      put(_key, _bytes, options) {
        asked.resolve();
        const signal = options?.signal;
        return new Promise((_, reject) =>
          signal?.addEventListener("abort", () => reject(signal.reason))
        );
      },
    },
    takes: {
      open: () => Promise.resolve({ bytes: 1_000_000, ms: 60_000 }),
      beat: () => Promise.resolve(),
      shut: () => Promise.resolve(),
    },
    told() {},
    warn: (message) => void warned.push(message),
    closing: closing.signal,
  }, { streamId: "one", epoch: 1 });
  queue.push(new Uint8Array(10), 1_500);
  queue.push(new Uint8Array(10), 1_500);
  await asked.promise;
  const began = performance.now();
  const ended = queue.end();
  closing.abort();
  await ended;
  const took = performance.now() - began;
  ok(took < 6_000, `it took ${Math.round(took)} ms`);
  deepEqual(warned, ["a recording waits for the store", "the end of a recording is lost"]);
});
