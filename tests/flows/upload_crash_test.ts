/** kill -9 at any moment of an upload: what was answered goes on by itself. */
import { deepEqual, equal } from "node:assert/strict";
import type { Stage, Track } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask, register, upload, waitForTrack } from "../support/client.ts";
import { startClamd } from "../support/clamd.ts";
import { filesBelow } from "../support/files.ts";
import { startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";
import { type Fault, stubFfmpeg } from "../support/stub_ffmpeg.ts";

/** Each stage, and what holds an upload there: the scanner, or ffmpeg at the step after it. */
const HELD = {
  received: null,
  scanned: "probe",
  probed: "measure",
  segmenting: "encode",
  playable: "ladder",
} as const satisfies Partial<Record<Stage, Fault["at"] | null>>;

Deno.test("[A2][U5] killed at each stage and started again, an upload becomes ready, once", async (t) => {
  const faults = Object.entries(HELD).filter(([, at]) => at !== null)
    .map(([stage, at]) => [`at-${stage}`, { at, script: "exec sleep 600" } as Fault] as const);
  await using ffmpeg = await stubFfmpeg(Object.fromEntries(faults));
  await using scanner = await startClamd(16 * 1024 ** 2);
  await using node = await startNode({ env: { FFMPEG: ffmpeg.path, CLAMAV_URL: scanner.url } });
  const anna = await register(node.url);
  const ids = new Map<string, string>();
  for (const [stage, at] of Object.entries(HELD)) {
    await t.step(stage, async () => {
      const song = await ffmpeg.song(`at-${stage}`, 14);
      if (at === null) Deno.kill(scanner.pid, "SIGSTOP");
      try {
        const { status, body } = await upload(node.url, anna.accessToken, song, { name: stage });
        equal(status, 202);
        ids.set(stage, body.track.id);
        const now = async () =>
          (await ask<Track>(node.url, `/api/v1/tracks/${body.track.id}`)).body.stage;
        await until(stage, async () => await now() === stage);
        // it is held there, and did not only pass by
        await new Promise((resolve) => setTimeout(resolve, 300));
        equal(await now(), stage);
        await node.kill9();
      } finally {
        if (at === null) Deno.kill(scanner.pid, "SIGCONT");
      }
      await ffmpeg.heal(`at-${stage}`);
      await node.restart();
    });
  }
  for (const [stage, id] of ids) {
    const track = await waitForTrack(node.url, id, ["ready", "failed"], { ms: 90_000 });
    equal(track.failure, null, stage);
    equal(track.durationMs, 14_000);
    const master = await ask<string>(node.url, track.streamUrl!);
    equal(master.body.match(/EXT-X-STREAM-INF/g)?.length, 5);
  }
  const { body } = await ask<{ items: Track[] }>(node.url, `/api/v1/users/${anna.user.id}/tracks`);
  deepEqual(body.items.map(({ id }) => id).sort(), [...ids.values()].sort());

  // what the attempts made that were killed has gone: one folder a track, one original
  const left = async () => {
    const files = await filesBelow(`${node.dataDir}/media`);
    const folders = new Set(
      files.filter((path) => path.includes("/tracks/"))
        .map((path) => path.split("/tracks/")[1]!.split("/").slice(0, 3).join("/")),
    );
    const stray = files.filter((path) => path.includes("/.tmp/"));
    return { tracks: folders.size, stray, work: await filesBelow(`${node.dataDir}/work`) };
  };
  const wanted = JSON.stringify({ tracks: ids.size, stray: [], work: [] });
  await until("one attempt a track", async () => JSON.stringify(await left()) === wanted)
    .catch(async () => equal(JSON.stringify(await left()), wanted));
  deepEqual(node.logs().filter((line) => line.includes("request threw")), []);
});

Deno.test("[A2] killed while many are received: each answered one is there, whole, once", async () => {
  await using node = await startNode();
  const anna = await register(node.url);
  const bytes = await song("wav", 10);
  const answered: string[] = [];
  const sending = Array.from({ length: 12 }, async () => {
    try {
      const { status, body } = await upload(node.url, anna.accessToken, bytes);
      if (status === 202) answered.push(body.track.id);
    } catch {
      // cut off by the kill: not answered, so nothing is promised
    }
  });
  while (answered.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  await node.kill9();
  await Promise.all(sending);
  await node.restart();

  const list = await ask<{ items: Track[] }>(
    node.url,
    `/api/v1/users/${anna.user.id}/tracks?limit=100`,
    {
      token: anna.accessToken,
    },
  );
  const ids = list.body.items.map(({ id }) => id);
  equal(new Set(ids).size, ids.length);
  deepEqual(answered.filter((id) => !ids.includes(id)), [], "answered, and lost");
  for (const id of ids) {
    equal((await waitForTrack(node.url, id, ["ready", "failed"], { ms: 90_000 })).failure, null);
  }
});
