/** Parts of jobs as rows: who gets one, who may still tell of it, and when nobody needs it (U10). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { jobPartStore } from "../../db/job_parts.ts";
import { jobStore } from "../../db/jobs.ts";
import { uploadStore } from "../../db/uploads.ts";
import { userStore } from "../../db/users.ts";
import { newId } from "../../services/ids.ts";
import { testDatabase } from "../support/database.ts";

/** A database with a job that runs, whose attempt has offered two parts. */
async function place() {
  const database = await testDatabase();
  const { sql } = database;
  const user = await userStore(sql).create({
    ...{ id: newId(), email: "a@example.org", username: "anna", displayName: "Anna" },
    ...{ passwordHash: "x", status: "active" },
  });
  const id = newId();
  await uploadStore(sql).create({
    ...{ id, trackId: newId(), userId: user.id, jobId: newId(), filename: "a.wav", bytes: 5 },
    ...{ blobKey: `originals/${id}`, sha256: id, limitBytes: null },
    ...{ title: "T", artist: "A", genre: "", description: "" },
    ...{ visibility: "public", downloadable: true },
  });
  const jobs = jobStore(sql);
  const parts = jobPartStore<{ name: string }, { bytes: number }>(sql);
  const job = await jobs.claim("leader");
  ok(job);
  const offering = { subject: job.subject, attempt: job.attempt };
  const works = ["a", "b"].map((name) => ({ id: newId(), work: { name } }));
  equal(await parts.offer(offering, works), true);
  return {
    ...{ sql, jobs, parts, job, offering },
    states: async () => (await parts.look(offering)).map(({ status }) => status),
    silence: () => sql`update job_parts set heartbeat_at = now() - interval '16 s'`,
    claim: async () => {
      const part = await parts.claim("w");
      ok(part, "there is no part to take");
      return part;
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

Deno.test("[U10] a part goes to one who asks, in order, with all that is to be known", async () => {
  await using t = await place();
  const { parts, job } = t;
  const taken = await Promise.all([parts.claim("w1"), parts.claim("w2"), parts.claim("w3")]);
  const names = taken.flatMap((one) => one?.work.name ?? []);
  deepEqual(names.sort(), ["a", "b"]);
  deepEqual(taken.flatMap((one) => one?.subject ?? []), [job.subject, job.subject]);
  equal(await parts.claim("w4"), null);
});

Deno.test("[U10] told is how far it is and what was made; who offered it sees both", async () => {
  await using t = await place();
  const { parts, offering } = t;
  const part = await t.claim();
  equal(await parts.reached(part, 1_500.4), true);
  const [before] = await parts.look(offering);
  ok(before?.status === "running");
  deepEqual([before.reachedMs, before.worker, before.taken], [1_500, "w", 1]);
  equal(await parts.done(part, { bytes: 7 }), true);
  const [after] = await parts.look(offering);
  ok(after?.status === "done");
  deepEqual(after.outcome, { bytes: 7 });
});

Deno.test("[U10] kept are those that nobody has, that failed, that are silent, and that are kept; the silent one is fenced", async () => {
  await using t = await place();
  const { parts, offering } = t;
  const ids = (await parts.look(offering)).map(({ id }) => id);
  const first = await t.claim();
  deepEqual((await parts.keep(ids)).map(({ taken }) => taken), [1], "the other is being done");
  deepEqual(await t.states(), ["running", "kept"]);
  await t.silence();
  deepEqual(await t.states(), ["silent", "kept"]);
  const again = await parts.keep(ids); // as one who had no answer to the first keeping
  deepEqual(again.map(({ id, taken }) => [id === first.id, taken]).sort(), [[false, 2], [true, 2]]);
  deepEqual(await parts.beat([first]), []);
  equal(await parts.reached(first, 9), false);
  equal(await parts.done(first, { bytes: 1 }), false);
  await parts.failed(first, "late");
  await parts.release(first);
  deepEqual(await t.states(), ["kept", "kept"]);
});

Deno.test("[U10] given back it is free; failed it is its offerer's", async () => {
  await using t = await place();
  const { parts, offering } = t;
  const part = await t.claim();
  deepEqual(await parts.beat([part]), [part.id]);
  await parts.release(part);
  const again = await t.claim();
  deepEqual([again.id, again.attempt], [part.id, 2]);
  await parts.failed(again, "no disk");
  const [state] = await parts.look(offering);
  ok(state?.status === "failed");
  equal(state.outcome.reason, "no disk");
  equal((await t.claim()).work.name, "b", "what failed is not offered again");
  deepEqual(await parts.keep([part.id]), [{ id: part.id, taken: 3 }]);
});

Deno.test("[U10] once the job has another attempt, or none, its parts are nobody's", async () => {
  await using t = await place();
  const { sql, jobs, parts, job, offering } = t;
  const part = await t.claim();
  await jobs.release(job);
  equal(await parts.claim("w"), null);
  deepEqual(await parts.beat([part]), []);
  equal(await parts.done(part, { bytes: 1 }), false);
  equal(await parts.offer(offering, []), false);
  const next = await jobs.claim("other");
  ok(next);
  const later = { subject: next.subject, attempt: next.attempt };
  equal(await parts.offer(offering, [{ id: newId(), work: { name: "x" } }]), false);
  equal(await parts.offer(later, [{ id: newId(), work: { name: "c" } }]), true);
  deepEqual(await parts.look(offering), [], "what the last attempt offered is gone");
  equal((await t.claim()).work.name, "c");
  await parts.withdraw(later);
  deepEqual(await parts.look(later), []);
  await sql`delete from jobs`; // as with a track that is deleted
});
