/** What no row names goes after a day, wherever the blobs lie; what a row names never does (U13). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { namedKeys } from "../../db/named.ts";
import { attemptFolder, downloadsFolder, originalKey } from "../../domain/blob_keys.ts";
import { type Blobs, diskBlobs } from "../../media/blobs.ts";
import { s3Blobs } from "../../media/blobs_s3.ts";
import { collect, COLLECT_AFTER_MS } from "../../media/collector.ts";
import { newId } from "../../services/ids.ts";
import { inDatabase } from "../support/accounts.ts";
import { song } from "../support/audio.ts";
import { ask, register, upload, waitForTrack } from "../support/client.ts";
import { testDatabase } from "../support/database.ts";
import { filesBelow } from "../support/files.ts";
import { startNode } from "../support/node.ts";
import { temporary } from "../support/processes.ts";
import { startS3 } from "../support/s3.ts";
import { storageUnderTest } from "../support/storage.ts";

interface Store extends AsyncDisposable {
  readonly blobs: Blobs;
}

const STORES: Readonly<Record<string, () => Promise<Store>>> = {
  async disk() {
    const folder = await temporary();
    return {
      blobs: diskBlobs(`${folder.path}/media`),
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  },
  async S3() {
    const s3 = await startS3();
    return {
      blobs: s3Blobs({ ...s3.options, encryption: "off" }),
      [Symbol.asyncDispose]: () => s3[Symbol.asyncDispose](),
    };
  },
};

const HOUR = 3_600_000;

for (const [name, open] of Object.entries(STORES)) {
  Deno.test(`[U13] ${name}: stray blobs of each kind go after 24 h, those that rows name stay`, async () => {
    await using store = await open();
    await using database = await testDatabase();
    const { blobs } = store;
    const { sql } = database;
    await using storage = storageUnderTest({ sql, blobs });
    const { userId } = await storage.account();
    const bytes = (text: string) => new TextEncoder().encode(text);

    const made = async () => {
      const { trackId, uploadId } = await storage.receive(userId, bytes(newId()));
      return (attempt: number) => attemptFolder(trackId, uploadId, attempt);
    };
    const [done, working, deleted] = [await made(), await made(), await made()];
    const idsOf = (place: (attempt: number) => string) => place(0).split("/").slice(1, 3);
    // done at the second attempt, after a version of it was heard from the first; and one at work
    const [doneTrack = "", doneUpload = ""] = idsOf(done);
    const [, workingUpload = ""] = idsOf(working);
    await sql`update uploads set status = 'done', media_key = ${done(2)}, waveform_key = ${done(3)}
              where id = ${doneUpload}`;
    await sql`update jobs set status = 'done', attempt = 3 where subject = ${doneUpload}`;
    await sql`update jobs set status = 'running', attempt = 2 where subject = ${workingUpload}`;
    await sql`update tracks set cover_key = ${`covers/${doneTrack}/2`} where id = ${doneTrack}`;
    const [goneTrack = "", goneUpload = ""] = idsOf(deleted);
    const original = originalKey(goneUpload);
    await storage.tracks.remove(goneTrack);

    const kept = [
      originalKey(doneUpload),
      originalKey(workingUpload),
      `${done(2)}/aac-128/seg-00001.m4s`,
      `${done(3)}/waveform-0.dat`,
      `${working(2)}/master.m3u8`,
      `${working(3)}/init.mp4`,
      `${downloadsFolder(doneTrack, doneUpload)}/mp3-320-1f3a9c04.mp3`,
      `covers/${doneTrack}/2/320.webp`,
      "not-ours/readme.txt",
    ];
    const strays = [
      original,
      originalKey(newId()),
      `${done(1)}/master.m3u8`,
      `${done(4)}/init.mp4`,
      `${working(1)}/aac-128/seg-00001.m4s`,
      `${deleted(1)}/master.m3u8`,
      `${attemptFolder(doneTrack, newId(), 1)}/master.m3u8`,
      `${attemptFolder(newId(), doneUpload, 2)}/master.m3u8`,
      `${downloadsFolder(goneTrack, goneUpload)}/mp3-320-1f3a9c04.mp3`,
      `covers/${doneTrack}/1/320.webp`,
      `covers/${doneTrack}/22/320.webp`,
      `covers/${goneTrack}/1/320.webp`,
    ];
    for (const key of [...kept, ...strays]) await blobs.put(key, bytes("x"));

    const run = (hours: number) =>
      collect({
        blobs,
        named: (keys) => namedKeys(sql, keys),
        now: Date.now() + hours * HOUR,
        olderThanMs: COLLECT_AFTER_MS,
        pageSize: 5,
      });
    equal((await run(23)).count, 0, "between blob and row an upload has a day");
    const { keys, count } = await run(25);
    deepEqual(keys.toSorted(), strays.toSorted());
    equal(count, strays.length);
    deepEqual(await blobs.list(""), kept.toSorted());
    equal((await run(1_000)).count, 0);
  });
}

Deno.test("[U13][U15] a node starts, whatever cannot be erased, and collects what a crash has left; a track plays on", async () => {
  await using node = await startNode();
  const { accessToken: token } = await register(node.url);
  const { body } = await upload(node.url, token, await song("flac", 3));
  const track = await waitForTrack(node.url, body.track.id, ["ready", "failed"], { token });
  equal(track.failure, null);
  await inDatabase(node, async (sql) => {
    await sql`update site set since = now() - interval '25 hours'`; // long the database of its blobs
    await sql`insert into erasures (place) values ('Not a Key')`;
  });
  await node.kill9();

  const media = `${node.dataDir}/media`;
  const whole = await filesBelow(media);
  const [young, old, half] = [
    `${media}/${originalKey(newId())}`,
    `${media}/${attemptFolder(track.id, newId(), 1)}/master.m3u8`,
    `${media}/.tmp/half`,
  ];
  for (const path of [young, old, half]) {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, "x");
  }
  const yesterday = new Date(Date.now() - 25 * HOUR);
  for (const path of [...whole, old]) await Deno.utime(path, yesterday, yesterday);
  await node.restart();

  const until = Date.now() + 10_000;
  while (!node.logs().some((line) => line.includes("collected what no row names"))) {
    ok(Date.now() < until, "nothing was collected");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  deepEqual(await filesBelow(media), [...whole, young].sort());
  equal((await ask<string>(node.url, track.streamUrl!)).status, 200);
  const line = node.logs().find((one) => one.includes("collected what no row names")) ?? "";
  ok(line.includes(old.slice(media.length + 1)), line);
});
