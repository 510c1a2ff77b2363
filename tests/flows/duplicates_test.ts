/** The same bytes by the same user are found, offered and stored once; nobody else hears of it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { song } from "../support/audio.ts";
import { ask, type Grant, register, upload, waitForTrack } from "../support/client.ts";
import { filesBelow } from "../support/files.ts";
import { type RunningNode, startNode } from "../support/node.ts";

let node: RunningNode;
Deno.test.beforeAll(async () => void (node = await startNode()));
Deno.test.afterAll(async () => void await node.stop());

const originals = () => filesBelow(`${node.dataDir}/media/originals`);
const used = async ({ accessToken: token }: Grant) =>
  (await ask<{ usedBytes: number }>(node.url, "/api/v1/users/me/quota", { token })).body.usedBytes;
const ready = async (grant: Grant, id: string) =>
  await waitForTrack(node.url, id, ["ready", "failed"], { token: grant.accessToken });
const remove = async ({ accessToken: token }: Grant, id: string) =>
  equal((await ask(node.url, `/api/v1/tracks/${id}`, { method: "DELETE", token })).status, 204);

Deno.test("[U4] the same bytes by the same user are offered, and not stored twice", async () => {
  const [anna, eva] = [await register(node.url), await register(node.url)];
  const bytes = await song("flac", 3);
  const before = (await originals()).length;
  const send = (by: Grant, title: string) =>
    upload(node.url, by.accessToken, bytes, { fields: { title, visibility: "private" } });

  const first = await send(anna, "first");
  equal(first.status, 202);
  equal(first.body.duplicateOf, null);
  const second = await send(anna, "second");
  equal(second.status, 202, "a stranger's script goes on working");
  const { id, title, createdAt } = first.body.track;
  deepEqual(second.body.duplicateOf, { id, title, createdAt });
  ok(second.body.track.id !== id, "a track of its own");
  equal((await originals()).length, before + 1);
  equal(await used(anna), bytes.length, "counted once");

  const other = await send(eva, "hers");
  equal(other.body.duplicateOf, null, "nobody learns of another's files");
  equal((await originals()).length, before + 2);
  equal(await used(eva), bytes.length);

  // whichever goes first, the other keeps its original; the last takes it along
  equal((await ready(anna, id)).failure, null);
  await remove(anna, id);
  equal((await ready(anna, second.body.track.id)).failure, null);
  equal((await originals()).length, before + 2);
  const third = await send(anna, "third");
  equal(third.body.duplicateOf?.id, second.body.track.id);
  await remove(anna, second.body.track.id);
  const track = await ready(anna, third.body.track.id);
  deepEqual([track.failure, track.source?.bytes], [null, bytes.length]);
  await remove(anna, track.id);
  equal((await originals()).length, before + 1, "hers alone is left");
  equal(await used(anna), 0);
  equal((await send(anna, "again")).body.duplicateOf, null);
});
