/** Connections, disks and nodes that fail in the middle of a resumable upload: it goes on (U3). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Track } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask, type Grant, register, waitForTrack } from "../support/client.ts";
import { longWav } from "../support/long_wav.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { rawPatch } from "../support/raw_patch.ts";
import { smallDisk } from "../support/small_disk.ts";
import { idOf, sourceOf, type TusClient, tusClient, UPLOADS } from "../support/tus.ts";

const MIB = 1024 ** 2;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const rss = async (pid: number) => {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
};
const tracksOf = async (node: RunningNode, { user, accessToken: token }: Grant) =>
  (await ask<{ items: Track[] }>(node.url, `/api/v1/users/${user.id}/tracks?limit=100`, { token }))
    .body.items;

/** Waits until nobody writes any more, and answers with the offset. */
async function settled(client: TusClient, path: string): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const offset = await client.offset(path);
    if ((await client.patch(path, offset, "")).status === 204) return offset;
    await sleep(20);
  }
  throw new Error(`${path} is written to without end`);
}

let node: RunningNode;
let anna: Grant;
let client: TusClient;
Deno.test.beforeAll(async () => {
  node = await startNode();
  anna = await register(node.url);
  client = tusClient(node.url, anna.accessToken);
});
Deno.test.afterAll(async () => void await node.stop());

Deno.test("[U1][U3] 500 MB, cut ten times after 40 % of what was left: equal hash, flat memory", async () => {
  const wav = longWav(500_000_000);
  const warm = await song("wav", 60);
  const { headers } = await client.patch(await client.create(warm.length), 0, warm);
  await waitForTrack(node.url, headers.get("Veza-Track-Id") ?? "", ["ready"]);
  const path = await client.create(wav.bytes, { visibility: "private" });
  const before = await rss(node.pid);
  let highest = before;
  const sampling = setInterval(
    () => void rss(node.pid).then((at) => highest = Math.max(highest, at)),
    50,
  );
  let sent = 0;
  let offset = 0;
  for (let cuts = 0; cuts < 10; cuts++) {
    const stop = offset + Math.floor((wav.bytes - offset) * 0.4);
    using patch = await rawPatch(node.url, anna.accessToken, path, {
      offset,
      length: wav.bytes - offset,
    });
    for (const piece of wav.pieces(offset, stop)) await patch.send(piece);
    sent += stop - offset;
    patch.cut();
    const kept = await settled(client, path);
    ok(kept > offset && kept <= stop, `${kept} of ${stop} were kept`);
    offset = kept;
  }
  ok(sent < wav.bytes + 10 * 8 * MIB, "what had come was not wanted again");
  const last = await rawPatch(node.url, anna.accessToken, path, {
    offset,
    length: wav.bytes - offset,
  });
  for (const piece of wav.pieces(offset, wav.bytes)) await last.send(piece);
  const answer = await last.answer();
  last.cut();
  clearInterval(sampling);
  match(answer, /^HTTP\/1.1 204 /);
  const trackId = /veza-track-id: (\S+)/i.exec(answer)?.[1] ?? "";
  const hash = createHash("sha256");
  for (const piece of wav.pieces(0, wav.bytes)) hash.update(piece);
  const source = await sourceOf(node.url, anna.accessToken, trackId);
  deepEqual([source.bytes, source.sha256], [wav.bytes, hash.digest("hex")]);
  ok(highest - before < 64 * MIB, `${Math.round((highest - before) / MIB)} MiB more memory`);
  await ask(node.url, `/api/v1/tracks/${trackId}`, { method: "DELETE", token: anna.accessToken });
});

Deno.test("[U3] two writers at once: the second gets 409 at once, the first is unharmed", async () => {
  const bytes = await song("wav", 10);
  const path = await client.create(bytes.length);
  using first = await rawPatch(node.url, anna.accessToken, path, {
    offset: 0,
    length: bytes.length,
  });
  await first.send(bytes.subarray(0, 500_000));
  await sleep(100);
  const began = performance.now();
  const { status, body, headers } = await client.patch(path, 0, bytes);
  deepEqual([status, body.code], [409, "conflict"]);
  ok(performance.now() - began < 1_000, "it did not wait");
  ok(Number(headers.get("Retry-After")) > 0);
  await first.send(bytes.subarray(500_000));
  const answer = await first.answer();
  match(answer, /^HTTP\/1.1 204 /);
  const trackId = /veza-track-id: (\S+)/i.exec(answer)?.[1] ?? "";
  equal((await sourceOf(node.url, anna.accessToken, trackId)).sha256, sha256(bytes));
});

Deno.test("[U3] a connection that died without a word is taken over from; its late bytes are not taken", async () => {
  const bytes = await song("wav", 10);
  const path = await client.create(bytes.length);
  using dead = await rawPatch(node.url, anna.accessToken, path, {
    offset: 0,
    length: bytes.length,
  });
  await dead.send(bytes.subarray(0, 300_000));
  await sleep(100);
  const until = Date.now() + 10_000;
  let answer = await client.patch(path, 0, bytes);
  equal(answer.status, 409, "it may still be alive");
  while (answer.status === 409) {
    ok(Date.now() < until, "still locked after 10 s");
    await sleep(200);
    const offset = await client.offset(path);
    // a client that is behind is told so, and one that is not goes on
    answer = await client.patch(path, offset, bytes.slice(offset));
  }
  equal(answer.status, 204, JSON.stringify(answer.body));
  await dead.send(new Uint8Array(400_000)).catch(() => {}); // closed by the node, or not yet
  const source = await sourceOf(
    node.url,
    anna.accessToken,
    answer.headers.get("Veza-Track-Id") ?? "",
  );
  equal(source.sha256, sha256(bytes));
});

Deno.test("[U3] ended while another connection sends: it is gone, and so is what comes after", async () => {
  const path = await client.create(1_000_000);
  using patch = await rawPatch(node.url, anna.accessToken, path, { offset: 0, length: 1_000_000 });
  await patch.send(new Uint8Array(200_000));
  await sleep(100);
  equal((await client.send("DELETE", path)).status, 204);
  match(await patch.answer(), /^HTTP\/1.1 4\d\d /);
  equal((await client.send("HEAD", path)).status, 404);
  const names: string[] = [];
  for await (const { name } of Deno.readDir(`${node.dataDir}/uploads`)) names.push(name);
  equal(names.includes(idOf(path)), false);
});

Deno.test("[U3] disk full: 507, nothing of it is seen, the site goes on; with room, the upload does too", async () => {
  await using disk = await smallDisk(24 * MIB);
  const dataDir = await Deno.makeTempDir({ prefix: "veza-node-" });
  try {
    await Deno.symlink(disk.path, `${dataDir}/uploads`);
    await using full = await startNode({ dataDir, prefix: disk.prefix });
    const mia = await register(full.url);
    const hers = tusClient(full.url, mia.accessToken);
    const bytes = await song("wav", 60);
    await disk.fill(full.pid, 4 * MIB);
    const path = await hers.create(bytes.length);
    const { status, body } = await hers.patch(path, 0, bytes);
    deepEqual([status, body.code], [507, "disk_full"]);
    const offset = await hers.offset(path);
    ok(offset > 0 && offset <= 4 * MIB, `${offset} bytes were kept`);
    equal((await ask(full.url, "/readyz")).status, 200);
    deepEqual(await tracksOf(full, mia), []);
    equal((await hers.patch(path, offset, bytes.slice(offset))).status, 507);
    await disk.empty(full.pid);
    const last = await hers.patch(path, offset, bytes.slice(offset));
    equal(last.status, 204, JSON.stringify(last.body));
    const source = await sourceOf(
      full.url,
      mia.accessToken,
      last.headers.get("Veza-Track-Id") ?? "",
    );
    equal(source.sha256, sha256(bytes));
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("[U3] what nobody comes back for ends after its time: not there, and removed", async () => {
  await using brief = await startNode({
    env: {
      UPLOAD_KEEP_SECONDS: "2",
      RATE_LIMITS: "api=10/m",
      CORS_ORIGINS: "https://band.example",
    },
  });
  const mia = await register(brief.url);
  const hers = tusClient(brief.url, mia.accessToken);
  const path = await hers.create(100);
  for (let offset = 0; offset < 20; offset++) {
    equal(
      (await hers.patch(path, offset, "x")).status,
      204,
      "pieces do not use up the API's limit",
    );
  }
  await sleep(2_100);
  equal((await hers.send("HEAD", path)).status, 404);
  equal((await hers.patch(path, 20, "x")).status, 404);
  const { body } = await ask<{ items: unknown[] }>(brief.url, UPLOADS, { token: mia.accessToken });
  deepEqual(body.items, []);

  const preflight = await ask(brief.url, path, {
    method: "OPTIONS",
    headers: {
      Origin: "https://band.example",
      "Access-Control-Request-Method": "PATCH",
      "Access-Control-Request-Headers": "authorization,tus-resumable,upload-offset",
    },
  });
  equal(preflight.status, 204);
  equal(preflight.headers.get("Access-Control-Allow-Origin"), "https://band.example");
  equal(preflight.headers.get("Tus-Version"), "1.0.0", "a script of another site learns it too");
  const theirs = await hers.send("POST", UPLOADS, {
    Origin: "https://band.example",
    "Upload-Length": "5",
  });
  equal(theirs.status, 201);
  match(theirs.headers.get("Access-Control-Expose-Headers") ?? "", /Location.*Veza-Track-Id/);

  await brief.restart();
  const names: string[] = [];
  for await (const { name } of Deno.readDir(`${brief.dataDir}/uploads`)) names.push(name);
  equal(names.includes(idOf(path)), false);
});

Deno.test("[U3] nothing that was thrown on the way escaped", () => {
  deepEqual(node.logs().filter((line) => /escaped|nobody looked|request threw/.test(line)), []);
});
