/** Jobs, uploads and versions as rows: who gets a job, who may save, and what a track shows. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { jobStore } from "../../db/jobs.ts";
import { trackStore } from "../../db/tracks.ts";
import { uploadSteps } from "../../db/upload_steps.ts";
import { uploadStore } from "../../db/uploads.ts";
import { userStore } from "../../db/users.ts";
import { versionStore } from "../../db/versions.ts";
import { isRejection } from "../../domain/errors.ts";
import { newId } from "../../services/ids.ts";
import { testDatabase } from "../support/database.ts";

const RUNNING = { from: ["running"] } as const;

/** A database with an account, and what adds uploads to it. */
async function place() {
  const database = await testDatabase();
  const { sql } = database;
  const user = await userStore(sql).create({
    id: newId(),
    email: "a@example.org",
    username: "anna",
    displayName: "Anna",
    passwordHash: "x",
    status: "active",
  });
  const uploads = uploadStore(sql);
  const file = (trackId: string) => {
    const id = newId();
    return {
      ...{ id, trackId, userId: user.id, jobId: newId(), filename: "a.wav", bytes: 5 },
      ...{ blobKey: `originals/${id}`, sha256: id, limitBytes: null },
    };
  };
  const said = {
    title: "T",
    artist: "A",
    genre: "",
    description: "",
    visibility: "public",
    downloadable: true,
  } as const;
  return {
    sql,
    jobs: jobStore(sql),
    steps: uploadSteps(sql),
    tracks: trackStore(sql),
    versions: versionStore(sql),
    async track() {
      const upload = { ...file(newId()), ...said };
      await uploads.create(upload);
      return upload;
    },
    async version(trackId: string) {
      const version = file(trackId);
      await uploads.addVersion(version);
      return version;
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

type Place = Awaited<ReturnType<typeof place>>;

/** Claims, and takes the upload over: what saves steps of the attempt. */
async function attempt({ jobs, steps }: Place) {
  const job = await jobs.claim("w");
  ok(job, "there is no job to take");
  const { epoch } = (await steps.open(job.subject))!;
  const save = (change: Parameters<typeof steps.save>[3]) =>
    steps.save(job.subject, epoch, { attempt: job.attempt, ...RUNNING }, change);
  return {
    job,
    save,
    playable: () => save({ shows: "playable", mediaKey: `m/${job.subject}`, durationMs: 9 }),
    done: () => save({ status: "done", shows: "ready", job: { status: "done" } }),
    fail: () =>
      save({
        ...{ status: "failed", shows: "failed", mediaKey: null, waveformKey: null },
        failure: { code: "corrupt", detail: "why" },
        job: { status: "dead", code: "corrupt", reason: "why", stderr: "last" },
      }),
  };
}

/** Time passes for a job: its worker is silent, or its pause is over. */
const passes = ({ sql }: Place, seconds: number) =>
  sql`update jobs set heartbeat_at = heartbeat_at - ${seconds} * interval '1 s',
    run_after = run_after - ${seconds} * interval '1 s'`;

Deno.test("[A16] many take jobs at once: each is taken by one, in the order they came", async () => {
  await using all = await place();
  const made: string[] = [];
  for (let one = 0; one < 30; one++) made.push((await all.track()).id);
  const taken = await Promise.all(Array.from({ length: 45 }, (_, at) => all.jobs.claim(`w${at}`)));
  const subjects = taken.flatMap((job) => job ? [job.subject] : []);
  equal(subjects.length, 30);
  deepEqual(subjects.toSorted(), made.toSorted());
  deepEqual([...new Set(taken.map((job) => job?.attempt ?? 1))], [1]);
});

Deno.test("[A16] who has a job is not given it again, however silent it was", async () => {
  await using all = await place();
  await all.track();
  const { job } = await attempt(all);
  await passes(all, 60);
  equal(await all.jobs.claim("w", [job.id]), null);
  deepEqual(await all.jobs.beat([job]), [job.id]);
  await passes(all, 60);
  equal((await all.jobs.claim("another", []))?.attempt, 2);
});

Deno.test("[U1] a version that fails hides none that can be played", async () => {
  await using all = await place();
  const one = await all.track();
  const shown = async () => {
    const track = await all.tracks.byId(one.trackId);
    return [track?.status, track?.mediaKey];
  };
  const first = await attempt(all);
  await first.playable();
  await first.done();
  const two = await all.version(one.trackId);
  const second = await attempt(all);
  await second.playable();
  const three = await all.version(one.trackId);
  const third = await attempt(all);
  await third.playable();
  deepEqual(await shown(), ["playable", `m/${three.id}`]);
  await third.fail();
  deepEqual(await shown(), ["playable", `m/${two.id}`], "the one whose place it took");
  await second.done();
  deepEqual(await shown(), ["ready", `m/${two.id}`]);

  // where all that could be played has failed, what comes to an end takes the place
  const other = await all.track();
  const broken = await attempt(all);
  const mended = await all.version(other.trackId);
  const late = await attempt(all);
  await late.playable();
  await broken.fail();
  await late.done();
  const track = await all.tracks.byId(other.trackId);
  deepEqual([track?.status, track?.mediaKey], ["ready", `m/${mended.id}`]);
});

Deno.test("[U1] who chooses an older version while a newer is made keeps it", async () => {
  await using all = await place();
  const one = await all.track();
  const first = await attempt(all);
  await first.playable();
  await first.done();
  await all.version(one.trackId);
  const second = await attempt(all);
  await second.playable();
  ok(await all.versions.makeCurrent(one.trackId, one.id));
  await second.playable();
  await second.done();
  const track = await all.tracks.byId(one.trackId);
  deepEqual([track?.status, track?.mediaKey], ["ready", `m/${one.id}`]);
});

Deno.test("[A16] silent for 15 s, a job is free; who was silent saves nothing more", async () => {
  await using all = await place();
  await all.track();
  const first = await attempt(all);
  equal(await first.save({ percent: 3 }), true);
  await passes(all, 14);
  equal(await all.jobs.claim("w"), null, "not before");
  deepEqual(await all.jobs.beat([first.job]), [first.job.id]);
  await passes(all, 16);
  const second = await attempt(all);
  deepEqual([second.job.id, second.job.attempt, second.job.lost], [first.job.id, 2, 1]);
  deepEqual(await all.jobs.beat([first.job]), []);
  // the same epoch, so that only the attempt is the fence
  const { epoch } = (await all.steps.open(second.job.subject))!;
  const stale = { attempt: 1, ...RUNNING };
  equal(await all.steps.save(second.job.subject, epoch, stale, { percent: 50 }), false);
  await all.jobs.release(first.job);
  equal((await all.jobs.byId(first.job.id))?.status, "running", "nor gives it back");
  const fresh = { attempt: 2, ...RUNNING };
  equal(await all.steps.save(second.job.subject, epoch, fresh, { percent: 60 }), true);
});

Deno.test("[A12] a step under an older epoch is refused, and nothing of it is saved", async () => {
  await using all = await place();
  const { id, trackId } = await all.track();
  const old = await attempt(all);
  await all.steps.open(id);
  await rejects(old.playable(), (error) => isRejection(error, "fenced"));
  equal((await all.tracks.byId(trackId))?.mediaKey, null);
  equal((await all.jobs.byId(old.job.id))?.status, "running");
});

Deno.test("[A16] upload, track and job change together: done, and dead with its reason", async () => {
  await using all = await place();
  const good = await all.track();
  const bad = await all.track();
  const first = await attempt(all);
  await first.playable();
  equal(await first.done(), true);
  equal(await first.done(), false, "once");
  equal((await all.tracks.byId(good.trackId))?.status, "ready");
  const second = await attempt(all);
  await second.fail();
  const track = await all.tracks.byId(bad.trackId);
  deepEqual([track?.status, track?.failure], ["failed", { code: "corrupt", detail: "why" }]);
  const job = await all.jobs.byId(second.job.id);
  deepEqual([job?.status, job?.code, job?.reason, job?.stderr], ["dead", "corrupt", "why", "last"]);
  deepEqual((await all.jobs.list({ limit: 5, status: "dead" })).items, [job]);
});

Deno.test("[A16] a job that waits is not taken before its time; released, it is free at once", async () => {
  await using all = await place();
  await all.track();
  const one = await attempt(all);
  await one.save({ job: { status: "waiting", afterMs: 60_000 } });
  equal(await all.jobs.claim("w"), null);
  await passes(all, 61);
  const two = await all.jobs.claim("w");
  equal(two?.attempt, 2);
  await all.jobs.release(two!);
  equal((await all.jobs.claim("w"))?.lost, 0, "given back is not lost");
  await all.jobs.releaseAll();
  equal((await all.jobs.claim("w"))?.lost, 1, "a dead predecessor's is");
});

Deno.test("[H4] jobs are listed newest first, page after page, each once", async () => {
  await using all = await place();
  for (let one = 0; one < 5; one++) await all.track();
  const found: string[] = [];
  for (let cursor: string | undefined, page = 0; page < 3; page++) {
    const { items, nextCursor } = await all.jobs.list({ limit: 2, ...(cursor && { cursor }) });
    found.push(...items.map(({ id }) => id));
    cursor = nextCursor ?? undefined;
    equal(nextCursor === null, page === 2);
  }
  equal(new Set(found).size, 5);
  deepEqual(found, found.toSorted().reverse());
});

Deno.test("[U1] a version takes the place of an older one when it can be played, never of a newer", async () => {
  await using all = await place();
  const { id: first, trackId } = await all.track();
  const shows = async () => (await all.tracks.byId(trackId))?.currentUploadId;
  const one = await attempt(all);
  await one.playable();
  await one.done();
  const { id: second } = await all.version(trackId);
  const { id: third } = await all.version(trackId);
  const [two, three] = [await attempt(all), await attempt(all)];
  equal(await shows(), first);
  await three.playable();
  equal(await shows(), third);
  await two.playable();
  await two.done();
  equal(await shows(), third, "the older one came late");
  await three.fail();
  equal(await shows(), first, "who fails gives the place back to whom it took it from");
  equal((await all.tracks.byId(trackId))?.status, "ready");
  equal((await all.tracks.byId(trackId))?.failure, null);
  equal(await all.versions.makeCurrent(trackId, second), true);
  equal(await shows(), second);
  equal(await all.versions.makeCurrent(trackId, third), false, "it has failed");
});

Deno.test("[U15] a version goes with its job and its places; the one that is shown does not", async () => {
  await using all = await place();
  const { id: first, trackId } = await all.track();
  const one = await attempt(all);
  await one.playable();
  await one.done();
  const version = await all.version(trackId);
  const two = await attempt(all);
  await rejects(all.versions.remove(trackId, first), (error) => isRejection(error, "conflict"));
  const places = await all.versions.remove(trackId, version.id);
  ok(places?.includes(version.blobKey), "its original goes");
  ok(places?.includes(`tracks/${trackId}/${version.id}/`));
  equal(await all.jobs.byId(two.job.id), null);
  equal(await two.save({ percent: 5 }), false, "its attempt is told to stop");
  equal(await all.versions.remove(trackId, version.id), null);
  await all.tracks.remove(trackId);
  equal(await all.jobs.byId(one.job.id), null);
});

Deno.test("[U15] versions deleted and shown at once: the track shows one that is there", async () => {
  await using all = await place();
  const { id: first, trackId } = await all.track();
  const one = await attempt(all);
  await one.playable();
  await one.done();
  for (let round = 0; round < 10; round++) {
    const { id } = await all.version(trackId);
    const made = await attempt(all);
    await made.save({ status: "done", mediaKey: "m", job: { status: "done" } });
    const [removed, shown] = await Promise.allSettled([
      all.versions.remove(trackId, id),
      all.versions.makeCurrent(trackId, id),
    ]);
    const isShown = shown.status === "fulfilled" && shown.value;
    const isGone = removed.status === "fulfilled";
    ok(isShown !== isGone, `round ${round}: ${JSON.stringify([removed, shown])}`);
    equal((await all.tracks.byId(trackId))?.currentUploadId, isShown ? id : first);
    await all.versions.makeCurrent(trackId, first);
    if (isShown) await all.versions.remove(trackId, id);
  }
});
