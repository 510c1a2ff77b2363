import { deepEqual, equal, ok } from "node:assert/strict";
import { Rejection } from "../domain/errors.ts";
import type { Progress } from "../domain/tracks.ts";
import { settled, testSystem } from "./runtime/testing.ts";
import { trackUpload, type Transcode, type UploadRows } from "./track_upload.ts";

const ID = "019a0000-0000-7000-8000-000000000001";
const TRACK = "019a0000-0000-7000-8000-000000000002";

type Row = NonNullable<Awaited<ReturnType<UploadRows["open"]>>>;

/** One row, fenced as the database fences it. */
function oneRow(change: Partial<Row> = {}) {
  let row: Row = {
    id: ID,
    trackId: TRACK,
    status: "received",
    epoch: 0,
    attempt: 0,
    failures: 0,
    blobKey: "b",
    bytes: 5,
    sha256: "x",
    ...change,
  };
  const saved: object[] = [];
  const rows: UploadRows = {
    open: (id) => Promise.resolve(id === ID ? (row = { ...row, epoch: row.epoch + 1 }) : null),
    save(_id, epoch, { track, ...upload }) {
      if (epoch !== row.epoch) return Promise.reject(new Rejection("fenced"));
      row = { ...row, ...upload };
      saved.push({ ...upload, ...track });
      return Promise.resolve();
    },
  };
  return {
    rows,
    saved,
    row: () => row,
    takeOver: () => void (row = { ...row, epoch: row.epoch + 1 }),
  };
}

const loudness = { integratedLufs: -14, truePeakDb: -2, gainDb: 0 };
const source = { codec: "flac", sampleRate: 44_100, channels: 2 };

/** An attempt that goes well. */
const goesWell: Transcode = async (_job, report) => {
  await report({ stage: "scanned", percent: 1 });
  await report({ stage: "probed", percent: 2, source, durationMs: 900 });
  await report({ stage: "measured", percent: 10, loudness, durationMs: 1_000 });
  await report({ stage: "segmenting", percent: 10 });
  await report({ stage: "playable", percent: 10 });
  await report({ stage: null, percent: 50 });
  return { durationMs: 1_000 };
};

function start(transcode: Transcode, store = oneRow()) {
  const test = testSystem();
  const told: Progress[] = [];
  const cleaned: string[] = [];
  const uploads = test.system.host(trackUpload({
    uploads: store.rows,
    transcode,
    publish: (_track, progress) => void told.push(progress),
    clean: (place) => Promise.resolve(void cleaned.push(place)),
  }));
  return {
    ...test,
    ...store,
    told,
    cleaned,
    upload: uploads.get(ID),
    [Symbol.asyncDispose]: () => test.system.stop(0),
  };
}

/** Lets back-offs pass until nothing more happens. */
async function rest(clock: ReturnType<typeof testSystem>["clock"], ms = 60_000) {
  for (let at = 0; at < ms; at += 500) {
    await settled();
    await clock.advance(500);
  }
}

Deno.test("[U5] the stages are saved in order, each before it is told", async () => {
  await using test = start(goesWell);
  await test.upload.begin();
  await settled();
  await settled();
  const stages = test.saved.map((change) => (change as { stage?: string }).stage);
  deepEqual(stages, [
    "received",
    "scanned",
    "probed",
    "measured",
    "segmenting",
    "playable",
    "ready",
  ]);
  equal(test.row().status, "done");
  deepEqual(test.told.map(({ percent }) => percent), [0, 1, 2, 10, 10, 10, 50, 100]);
  equal(test.told.at(-1)?.status, "ready");
});

Deno.test("[A2] begin asked twice does the work once; a finished upload does none", async () => {
  let attempts = 0;
  const counting: Transcode = (...all) => (attempts++, goesWell(...all));
  {
    await using test = start(counting);
    await Promise.all([test.upload.begin(), test.upload.begin(), test.upload.begin()]);
    await rest(test.clock, 2_000);
    equal(attempts, 1);
  }
  await using test = start(counting, oneRow({ status: "done" }));
  await test.upload.begin();
  await rest(test.clock, 2_000);
  equal(attempts, 1);
});

Deno.test("[A2] work that a dead process began goes on, as the next attempt, in a place of its own", async () => {
  const places: string[] = [];
  await using test = start((job, ...more) => {
    places.push(job.outputPrefix);
    return goesWell(job, ...more);
  }, oneRow({ status: "processing", attempt: 1, epoch: 7 }));
  await test.upload.begin();
  await rest(test.clock, 1_000);
  deepEqual(places, [`tracks/${TRACK}/${ID}/2`]);
  equal(test.row().epoch, 8);
  deepEqual(test.cleaned, [`tracks/${TRACK}/${ID}/1`], "what the dead one made goes");
});

Deno.test("[U2] a refusal of the file fails the upload at once, with its reason", async () => {
  let attempts = 0;
  await using test = start(() => {
    attempts++;
    return Promise.reject(new Rejection("corrupt", "Nothing can be decoded"));
  });
  await test.upload.begin();
  await rest(test.clock);
  equal(attempts, 1);
  equal(test.row().status, "failed");
  deepEqual(test.told.at(-1)?.failure, { code: "corrupt", detail: "Nothing can be decoded" });
});

Deno.test("[A16] three failed attempts end an upload, with the last reason", async () => {
  let attempts = 0;
  await using test = start(() => Promise.reject(new Error(`boom ${++attempts}`)));
  await test.upload.begin();
  await rest(test.clock);
  equal(attempts, 3);
  equal(test.row().status, "failed");
  equal(test.told.at(-1)?.failure?.code, "processing_failed");
  ok(test.told.at(-1)?.failure?.detail.includes("boom 3"));
});

Deno.test("[A16] lack of disk is waited out and counts as no failure", async () => {
  let attempts = 0;
  await using test = start((...all) =>
    ++attempts < 3 ? Promise.reject(new Rejection("disk_full")) : goesWell(...all)
  );
  await test.upload.begin();
  await rest(test.clock);
  equal(test.row().status, "done");
  equal(test.row().failures, 0);
});

Deno.test("[A12] an owner that was overtaken writes nothing more, and takes away what it made", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using test = start(async (job, report, signal) => {
    await report({ stage: "scanned", percent: 1 });
    await promise;
    return await goesWell(job, report, signal);
  });
  await test.upload.begin();
  await settled();
  const before = test.saved.length;
  test.takeOver();
  resolve();
  await rest(test.clock, 1_000);
  equal(test.saved.length, before);
  deepEqual(test.cleaned, [`tracks/${TRACK}/${ID}/1`]);
});

Deno.test("[U15] abandoned, the work stops and what it made goes", async () => {
  let aborted = false;
  await using test = start((_job, _report, signal) =>
    new Promise((_resolve, reject) =>
      signal.addEventListener("abort", () => {
        aborted = true;
        reject(signal.reason);
      })
    )
  );
  await test.upload.begin();
  await settled();
  await test.upload.abandon();
  await rest(test.clock, 1_000);
  equal(aborted, true);
  deepEqual(test.cleaned, [`tracks/${TRACK}/${ID}/1`]);
});
