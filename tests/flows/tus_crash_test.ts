/** The node killed while an upload comes in: it goes on, and becomes one track (U3, A2). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { openDatabase } from "../../db/open.ts";
import type { Track } from "../../domain/tracks.ts";
import type { UploadState } from "../../domain/uploads.ts";
import { song } from "../support/audio.ts";
import { ask, type Grant, register } from "../support/client.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { rawPatch } from "../support/raw_patch.ts";
import { idOf, sourceOf, tusClient } from "../support/tus.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const silent = { info() {}, warn() {}, error() {} };

const tracksOf = async (node: RunningNode, { user, accessToken: token }: Grant) =>
  (await ask<{ items: Track[] }>(node.url, `/api/v1/users/${user.id}/tracks?limit=100`, { token }))
    .body.items;

Deno.test("[U3] the node killed in the middle: nothing acknowledged is lost, nothing told that is not there", async () => {
  await using node = await startNode();
  const anna = await register(node.url);
  const client = tusClient(node.url, anna.accessToken);
  const bytes = await song("wav", 20);
  const path = await client.create(bytes.length);
  const acknowledged = 1_000_000;
  equal((await client.patch(path, 0, bytes.slice(0, acknowledged))).status, 204);
  using patch = await rawPatch(node.url, anna.accessToken, path, {
    offset: acknowledged,
    length: bytes.length - acknowledged,
  });
  await patch.send(bytes.subarray(acknowledged, 2_500_000));
  await sleep(50);
  await node.kill9();
  patch.cut();
  await node.restart();
  const offset = await client.offset(path);
  ok(offset >= acknowledged && offset <= 2_500_000, `${offset}`);
  const kept = await Deno.readFile(`${node.dataDir}/uploads/${idOf(path)}`);
  equal(sha256(kept.subarray(0, offset)), sha256(bytes.subarray(0, offset)));
  const last = await client.patch(path, offset, bytes.slice(offset));
  equal(last.status, 204, JSON.stringify(last.body));
  const source = await sourceOf(
    node.url,
    anna.accessToken,
    last.headers.get("Veza-Track-Id") ?? "",
  );
  equal(source.sha256, sha256(bytes));
});

Deno.test("[U3] the node stopped in the middle: it keeps all that came, and ends soon", async () => {
  await using node = await startNode();
  const anna = await register(node.url);
  const client = tusClient(node.url, anna.accessToken);
  const bytes = await song("wav", 10);
  const path = await client.create(bytes.length);
  using patch = await rawPatch(node.url, anna.accessToken, path, {
    offset: 0,
    length: bytes.length,
  });
  await patch.send(bytes.subarray(0, 1_000_000));
  await sleep(300);
  const restarting = node.restart();
  match(await patch.answer(), /^HTTP\/1.1 503 /);
  await restarting;
  equal(await client.offset(path), 1_000_000);
  const last = await client.patch(path, 1_000_000, bytes.slice(1_000_000));
  const source = await sourceOf(
    node.url,
    anna.accessToken,
    last.headers.get("Veza-Track-Id") ?? "",
  );
  equal(source.sha256, sha256(bytes));
});

Deno.test("[U3][A2] killed between the last byte and the track: the next start makes it, once", async () => {
  await using node = await startNode();
  const anna = await register(node.url);
  const client = tusClient(node.url, anna.accessToken);
  const bytes = await song("flac", 2);
  const path = await client.create(bytes.length + 1, { title: "Between" });
  equal((await client.patch(path, 0, bytes)).status, 204);
  {
    // as the row is when the last byte was saved and nothing after it
    const config = { databaseUrl: undefined, dataDir: node.dataDir, dbPool: 1 };
    await using db = await openDatabase(config, silent, { share: true });
    await db.sql`update resumable_uploads set length = received where id = ${idOf(path)}`;
  }
  await node.kill9();
  await node.restart();
  const { body } = await ask<UploadState>(node.url, path, { token: anna.accessToken });
  equal(body.status, "accepted");
  const source = await sourceOf(node.url, anna.accessToken, body.trackId ?? "");
  equal(source.sha256, sha256(bytes));
  await node.restart();
  const named = (await tracksOf(node, anna)).filter(({ title }) => title === "Between");
  deepEqual(named.map(({ id }) => id), [body.trackId]);
});

Deno.test("[U3][A2] killed around the last byte, again and again: one track each, none lost", async () => {
  await using node = await startNode();
  const anna = await register(node.url);
  const client = tusClient(node.url, anna.accessToken);
  for (const delay of [0, 10, 40]) {
    const title = `Around ${delay}`;
    const bytes = await song("flac", 2 + delay / 10);
    const path = await client.create(bytes.length, { title });
    using patch = await rawPatch(node.url, anna.accessToken, path, {
      offset: 0,
      length: bytes.length,
    });
    await patch.send(bytes);
    await sleep(delay);
    await node.kill9();
    patch.cut();
    await node.restart();
    const offset = await client.offset(path);
    const { status } = await client.patch(path, offset, bytes.slice(offset));
    equal(status, 204);
    const named = (await tracksOf(node, anna)).filter((track) => track.title === title);
    equal(named.length, 1);
    equal((await sourceOf(node.url, anna.accessToken, named[0]?.id ?? "")).sha256, sha256(bytes));
  }
});
