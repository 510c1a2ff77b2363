/** Tracks and sessions are kept in memory (O7): what changes is seen by the very next request. */
import { equal, ok } from "node:assert/strict";
import type { Track } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask, register, upload, waitForTrack } from "../support/client.ts";
import { openDatabase } from "../../db/open.ts";
import { type RunningNode, startNode } from "../support/node.ts";

let node: RunningNode;
Deno.test.beforeAll(async () => void (node = await startNode()));
Deno.test.afterAll(async () => void await node.stop());

async function readyTrack(visibility: Track["visibility"]) {
  const { accessToken: token } = await register(node.url);
  const { body } = await upload(node.url, token, await song("flac", 2), { fields: { visibility } });
  const track = await waitForTrack(node.url, body.track.id, ["ready"], { token });
  const path = `/api/v1/tracks/${track.id}`;
  const see = async (by?: string) => await ask<Track>(node.url, path, by ? { token: by } : {});
  const change = async (json: unknown) => {
    const { status } = await ask(node.url, path, { method: "PATCH", token, json });
    equal(status, 200);
  };
  return { token, track, path, see, change };
}

Deno.test("[O7] a track is kept: a second look needs no row", async () => {
  const { track, see } = await readyTrack("public");
  await see();
  await using db = await openDatabase(
    { dataDir: node.dataDir, databaseUrl: undefined, dbPool: 1 },
    { info() {}, warn() {}, error() {} },
    { share: true },
  );
  await db.sql`update tracks set title = 'behind our back' where id = ${track.id}`;
  equal((await see()).body.title, track.title);
});

Deno.test("[O7] a changed title and a counted play are seen at once", async () => {
  const { path, see, change } = await readyTrack("public");
  for (let turn = 1; turn <= 20; turn++) {
    await change({ title: `Title ${turn}` });
    equal((await see()).body.title, `Title ${turn}`);
    await ask(node.url, `${path}/plays`, { method: "POST" });
    equal((await see()).body.playCount, turn);
  }
});

Deno.test("[O7] made private, a track is gone for others at once, also while many look", async () => {
  const { token, path, see, change } = await readyTrack("public");
  const { accessToken: other } = await register(node.url);
  const master = `${path}/stream/master.m3u8`;
  for (let turn = 0; turn < 5; turn++) {
    let looking = true;
    const crowd = (async () => {
      while (looking) await Promise.all(Array.from({ length: 8 }, () => see(other)));
    })();
    equal((await see(other)).status, 200);
    equal((await ask(node.url, master)).status, 200);
    await change({ visibility: "private" });
    equal((await see(other)).status, 404);
    equal((await see()).status, 404);
    equal((await ask(node.url, master)).status, 404);
    equal((await see(token)).status, 200);
    await change({ visibility: "public" });
    equal((await see(other)).status, 200);
    looking = false;
    await crowd;
  }
});

Deno.test("[O7] what the owner sees of a private track is handed to nobody else", async () => {
  const { token, see } = await readyTrack("private");
  const { accessToken: other } = await register(node.url);
  const { body } = await see(token);
  ok(body.streamUrl?.includes("t="), "the owner's address carries a token");
  equal((await see(other)).status, 404);
  equal((await see()).status, 404);
  const again = await see(token);
  ok(again.body.urlsEndInMs);
});

Deno.test("[O7] a deleted track is gone at once, and so are its files", async () => {
  const { token, path, see } = await readyTrack("public");
  equal((await see()).status, 200);
  equal((await ask(node.url, path, { method: "DELETE", token })).status, 204);
  equal((await see()).status, 404);
  equal((await ask(node.url, `${path}/stream/master.m3u8`)).status, 404);
});

Deno.test("[S1] an ended session's token counts no more at once, however often it was seen", async () => {
  const { accessToken: token } = await register(node.url);
  const me = () => ask(node.url, "/api/v1/users/me", { token });
  for (let turn = 0; turn < 3; turn++) equal((await me()).status, 200);
  equal((await ask(node.url, "/api/v1/auth/logout", { method: "POST", token })).status, 204);
  equal((await me()).status, 401);
});
