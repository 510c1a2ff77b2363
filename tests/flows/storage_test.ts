/** A node whose blobs lie in S3 and whose files are scanned: real servers, whole path. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { song } from "../support/audio.ts";
import { EICAR, startClamd } from "../support/clamd.ts";
import { ask, register, upload, waitForTrack } from "../support/client.ts";
import { startNode } from "../support/node.ts";
import { s3Settings, startS3 } from "../support/s3.ts";
import { sourceOf, tusClient } from "../support/tus.ts";

Deno.test("[U13] with S3 set, a track is made, served and deleted there, and nothing lies on disk", async () => {
  await using s3 = await startS3();
  await using node = await startNode({ env: s3Settings(s3) });
  const anna = await register(node.url);
  const { body } = await upload(node.url, anna.accessToken, await song("flac", 8));
  const track = await waitForTrack(node.url, body.track.id, ["ready", "failed"]);
  equal(track.failure, null);
  const master = await ask<string>(node.url, track.streamUrl!);
  const first = master.body.split("\n").find((line) => line && !line.startsWith("#"))!;
  const playlistUrl = new URL(first, node.url + track.streamUrl);
  const playlist = await ask<string>(node.url, playlistUrl.pathname);
  const segment = playlist.body.split("\n").find((line) => line && !line.startsWith("#"))!;
  const part = await fetch(new URL(segment, playlistUrl), { headers: { Range: "bytes=0-99" } });
  equal(part.status, 206);
  equal((await part.arrayBuffer()).byteLength, 100);
  const local = [...Deno.readDirSync(node.dataDir)].map(({ name }) => name);
  ok(!local.includes("media"), `found ${local}`);
  const empty = await upload(node.url, anna.accessToken, new Uint8Array());
  equal(empty.status, 422);
  const client = tusClient(node.url, anna.accessToken);
  const bytes = await song("flac", 2);
  const path = await client.create(bytes.length);
  await client.patch(path, 0, bytes.slice(0, 1_000));
  const last = await client.patch(path, 1_000, bytes.slice(1_000));
  const source = await sourceOf(
    node.url,
    anna.accessToken,
    last.headers.get("Veza-Track-Id") ?? "",
  );
  equal(source.bytes, bytes.length);
  deepEqual([...Deno.readDirSync(`${node.dataDir}/uploads`)], [], "pieces that were handed on");
  equal(
    (await ask(node.url, `/api/v1/tracks/${track.id}`, {
      method: "DELETE",
      token: anna.accessToken,
    })).status,
    204,
  );
  equal((await ask(node.url, playlistUrl.pathname)).status, 404);
});

Deno.test("[U5] with ClamAV set, what carries something harmful is refused, the rest is not", async () => {
  await using scanner = await startClamd(20 * 1024 ** 2);
  await using node = await startNode({ env: { CLAMAV_URL: scanner.url } });
  const anna = await register(node.url);
  const clean = await song("wav", 2);
  // behind the sound, where a player never looks
  const bad = new Uint8Array([...clean, ...EICAR]);
  const outcome = async (bytes: Uint8Array<ArrayBuffer>) => {
    const { body } = await upload(node.url, anna.accessToken, bytes);
    const track = await waitForTrack(node.url, body.track.id, ["ready", "failed"]);
    return track.failure?.code ?? track.status;
  };
  deepEqual([await outcome(clean), await outcome(bad)], ["ready", "infected"]);
});
