/** Tests of waiting for downloads (U7). */
import assert from "node:assert/strict";
import { Rejection } from "../domain/errors.ts";
import { patientDownloads } from "./download_wait.ts";
import type { Download, DownloadRequest } from "./downloads.ts";
import { refused } from "./testing.ts";

const REQUEST: DownloadRequest = {
  trackId: "t1",
  uploadId: "u1",
  sourceKey: "originals/u1",
  coverKey: null,
  plan: { format: "original", ending: "wav" },
  tags: { title: "Blue" },
  dangers: [],
};

/** Downloads that end when the test says so. */
function setUp(waitMs = 20) {
  const works: PromiseWithResolvers<Download>[] = [];
  const downloads = {
    make: () => {
      const work = Promise.withResolvers<Download>();
      works.push(work);
      return work.promise;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const time = { now: 0 };
  return { works, time, patient: patientDownloads({ downloads, waitMs, now: () => time.now }) };
}

Deno.test("[U7] what takes long is told as such, goes on, and is there for who asks again", async () => {
  const { works, patient } = setUp();
  assert.equal(await patient.get(REQUEST), null);
  const again = patient.get(REQUEST);
  works[0]?.resolve({ key: "k", bytes: 1 });
  assert.deepEqual(await again, { key: "k", bytes: 1 });
  assert.equal(works.length, 1, "made once");
});

Deno.test("[U7] a failure that came between two requests is told to the second, for a minute", async () => {
  const { works, time, patient } = setUp();
  assert.equal(await patient.get(REQUEST), null);
  works[0]?.reject(new Rejection("corrupt"));
  await new Promise((resolve) => setTimeout(resolve, 5));
  await refused(patient.get(REQUEST), "corrupt");
  await refused(patient.get(REQUEST), "corrupt");
  assert.equal(works.length, 1);
  time.now = 60_001;
  const anew = patient.get(REQUEST);
  works[1]?.resolve({ key: "k", bytes: 1 });
  assert.deepEqual(await anew, { key: "k", bytes: 1 });
});
