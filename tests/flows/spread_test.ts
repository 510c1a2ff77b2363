/** One ladder over two workers: shared, ended by the other when one is killed, cancelled on both (U10). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { song } from "../support/audio.ts";
import { ask, waitForTrack } from "../support/client.ts";
import { filesBelow } from "../support/files.ts";
import { alive, until } from "../support/processes.ts";
import { encodersOf, type WorkerSite, workerSite } from "../support/worker_site.ts";

let site: WorkerSite;
Deno.test.beforeAll(async () => void (site = await workerSite(1, 2)));
Deno.test.afterAll(async () => await site[Symbol.asyncDispose]());

/** Uploads, and waits until both workers encode: whose the job is, and who helps. */
async function shared(seconds: number) {
  const { trackId, id } = await site.send(await song("wav", seconds), `${seconds}.wav`);
  await waitForTrack(site.url, trackId, ["playable", "ready"], { token: site.token });
  const job = await site.jobOf(id);
  const leader = site.worker(job.worker);
  const helper = site.tells.workers.find(({ pid }) => pid !== leader)?.pid ?? 0;
  await until("encoders on both", async () => {
    const counts = await Promise.all([leader, helper].map(encodersOf));
    return counts.every(({ length }) => length > 0);
  });
  return { trackId, id, job, leader, helper };
}

const filesOf = async (
  trackId: string,
  id: string,
) => [...await filesBelow(`${site.tells.dataDir}/media/tracks/${trackId}/${id}`)];

/** The variants of the master playlist; each has to be whole. */
async function variants(trackId: string) {
  const { token } = site;
  const stream = `/api/v1/tracks/${trackId}/stream`;
  const master = (await ask<string>(site.url, `${stream}/master.m3u8`, { token })).body;
  const paths = master.split("\n").filter((line) => line.includes("index.m3u8"));
  for (const path of paths) {
    const { status, body } = await ask<string>(site.url, `${stream}/${path}`, { token });
    equal(status, 200, path);
    match(body, /#EXT-X-ENDLIST/);
    const folder = path.slice(0, path.lastIndexOf("/"));
    const [, first] = /^(seg-\S+)$/m.exec(body) ?? [];
    const segment = await ask(site.url, `${stream}/${folder}/${first}`, { token });
    equal(segment.status, 200, `${path}: ${first}`);
  }
  return paths.map((path) => path.split("/").at(-2) ?? "");
}

Deno.test("[U10] a free worker takes renditions of another's ladder; it is whole, and made once", async () => {
  const { trackId, id } = await shared(60);
  const made = await waitForTrack(site.url, trackId, ["ready", "failed"], {
    token: site.token,
    ms: 60_000,
  });
  equal(made.failure, null);
  deepEqual(await variants(trackId), ["aac-128", "aac-192", "aac-320", "opus-96", "flac"]);
  const job = await site.jobOf(id);
  deepEqual([job.status, job.attempt, job.failures, job.lost], ["done", 1, 0, 0]);
});

Deno.test("[U10] cancelled, it ends on both workers, and leaves nothing", async () => {
  const { id, job, leader, helper } = await shared(120);
  const cancelled = await ask(site.url, `/api/v1/admin/jobs/${job.id}/cancel`, {
    method: "POST",
    token: site.token,
  });
  equal(cancelled.status, 200, JSON.stringify(cancelled.body));
  await until("the end of the encoders", async () => {
    const left = await Promise.all([leader, helper].map(encodersOf));
    return left.every(({ length }) => length === 0);
  }, 4_000);
  await until("an empty folder", async () => {
    const left = [...await filesBelow(`${site.tells.dataDir}/media/tracks`)];
    return !left.some((path) => path.includes(id));
  });
});

Deno.test(
  "[U10] kill -9 of a helper: its part is done again by who offered it, in the same attempt",
  {
    sanitizeResources: false, // the process that it ends was not begun in it
  },
  async () => {
    const { trackId, id, helper } = await shared(60);
    Deno.kill(helper, "SIGKILL");
    await until("its end", async () => !await alive(helper), 5_000);
    const made = await waitForTrack(site.url, trackId, ["ready", "failed"], {
      token: site.token,
      ms: 90_000,
    });
    equal(made.failure, null);
    const names = await variants(trackId);
    equal(names.length, 5);
    ok(names.some((name) => name.endsWith("-2")), `nothing was done again: ${names}`);
    const job = await site.jobOf(id);
    deepEqual([job.status, job.attempt, job.lost], ["done", 1, 0]);
    const folders = (await filesOf(trackId, id)).map((path) => path.split(`${id}/`)[1] ?? "")
      .filter((path) => path.split("/").length === 3).map((path) => path.split("/")[1]);
    deepEqual([...new Set(folders)].sort(), names.sort(), "what the dead one had made is gone");
  },
);
