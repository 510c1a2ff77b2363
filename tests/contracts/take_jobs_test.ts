/** Recordings that cannot be closed: how often they are tried, and who may have them tried again (L7, A16). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { refusal } from "../../actors/runtime/testing.ts";
import { jobStore } from "../../db/jobs.ts";
import { liveStore } from "../../db/live.ts";
import { type ClaimedTake, liveTakeStore } from "../../db/live_takes.ts";
import { namedKeys } from "../../db/named.ts";
import type { Sql } from "../../db/open.ts";
import { recordingPart } from "../../domain/blob_keys.ts";
import { Rejection } from "../../domain/errors.ts";
import { diskBlobs } from "../../media/blobs.ts";
import { closing, type ClosingDeps } from "../../media/live/closing.ts";
import { theTool } from "../../media/testing.ts";
import { newId } from "../../services/ids.ts";
import { testDatabase } from "../support/database.ts";
import { temporary } from "../support/processes.ts";
import { tone } from "../support/recorded_tone.ts";
import { endStream, person, stream } from "../support/takes.ts";
import { storedParts } from "../support/recording.ts";

/** A database and blobs with a recording of two seconds that is to be closed. */
async function place() {
  await using owned = new AsyncDisposableStack();
  const { sql } = owned.use(await testDatabase());
  const dir = owned.use(await temporary()).path;
  const takes = liveTakeStore(sql);
  const blobs = diskBlobs(dir);
  const ffmpeg = await theTool();
  const { packets } = await tone("opus", 2);
  const told: unknown[] = [];
  const id = await stream(sql, await person(sql));
  await takes.open(id, 1, { uploadId: newId(), trackId: newId() });
  for (const [key, bytes] of storedParts(id, packets.map(({ bytes }) => bytes))) {
    await blobs.put(key, bytes);
  }
  await takes.shut(id, 1, 700);
  await endStream(sql, id);
  const kept = owned.move();
  return {
    ...{ sql, takes, blobs, id, told },
    jobs: jobStore(sql),
    row: async () => (await liveStore(sql).byId(id))!,
    /** Closes it once, as soon as it may be; answers with the ms until the next try. */
    async attempt(deps: Partial<ClosingDeps<ClaimedTake>> = {}): Promise<number | null> {
      await sql`update live_takes set run_after = now() where status = 'open'`;
      const claimed = await takes.claim("a");
      ok(claimed, "there is nothing to be closed");
      const work = closing<ClaimedTake>({
        ...{ blobs, ffmpeg, workDir: dir, takes, warn: () => {} },
        accept: () => Promise.resolve(),
        erase: () => Promise.resolve(),
        told: (...what) => void told.push(what),
        ...deps,
      });
      return await work(claimed, { signal: new AbortController().signal });
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** How the admin's list has it. */
const shown = async (sql: Sql, id: string) => {
  const { kind, subject, title, status, attempt, failures, code, reason } =
    (await jobStore(sql).byId(id))!;
  return { kind, subject, title, status, attempt, failures, code, reason };
};

Deno.test("[L7][A16] a recording that cannot be closed is tried again later and later, and then given up", async () => {
  await using site = await place();
  const { sql, jobs, takes, blobs, id } = site;
  const broken = { accept: () => Promise.reject(new Error("no intake")) };
  const pauses: (number | null)[] = [];
  equal((await shown(sql, id)).status, "waiting");
  equal((await site.row()).recordingState, "closing");
  while (pauses.at(-1) !== null) pauses.push(await site.attempt(broken));
  equal(pauses.length, 7);
  ok(
    pauses.every((ms, n) => ms === null || ms > 2 ** n * 499 && ms <= 2 ** n * 1_000),
    `${pauses}`,
  );
  deepEqual(await shown(sql, id), {
    ...{ kind: "recording", subject: id, title: "Set", status: "dead", attempt: 7, failures: 7 },
    ...{ code: "processing_failed", reason: "no intake" },
  });
  deepEqual((await jobs.list({ limit: 10, status: "dead" })).items.map((job) => job.id), [id]);
  equal((await jobs.counts()).dead, 1);
  equal((await jobs.backlog()).counts.dead, 1);
  equal((await site.row()).recordingState, "failed", "its host can see it");
  deepEqual(site.told, [[id, "failed", null]]);
  equal(await takes.claim("a"), null, "nobody tries it any more");

  // nothing of it went, or will: the collector keeps what a row names
  const parts = [...await blobs.list("")];
  equal(parts.filter((key) => key.includes("/parts/")).length, 2);
  equal((await sql`select 1 from erasures`).count, 0);
  const key = recordingPart(id, 1, 0);
  deepEqual([...await namedKeys(sql, [key])], [key]);

  await takes.retry(id);
  equal((await shown(sql, id)).status, "waiting");
  equal(await site.attempt(), null);
  equal((await shown(sql, id)).status, "done");
  equal((await site.row()).recordingState, "done");
  equal(await refusal(takes.retry(id)), "conflict");
});

Deno.test("[L7] a store that is away for hours does not cost the recording", async () => {
  await using site = await place();
  const away = { list: () => Promise.reject(new Rejection("unavailable", "It is away")) };
  const { blobs } = site;
  for (let n = 0; n < 20; n++) {
    const blob = { ...away, read: blobs.read, writer: blobs.writer, put: blobs.put };
    ok(await site.attempt({ blobs: blob }) !== null);
  }
  equal((await shown(site.sql, site.id)).code, "unavailable");
  equal(await site.attempt(), null);
  equal((await site.row()).recordingState, "done");
});

Deno.test("[L7] parts that are said to be there, and are not, are no empty recording", async () => {
  await using site = await place();
  const nothing = { list: () => Promise.resolve([]) };
  const { blobs, sql, id } = site;
  const blob = { ...nothing, read: blobs.read, writer: blobs.writer, put: blobs.put };
  ok(await site.attempt({ blobs: blob }) !== null);
  equal((await shown(sql, id)).code, "processing_failed");
  equal((await sql`select 1 from erasures`).count, 0);
  // those that are damaged, every one of them, are looked at by a person too
  for (const key of await blobs.list("")) await blobs.put(key, new Uint8Array(100));
  ok(await site.attempt() !== null);
  equal((await sql`select 1 from erasures`).count, 0);
});

Deno.test("[L7] a recording that takes down whoever closes it is given up as well", async () => {
  await using site = await place();
  const { sql, takes } = site;
  for (let n = 0; n < 6; n++) {
    ok(await takes.claim("a"));
    await sql`update live_takes set heartbeat_at = now() - interval '1 minute'`;
  }
  equal(await site.attempt({ accept: () => Promise.reject(new Error("no intake")) }), null);
  equal((await shown(sql, site.id)).status, "dead");
});

Deno.test("[L7][A16] an administrator ends the closing of a recording, and begins it again", async () => {
  await using site = await place();
  const { sql, takes, id } = site;
  const claimed = await takes.claim("a");
  await takes.giveUp(id);
  equal((await shown(sql, id)).status, "cancelled");
  const told = { startedAt: new Date(), durationMs: 1 };
  equal(await refusal(takes.done(claimed!, told)), "fenced");
  equal(await takes.claim("b"), null);
  equal(await refusal(takes.giveUp(id)), "conflict");
  await takes.retry(id);
  equal(await site.attempt(), null);
  equal((await shown(sql, id)).status, "done");
});

Deno.test("[L7] while its stream lasts a recording is no job, and cannot be closed by hand", async () => {
  await using site = await place();
  const { sql, takes, jobs, id } = site;
  await sql`update live_streams set status = 'live', ended_at = null`;
  equal(await jobs.byId(id), null);
  equal((await site.row()).recordingState, "open");
  equal(await refusal(takes.retry(id)), "conflict");
  equal(await refusal(takes.giveUp(id)), "conflict");
});
