/** kill -9 at any moment of an upload: what was answered goes on by itself. */
import { deepEqual, equal } from "node:assert/strict";
import type { Track } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask, register, upload, waitForTrack } from "../support/client.ts";
import { startNode } from "../support/node.ts";

/** Waits until the track's stage is at least this one. */
async function reached(base: string, id: string, stages: readonly string[]): Promise<void> {
  const until = Date.now() + 20_000;
  while (Date.now() < until) {
    const { body } = await ask<Track>(base, `/api/v1/tracks/${id}`);
    if (stages.includes(body.stage ?? "")) return;
  }
  throw new Error(`Track ${id} never came to ${stages}`);
}

Deno.test("[A2] killed at each stage and started again, an upload that was answered becomes ready", async () => {
  await using node = await startNode();
  const anna = await register(node.url);
  const bytes = await song("flac", 30);
  const stages = ["received", "probed", "measured", "segmenting", "playable", "ready"];
  const ids: string[] = [];
  for (let at = 0; at < stages.length - 1; at++) {
    const answer = await upload(node.url, anna.accessToken, bytes, { name: `stage ${at}.flac` });
    equal(answer.status, 202);
    ids.push(answer.body.track.id);
    await reached(node.url, answer.body.track.id, stages.slice(at));
    await node.kill9();
    await node.restart();
  }
  for (const id of ids) {
    const track = await waitForTrack(node.url, id, ["ready", "failed"], { ms: 60_000 });
    equal(track.failure, null);
    const master = await ask<string>(node.url, track.streamUrl!);
    equal(master.body.match(/EXT-X-STREAM-INF/g)?.length, 5);
  }
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
