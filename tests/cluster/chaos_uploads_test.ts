/** Uploads while workers are killed and frozen: each is made once, or dead with its reason (A16). */
import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { connect, type Sql } from "../../db/open.ts";
import { diskBlobs } from "../../media/blobs.ts";
import type { ClusterBed } from "../../tasks/testbed/bed.ts";
import { song } from "../support/audio.ts";
import { upload, waitForTrack } from "../support/client.ts";
import { filesBelow } from "../support/files.ts";
import { childrenOf, until } from "../support/processes.ts";
import { poison } from "./poison.ts";
import { chance, startSite } from "./site.ts";

const GOOD = 8;
const BAD = 20;
const KILLS = 5;
const EVERY_MS = 5_000;

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What the database has of an upload and its job. */
interface Row {
  readonly id: string;
  readonly trackId: string;
  readonly title: string;
  readonly mediaKey: string | null;
  readonly status: string;
  readonly attempt: number;
  readonly failures: number;
  readonly lost: number;
  readonly reason: string | null;
}

const rowsOf = async (sql: Sql) =>
  await sql<Row[]>`
    select uploads.id, uploads.track_id as "trackId", uploads.filename as title,
      uploads.media_key as "mediaKey", jobs.status, jobs.attempt, jobs.failures, jobs.lost,
      jobs.reason
    from uploads join jobs on jobs.subject = uploads.id order by uploads.id`;

/** ffmpeg that works for this cluster, whoever its parent is. */
const encodersOf = async ({ tells }: ClusterBed) =>
  (await childrenOf(1)).filter(({ command }) =>
    /(^|\/)ff(mpeg|probe) /.test(command) && command.includes(tells.dataDir)
  );

/** What lies among the blobs beside the originals and the marks of the site. */
const made = async ({ tells }: ClusterBed) =>
  (await filesBelow(`${tells.dataDir}/media`))
    .map((path) => path.slice(`${tells.dataDir}/media/`.length))
    .filter((path) => !/^(originals|sites)\//.test(path));

Deno.test("[A16] workers killed every 5 s: every good upload done once, every poison dead with its reason", async () => {
  const random = chance();
  await using site = await startSite({ nodes: 1, workers: 2 });
  const { bed } = site;
  const url = bed.nodes[0]!.url;
  const token = bed.tells.admin.accessToken;
  const good = await song("flac", 20);
  const files = [
    ...Array.from({ length: GOOD }, (_, n) => ({ filename: `good-${n}.flac`, bytes: good })),
    ...await poison(BAD, random),
  ];
  for (const { filename, bytes } of files.sort(() => random() - 0.5)) {
    const { status, body } = await upload(url, token, bytes, { name: filename });
    equal(status, 202, `${filename}: ${JSON.stringify(body)}`);
  }
  const workers = [...bed.workers];
  for (let n = 0; n < KILLS; n++) {
    await wait(EVERY_MS);
    const at = Math.floor(random() * workers.length);
    const [fresh] = await Promise.all([bed.worker(`fresh-${n + 1}`), workers[at]!.kill9()]);
    workers[at] = fresh;
  }
  const sql = connect(bed.postgres.url, { pool: 1 });
  try {
    const open = async () =>
      (await rowsOf(sql)).filter(({ status }) => status === "waiting" || status === "running");
    await until("the end of all jobs", async () => (await open()).length === 0, 120_000);
    const rows = await rowsOf(sql);
    const lost = rows.reduce((sum, row) => sum + row.lost, 0);
    console.log(`  ${lost} attempts were lost with their workers`);
    ok(lost > 0, "no worker had anything when it was killed");
    equal(rows.length, GOOD + BAD);
    for (const { title, status, failures, reason, mediaKey, attempt } of rows) {
      const isGood = title.startsWith("good");
      equal(status, isGood ? "done" : "dead", `${title}: ${reason}`);
      if (isGood) equal([failures, mediaKey?.endsWith(`/${attempt}`)], [0, true], title);
      else ok(reason, `${title} has no reason`);
    }
    await until("no encoder to be left", async () => (await encodersOf(bed)).length === 0);
    // writes that a kill broke off: nobody's blobs, and swept when they are a day old
    await diskBlobs(`${bed.tells.dataDir}/media`).sweep(new Date());
    const places = rows.flatMap(({ mediaKey }) => mediaKey === null ? [] : [`${mediaKey}/`]);
    const stray = async () =>
      (await made(bed)).filter((path) => !places.some((place) => path.startsWith(place)));
    await until("no stray blob", async () => (await stray()).length === 0)
      .catch(async (error) => {
        throw new Error(`${error.message}: ${await stray()}`);
      });
  } finally {
    await sql.end();
  }
});

Deno.test("[A16] a worker that is frozen while it works, and thaws while another does: its attempt does not count", async () => {
  await using site = await startSite({ nodes: 1, workers: 2 });
  const { bed } = site;
  const url = bed.nodes[0]!.url;
  const token = bed.tells.admin.accessToken;
  const sql = connect(bed.postgres.url, { pool: 1 });
  try {
    const { body } = await upload(url, token, await song("wav", 60));
    await waitForTrack(url, body.track.id, ["playable"], { token });
    const [{ worker }] = await sql<[{ worker: string }]>`select worker from jobs`;
    const pid = bed.tells.workers.find(({ name }) => name === worker)?.pid ?? 0;
    Deno.kill(pid, "SIGSTOP");
    const jobNow = async () => (await rowsOf(sql))[0]!;
    await until("another to take it", async () => (await jobNow()).attempt === 2, 30_000);
    Deno.kill(pid, "SIGCONT");
    const track = await waitForTrack(url, body.track.id, ["ready", "failed"], {
      token,
      ms: 60_000,
    });
    equal(track.failure, null);
    const { status, attempt, lost, mediaKey } = await jobNow();
    equal([status, attempt, lost], ["done", 2, 1]);
    match(mediaKey ?? "", /\/2$/, "what the attempt that counts has made is what is played");
    await until(
      "what the other made to go",
      async () => (await made(bed)).every((path) => path.startsWith(`${mediaKey}/`)),
    );
  } finally {
    await sql.end();
  }
});
