/** Tests of the actor of an upload: what an attempt tells, and what it makes of it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { Rejection } from "../domain/errors.ts";
import type { JobStatus } from "../domain/jobs.ts";
import type { Progress } from "../domain/tracks.ts";
import { refusal, testSystem } from "./runtime/testing.ts";
import { driveActor } from "./runtime/testing_actor.ts";
import { trackUpload, type TranscodeReport, type UploadRows } from "./track_upload.ts";

const ID = "019a0000-0000-7000-8000-000000000001";
const TRACK = "019a0000-0000-7000-8000-000000000002";

type Row = NonNullable<Awaited<ReturnType<UploadRows["open"]>>>;
type Change = Parameters<UploadRows["save"]>[3];

/** One upload and its job, fenced as the database fences them. */
function oneUpload(
  change: Partial<Row> = {},
  job = { status: "running" as JobStatus, attempt: 1 },
) {
  let row: Row = {
    id: ID,
    trackId: TRACK,
    status: "received",
    epoch: 0,
    bytes: 5,
    sha256: "x",
    stage: "received",
    percent: 0,
    failure: null,
    mediaKey: null,
    ...change,
  };
  const saved: Change[] = [];
  const rows: UploadRows = {
    open: (id) => Promise.resolve(id === ID ? (row = { ...row, epoch: row.epoch + 1 }) : null),
    save(_id, epoch, fence, given) {
      if (epoch !== row.epoch) return Promise.reject(new Rejection("fenced"));
      const { attempt = job.attempt } = fence;
      if (attempt !== job.attempt || !fence.from.includes(job.status)) {
        return Promise.resolve(false);
      }
      const { job: next, shows: _shows, ...upload } = given;
      row = { ...row, ...upload };
      if (next) job = { ...job, status: next.status };
      saved.push(given);
      return Promise.resolve(true);
    },
  };
  return {
    rows,
    saved,
    row: () => row,
    job: () => job,
    /** Another node has the actor. */
    takeOver: () => void (row = { ...row, epoch: row.epoch + 1 }),
    /** Another attempt has the job. */
    takeJob: () => void (job = { status: "running", attempt: job.attempt + 1 }),
  };
}

const loudness = { integratedLufs: -14, truePeakDb: -2, gainDb: 0 };
const source = { codec: "flac", sampleRate: 44_100, channels: 2 };
const REPORTS: readonly TranscodeReport[] = [
  { stage: "scanned", percent: 1 },
  { stage: "probed", percent: 2, source, durationMs: 900 },
  { stage: "measured", percent: 10, loudness, durationMs: 1_000 },
  { stage: "segmenting", percent: 10 },
  { stage: "playable", percent: 10 },
  { stage: null, percent: 10, waveformKeys: ["a"] },
];

function start(store = oneUpload()) {
  const test = testSystem();
  const told: Progress[] = [];
  const uploads = test.system.host(trackUpload({
    uploads: store.rows,
    publish: (_track, progress) => void told.push(progress),
    random: () => 0,
  }));
  const upload = uploads.get(ID);
  return {
    ...test,
    ...store,
    told,
    upload,
    /** An attempt that tells all of this. */
    report: async (reports: readonly TranscodeReport[], attempt = 1) => {
      const answers: boolean[] = [];
      for (const report of reports) answers.push(await upload.report({ attempt, report }));
      return answers;
    },
    [Symbol.asyncDispose]: () => test.system.stop(0),
  };
}

const failure = (code: "corrupt" | "processing_failed" | "disk_full", detail = "why") => ({
  code,
  detail,
  reason: `${detail}, in all words`,
  stderr: "the last line",
});
const counts = (attempt: number, failures = 0) => ({ attempt, failures, lost: 0 });

Deno.test("[U5] the stages are saved in order, each before it is told", async () => {
  await using test = start();
  deepEqual(await test.report(REPORTS), REPORTS.map(() => true));
  equal(await test.upload.finished({ attempt: 1, durationMs: 1_000 }), true);
  deepEqual(test.saved.map(({ stage }) => stage), [
    ...["scanned", "probed", "measured", "segmenting", "playable", undefined, "ready"],
  ]);
  deepEqual(test.told.map(({ stage }) => stage), [
    ...["scanned", "probed", "measured", "segmenting", "playable", "playable", "ready"],
  ]);
  const place = `tracks/${TRACK}/${ID}/1`;
  deepEqual(test.saved.map(({ mediaKey, waveformKey }) => mediaKey ?? waveformKey), [
    ...[undefined, undefined, undefined, undefined, place, place, undefined],
  ]);
  equal(test.row().status, "done");
  equal(test.job().status, "done");
  equal(test.told.at(-1)?.status, "ready");
});

Deno.test("[U5] percent is told always and saved in steps; after a crash it goes on from there", async () => {
  const store = oneUpload({ status: "processing", stage: "segmenting", percent: 10 });
  {
    await using test = start(store);
    for (const percent of [11, 12, 14.9, 15, 19, 20, 24]) {
      await test.report([{ stage: null, percent }]);
    }
    deepEqual(test.told.map(({ percent }) => percent), [11, 12, 14.9, 15, 19, 20, 24]);
    deepEqual(store.saved.map(({ percent }) => percent), [15, 20]);
  }
  store.takeJob();
  await using next = start(store);
  await next.report([{ stage: "scanned", percent: 1 }, { stage: null, percent: 3 }], 2);
  deepEqual(next.told.map(({ percent }) => percent), [20, 20], "it never falls");
});

Deno.test("[A16] an attempt whose job another has changes nothing, and is told so", async () => {
  await using test = start();
  await test.report(REPORTS.slice(0, 2));
  test.takeJob();
  const before = [test.saved.length, test.told.length];
  deepEqual(await test.report(REPORTS.slice(2, 3)), [false]);
  equal(await test.upload.finished({ attempt: 1, durationMs: 1 }), false);
  deepEqual(await test.upload.failed({ counts: counts(1), failure: failure("corrupt") }), {
    status: "stale",
  });
  deepEqual([test.saved.length, test.told.length], before);
  deepEqual(await test.report(REPORTS.slice(0, 1), 2), [true], "the other goes on");
});

Deno.test("[A16] done is told again without harm by the one who did it, and by no other", async () => {
  await using test = start();
  await test.report(REPORTS);
  equal(await test.upload.finished({ attempt: 1, durationMs: 1_000 }), true);
  equal(await test.upload.finished({ attempt: 1, durationMs: 1_000 }), true);
  equal(await test.upload.finished({ attempt: 2, durationMs: 1_000 }), false);
  equal(test.saved.filter(({ status }) => status === "done").length, 1);
});

Deno.test("[U2] a refusal of the file fails the upload at once, with its reason", async () => {
  await using test = start();
  const after = await test.upload.failed({ counts: counts(1), failure: failure("corrupt") });
  deepEqual(after, { status: "dead" });
  equal(test.row().status, "failed");
  deepEqual(test.told.at(-1)?.failure, { code: "corrupt", detail: "why" });
  deepEqual(test.saved.at(-1)?.job, {
    status: "dead",
    failures: 1,
    code: "corrupt",
    reason: "why, in all words",
    stderr: "the last line",
  });
});

Deno.test("[A16] a failed attempt is taken again; the third ends the upload, and nothing is named", async () => {
  const store = oneUpload();
  await using test = start(store);
  await test.report(REPORTS);
  const fail = (attempt: number) =>
    test.upload.failed({
      counts: counts(attempt, attempt - 1),
      failure: failure("processing_failed"),
    });
  deepEqual(await fail(1), { status: "waiting", afterMs: 1_000 });
  equal(test.told.at(-1)?.status, "playable", "what plays goes on to play");
  store.takeJob();
  deepEqual(await fail(2), { status: "waiting", afterMs: 2_000 });
  store.takeJob();
  deepEqual(await fail(3), { status: "dead" });
  equal(test.row().status, "failed");
  equal(test.row().mediaKey, null);
  ok(test.told.at(-1)?.failure?.detail.includes("3 times"));
});

Deno.test("[A16] lack of disk is waited out and counts as no failure", async () => {
  await using test = start();
  const after = await test.upload.failed({ counts: counts(1), failure: failure("disk_full") });
  deepEqual(after, { status: "waiting", afterMs: 1_000 });
  equal(test.saved.at(-1)?.job?.failures, 0);
  equal(test.told.at(-1)?.failure, null, "the owner is not troubled");
});

Deno.test("[A16] a dead job is revived from the beginning; one that runs or is done is not", async () => {
  await using test = start();
  await test.report(REPORTS);
  equal(await refusal(test.upload.retry()), "conflict");
  await test.upload.failed({ counts: counts(1), failure: failure("corrupt") });
  await test.upload.retry();
  equal(test.job().status, "waiting");
  equal(test.row().status, "processing");
  const { status, percent, stage, failure: told } = test.told.at(-1)!;
  deepEqual([status, percent, stage, told], ["processing", 0, "received", null]);
  test.takeJob();
  await test.report(REPORTS, 2);
  await test.upload.finished({ attempt: 2, durationMs: 1 });
  equal(await refusal(test.upload.retry()), "conflict");
});

Deno.test("[A16] cancelled, the upload has failed with that reason, and the attempt is stale", async () => {
  await using test = start();
  await test.report(REPORTS.slice(0, 3));
  await test.upload.cancel();
  equal(test.told.at(-1)?.failure?.code, "cancelled");
  deepEqual(await test.report(REPORTS.slice(3, 4)), [false]);
  equal(await refusal(test.upload.cancel()), "conflict");
});

Deno.test("[A12] an owner that was overtaken writes nothing more; the next one goes on", async () => {
  await using test = start();
  await test.report(REPORTS.slice(0, 1));
  const before = test.saved.length;
  test.takeOver();
  equal(await refusal(test.upload.report({ attempt: 1, report: REPORTS[1]! })), "fenced");
  equal(test.saved.length, before);
  const again = test.upload.report({ attempt: 1, report: REPORTS[1]! });
  await test.clock.advance(100); // its restart rests a moment
  equal(await again, true);
});

Deno.test("[A2] wherever it crashes, the attempt tells it again, and the end is the same", async () => {
  const end = async (crashes: (nth: number) => "before" | "after" | undefined) => {
    const store = oneUpload();
    const actor = trackUpload({ uploads: store.rows, publish: () => {}, random: () => 0 });
    await using driven = driveActor(actor, ID);
    const tell = async (send: () => Promise<boolean>, when?: "before" | "after") => {
      if (when) driven.crashNext(when);
      const answer = send();
      await driven.next();
      if (!when) return equal(await answer, true);
      equal(await refusal(answer), "crashed");
      await driven.clock.advance(5_000); // it is back
      await tell(send);
    };
    for (const [nth, report] of REPORTS.entries()) {
      await tell(() => driven.send.report({ attempt: 1, report }), crashes(nth));
    }
    await tell(() => driven.send.finished({ attempt: 1, durationMs: 1_000 }), crashes(-1));
    return { ...store.row(), epoch: 0, job: store.job().status };
  };
  const smooth = await end(() => undefined);
  equal(smooth.job, "done");
  for (const nth of [-1, ...REPORTS.keys()]) {
    for (const when of ["before", "after"] as const) {
      deepEqual(await end((at) => at === nth ? when : undefined), smooth, `${when} ${nth}`);
    }
  }
});

Deno.test("[U15] of a track that is gone nothing is saved", async () => {
  const test = testSystem();
  const uploads = test.system.host(trackUpload({ uploads: oneUpload().rows, publish: () => {} }));
  const other = uploads.get("019a0000-0000-7000-8000-000000000003");
  equal(await refusal(other.finished({ attempt: 1, durationMs: 1 })), "not_found");
  await test.system.stop(0);
});
