/** Tests of a crowd: who does not keep up is cut off, and nothing is kept for it. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { isRejection } from "../../domain/errors.ts";
import { Crowd } from "./crowd.ts";

const PIECE = 16 * 1024;
const piece = () => ({ bytes: new Uint8Array(PIECE), ms: 140 });
const plain = { withTitles: false, left() {} };
const crowdOf = () => new Crowd({ title: () => "Night", onLeft() {} });
const slow = (error: unknown) => isRejection(error, "slow_reader");

Deno.test("[C12] who reads nothing of an endless file is cut off, and what waited is let go of", async () => {
  const crowd = crowdOf();
  let left = 0;
  const deaf = crowd.enter({ ...plain, left: () => left++ });
  const reader = crowd.enter(plain).getReader();
  let [pieces, heard] = [0, 0];
  for (; left === 0 && pieces < 100; pieces++) {
    crowd.out(piece());
    heard += (await reader.read()).value?.length ?? 0;
  }
  deepEqual([left, crowd.size], [1, 1]);
  ok(pieces * PIECE > 256 * 1024, `cut off after ${pieces} pieces`);
  await rejects(deaf.getReader().read(), slow);
  equal(heard, pieces * PIECE, "who keeps up hears all");
  crowd.end();
  equal((await reader.read()).done, true);
});

Deno.test("[C12] at the end who is nearly there hears the last of it; for others nothing is kept", async () => {
  const endedAfter = (pieces: number) => {
    const crowd = crowdOf();
    const stream = crowd.enter(plain);
    for (let n = 0; n < pieces; n++) crowd.out(piece());
    crowd.end();
    equal(crowd.size, 0);
    return new Response(stream).bytes();
  };
  equal((await endedAfter(4)).length, 4 * PIECE);
  await rejects(endedAfter(5), slow);
});

Deno.test("[C12] who is far behind when it is to hear no more does not hear the rest", async () => {
  const crowd = crowdOf();
  const over = new AbortController();
  const stream = crowd.enter({ ...plain, signal: over.signal });
  for (let n = 0; n < 10; n++) crowd.out(piece());
  over.abort();
  await rejects(stream.getReader().read(), slow);
});
