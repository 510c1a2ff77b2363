/** tus 1.0 at `/api/v1/uploads`, on a real node: the protocol, its refusals, and what it becomes. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import * as tus from "npm:tus-js-client@4.3.1";
import type { UploadState } from "../../domain/uploads.ts";
import type { Track } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask, type Grant, register, waitForTrack } from "../support/client.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { metadata, OFFSET_STREAM, type TusClient, tusClient, UPLOADS } from "../support/tus.ts";

let node: RunningNode;
let anna: Grant;
let client: TusClient;
Deno.test.beforeAll(async () => {
  node = await startNode({ env: { UPLOAD_MAX_BYTES: "3000000", QUOTA_BYTES: "user=5MiB" } });
  anna = await register(node.url);
  client = tusClient(node.url, anna.accessToken);
});
Deno.test.afterAll(async () => void await node.stop());

const state = (path: string, token = anna.accessToken) =>
  ask<UploadState>(node.url, path, { token });
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
/** The files of unfinished uploads. */
const left = async () => {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(`${node.dataDir}/uploads`)) names.push(name);
  return names.sort();
};
const trackOf = (id: string) =>
  waitForTrack(node.url, id, ["ready", "failed"], { token: anna.accessToken });

Deno.test("[U3] tus-js-client sends a file in pieces; a track is made of exactly these bytes", async () => {
  const bytes = await song("wav", 3);
  const done = Promise.withResolvers<tus.OnSuccessPayload>();
  const upload = new tus.Upload(Buffer.from(bytes), {
    endpoint: node.url + UPLOADS,
    chunkSize: 100_000,
    headers: { Authorization: `Bearer ${anna.accessToken}` },
    metadata: { filename: "été.wav", filetype: "audio/wav", title: "Été", artist: "Anna" },
    retryDelays: null,
    onSuccess: done.resolve,
    onError: done.reject,
  });
  upload.start();
  const { lastResponse } = await done.promise;
  const trackId = lastResponse.getHeader("Veza-Track-Id") ?? "";
  const track = await trackOf(trackId);
  deepEqual(
    [track.title, track.artist, track.source?.sha256, track.source?.bytes],
    ["Été", "Anna", sha256(bytes), bytes.length],
  );
  const { body } = await state(new URL(upload.url ?? "").pathname);
  deepEqual(
    [body.status, body.trackId, body.offset, body.length, body.filename, body.title, body.failure],
    ["accepted", trackId, bytes.length, bytes.length, "été.wav", "Été", null],
  );
  deepEqual(await left(), []);
});

Deno.test("[U3] OPTIONS tells versions, extensions, checksums and the largest upload", async () => {
  const { status, headers } = await ask(node.url, UPLOADS, { method: "OPTIONS" });
  equal(status, 204);
  equal(headers.get("Tus-Version"), "1.0.0");
  equal(
    headers.get("Tus-Extension"),
    "creation,creation-with-upload,checksum,expiration,termination",
  );
  equal(headers.get("Tus-Checksum-Algorithm"), "sha256,sha1");
  equal(headers.get("Tus-Max-Size"), "3000000");
});

Deno.test("[U3] HEAD tells offset, length, metadata and the end; nothing of it is cached", async () => {
  const path = await client.create(1_000, { title: "A title" });
  const before = Date.now();
  const { status, headers } = await client.send("HEAD", path);
  equal(status, 200);
  deepEqual([headers.get("Upload-Offset"), headers.get("Upload-Length")], ["0", "1000"]);
  equal(headers.get("Upload-Metadata"), metadata({ filename: "song.wav", title: "A title" }));
  equal(headers.get("Cache-Control"), "no-store");
  equal(headers.get("Tus-Resumable"), "1.0.0");
  const expires = Date.parse(headers.get("Upload-Expires") ?? "");
  ok(Math.abs(expires - before - 86_400_000) < 10_000, "a day after the last byte");
  equal((await client.send("DELETE", path)).status, 204);
});

Deno.test("[U3] creation with the whole upload: one request makes a track", async () => {
  const bytes = await song("flac", 1);
  const { status, headers } = await client.send("POST", UPLOADS, {
    "Upload-Length": String(bytes.length),
    "Upload-Metadata": metadata({ filename: "one go.flac" }),
    "Content-Type": OFFSET_STREAM,
  }, bytes);
  equal(status, 201);
  equal(headers.get("Upload-Offset"), String(bytes.length));
  const track = await trackOf(headers.get("Veza-Track-Id") ?? "");
  deepEqual([track.title, track.source?.sha256], ["one go", sha256(bytes)]);
});

Deno.test("[U3] a client that can only GET and POST says which method it means", async () => {
  const bytes = await song("flac", 1);
  const path = await client.create(bytes.length);
  const { status, headers } = await client.send("POST", path, {
    "X-HTTP-Method-Override": "PATCH",
    "Upload-Offset": "0",
    "Content-Type": OFFSET_STREAM,
  }, bytes);
  equal(status, 204);
  ok(headers.get("Veza-Track-Id"));
  equal((await client.send("POST", path)).status, 405);
});

Deno.test("[U3] asked again after the end, HEAD and PATCH name the same track; it cannot be ended", async () => {
  const bytes = await song("flac", 1);
  const path = await client.create(bytes.length);
  const first = (await client.patch(path, 0, bytes)).headers.get("Veza-Track-Id");
  ok(first);
  const head = await client.send("HEAD", path);
  equal(head.headers.get("Upload-Offset"), String(bytes.length));
  const again = await client.patch(path, bytes.length, "");
  deepEqual([head, again].map(({ headers }) => headers.get("Veza-Track-Id")), [first, first]);
  equal((await client.send("DELETE", path)).status, 409);
  equal((await client.patch(path, 0, bytes)).status, 409);
});

Deno.test("[U3] unfinished uploads are listed to their owner, and to nobody else", async () => {
  const eva = await register(node.url);
  const hers = tusClient(node.url, eva.accessToken);
  const [one, two] = [await hers.create(10), await hers.create(20, { title: "Two" })];
  await hers.patch(two, 0, "12345");
  const list = async (token: string) =>
    (await ask<{ items: UploadState[]; nextCursor: null }>(node.url, UPLOADS, { token })).body;
  deepEqual(
    (await list(eva.accessToken)).items.map(({ id, status, offset, length, title }) => [
      `${UPLOADS}/${id}`,
      status,
      offset,
      length,
      title,
    ]),
    [[one, "receiving", 0, 10, null], [two, "receiving", 5, 20, "Two"]],
  );
  deepEqual(await list(anna.accessToken), { items: [], nextCursor: null });
  for (const path of [one, two]) equal((await hers.send("DELETE", path)).status, 204);
  deepEqual((await list(eva.accessToken)).items, []);
});

Deno.test("[U3] terminated: bytes and row go at once, and it is not there any more", async () => {
  const path = await client.create(10);
  await client.patch(path, 0, "12345");
  const id = path.split("/").at(-1) ?? "";
  ok((await left()).includes(id));
  equal((await client.send("DELETE", path)).status, 204);
  ok(!(await left()).includes(id));
  for (const method of ["HEAD", "DELETE"]) equal((await client.send(method, path)).status, 404);
  equal((await client.patch(path, 5, "67890")).status, 404);
  equal((await state(path)).status, 404);
});

Deno.test("[S11] another's upload is not there, in the same words as one that never was", async () => {
  const path = await client.create(10);
  const eve = await register(node.url);
  const hers = tusClient(node.url, eve.accessToken);
  const never = `${UPLOADS}/019a0000-0000-7000-8000-000000000000`;
  const asked = async (at: string) => {
    const answers = [
      await hers.send("HEAD", at),
      await hers.patch(at, 0, "12345"),
      await hers.send("DELETE", at),
      await state(at, eve.accessToken),
    ];
    return answers.map(({ status, body }) => {
      const { requestId: _, ...rest } = Object(body);
      return [status, rest];
    });
  };
  const theirs = await asked(path);
  deepEqual(theirs, await asked(never));
  deepEqual(theirs.map(([status]) => status), [404, 404, 404, 404]);
  equal(await client.offset(path), 0, "nothing of hers was taken");
  await client.send("DELETE", path);
});

Deno.test("[U3] guests are asked to sign in, on every method", async () => {
  const nobody = tusClient(node.url, "");
  const path = await client.create(10);
  const answers = [
    await nobody.send("POST", UPLOADS, { "Upload-Length": "5" }),
    await nobody.send("HEAD", path),
    await nobody.patch(path, 0, "12345"),
    await nobody.send("DELETE", path),
    await ask(node.url, path),
    await ask(node.url, UPLOADS),
  ];
  deepEqual(answers.map(({ status }) => status), [401, 401, 401, 401, 401, 401]);
  await client.send("DELETE", path);
});

Deno.test("[S3] by cookie: taken from our pages, refused from another site", async () => {
  const login = await ask(node.url, "/api/v1/auth/login", {
    json: { login: anna.user.username, password: "three old brown dogs", delivery: "cookie" },
    headers: { Origin: node.url },
  });
  const cookie = (login.headers.get("Set-Cookie") ?? "").split(";")[0] ?? "";
  const make = (origin: Record<string, string>) =>
    ask<{ code: string }>(node.url, UPLOADS, {
      method: "POST",
      cookie,
      headers: { "Tus-Resumable": "1.0.0", "Upload-Length": "5", ...origin },
    });
  const ours = await make({ Origin: node.url });
  equal(ours.status, 201);
  for (const other of [{ Origin: "https://evil.example" }, {}]) {
    const { status, body } = await make(other as Record<string, string>);
    deepEqual([status, body.code], [403, "bad_origin"]);
  }
  await client.send("DELETE", ours.headers.get("Location") ?? "");
});

Deno.test("[U3] another version of the protocol, or none: 412, and ours is named", async () => {
  for (const version of ["0.2.2", "2.0.0", ""]) {
    const { status, body, headers } = await client.send("POST", UPLOADS, {
      "Tus-Resumable": version,
      "Upload-Length": "5",
    });
    deepEqual([status, body.code], [412, "tus_version"]);
    equal(headers.get("Tus-Version"), "1.0.0");
  }
});

Deno.test("[U3] headers that are none: each a clear 4xx, and nothing is made", async () => {
  const before = await ask<{ items: object[] }>(node.url, UPLOADS, { token: anna.accessToken });
  const wrong: [Record<string, string>, number, string][] = [
    [{}, 400, "bad_request"],
    [{ "Upload-Length": "-1" }, 400, "bad_request"],
    [{ "Upload-Length": "NaN" }, 400, "bad_request"],
    [{ "Upload-Length": "1e3" }, 400, "bad_request"],
    [{ "Upload-Length": "0x10" }, 400, "bad_request"],
    [{ "Upload-Length": "5.5" }, 400, "bad_request"],
    [{ "Upload-Length": "9".repeat(30) }, 400, "bad_request"],
    [{ "Upload-Length": "9007199254740991" }, 413, "too_large"],
    [{ "Upload-Length": "3000001" }, 413, "too_large"],
    [{ "Upload-Defer-Length": "1" }, 400, "bad_request"],
    [{ "Upload-Length": "5", "Upload-Defer-Length": "1" }, 400, "bad_request"],
    [{ "Upload-Length": "5", "Upload-Concat": "partial" }, 400, "bad_request"],
    [{ "Upload-Length": "5", "Upload-Metadata": "title ***" }, 400, "bad_request"],
    [{ "Upload-Length": "5", "Upload-Metadata": "title QQ==,title QQ==" }, 400, "bad_request"],
    [{ "Upload-Length": "5", "Upload-Metadata": "a b c" }, 400, "bad_request"],
    [{ "Upload-Length": "5", "Upload-Metadata": metadata({ title: "\0" }) }, 422, "invalid"],
    [
      { "Upload-Length": "5", "Upload-Metadata": metadata({ title: "x".repeat(201) }) },
      422,
      "invalid",
    ],
    [
      { "Upload-Length": "5", "Upload-Metadata": metadata({ visibility: "secret" }) },
      422,
      "invalid",
    ],
    [{ "Upload-Length": "5", "Upload-Metadata": metadata({ creatorId: "x" }) }, 422, "invalid"],
    [
      { "Upload-Length": "5", "Upload-Metadata": metadata({ name: "x".repeat(17_000) }) },
      413,
      "too_large",
    ],
    [{ "Upload-Length": "5", "Upload-Checksum": "crc32 AAAA" }, 400, "bad_request"],
  ];
  for (const [headers, status, code] of wrong) {
    const answer = await client.send("POST", UPLOADS, headers);
    deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(headers));
    match(answer.headers.get("Content-Type") ?? "", /^application\/problem\+json/);
  }
  const after = await ask<{ items: object[] }>(node.url, UPLOADS, { token: anna.accessToken });
  equal(after.body.items.length, before.body.items.length);
});

Deno.test("[U3] bytes in the wrong place, too many, or of no known kind change nothing", async () => {
  const path = await client.create(10);
  await client.patch(path, 0, "12345");
  const wrong: [() => ReturnType<TusClient["patch"]>, number, string][] = [
    [() => client.patch(path, 0, "1"), 409, "conflict"],
    [() => client.patch(path, 6, "1"), 409, "conflict"],
    [() => client.patch(path, 5, "123456"), 413, "too_large"],
    [() => client.patch(path, 5, "1", { "Upload-Offset": "-1" }), 400, "bad_request"],
    [() => client.patch(path, 5, "1", { "Upload-Offset": "five" }), 400, "bad_request"],
    [() => client.patch(path, 5, "1", { "Content-Type": "audio/wav" }), 415, "unsupported_type"],
    [() => client.send("PATCH", path, { "Content-Type": OFFSET_STREAM }, "1"), 400, "bad_request"],
  ];
  for (const [asked, status, code] of wrong) {
    const answer = await asked();
    deepEqual([answer.status, answer.body.code], [status, code]);
    equal(await client.offset(path), 5);
  }
  await client.send("DELETE", path);
});

Deno.test("[U3] a checksum that fits is taken; one that does not is 460, and the bytes are dropped", async () => {
  const bytes = await song("flac", 1);
  const half = Math.floor(bytes.length / 2);
  const [first, second] = [bytes.slice(0, half), bytes.slice(half)];
  const digest = (algorithm: string, data: Uint8Array) =>
    `${algorithm} ${createHash(algorithm).update(data).digest("base64")}`;
  const path = await client.create(bytes.length);
  const good = await client.patch(path, 0, first, { "Upload-Checksum": digest("sha256", first) });
  equal(good.status, 204);
  const bad = await client.patch(path, half, second, { "Upload-Checksum": digest("sha1", first) });
  deepEqual([bad.status, bad.body.code], [460, "checksum_mismatch"]);
  equal(await client.offset(path), half);
  const malformed = await client.patch(path, half, second, { "Upload-Checksum": "sha1 QUJD" });
  deepEqual([malformed.status, malformed.body.code], [400, "bad_request"]);
  const last = await client.patch(path, half, second, {
    "Upload-Checksum": digest("sha1", second),
  });
  equal(last.status, 204);
  const track = await trackOf(last.headers.get("Veza-Track-Id") ?? "");
  equal(track.source?.sha256, sha256(bytes));
});

Deno.test("[U2] what is refused at the end says why, in the answer and afterwards, and leaves nothing", async () => {
  const empty = await client.send("POST", UPLOADS, { "Upload-Length": "0" });
  deepEqual([empty.status, empty.body.code], [422, "empty_file"]);
  const text = "just a letter to you\n".repeat(500);
  const path = await client.create(text.length, { title: "A letter" });
  const { status, body } = await client.patch(path, 0, text);
  deepEqual([status, body.code], [415, "not_audio"]);
  const told = (await state(path)).body;
  deepEqual([told.status, told.failure?.code, told.trackId], ["refused", "not_audio", null]);
  const list = await ask<{ items: object[] }>(node.url, UPLOADS, { token: anna.accessToken });
  deepEqual(list.body.items, [], "nothing is left of the one that was never told its place");
  equal((await client.send("HEAD", path)).status, 404, "a client begins anew");
  equal((await client.patch(path, text.length, "")).body.code, "not_audio");
  deepEqual(await left(), []);
  equal((await client.send("DELETE", path)).status, 204);
  equal((await state(path)).status, 404);
});

Deno.test("[U4] the same bytes by the same user: taken, and the track that was there is named", async () => {
  const eva = await register(node.url);
  const hers = tusClient(node.url, eva.accessToken);
  const bytes = await song("flac", 1);
  const send = async (title: string) => {
    const path = await hers.create(bytes.length, { title });
    const { headers } = await hers.patch(path, 0, bytes);
    return { path, headers };
  };
  const first = await send("First");
  equal(first.headers.get("Veza-Duplicate-Of"), null);
  const firstId = first.headers.get("Veza-Track-Id");
  const again = await send("Again");
  equal(again.headers.get("Veza-Duplicate-Of"), firstId);
  ok(again.headers.get("Veza-Track-Id") !== firstId);
  const { duplicateOf } = (await state(again.path, eva.accessToken)).body;
  deepEqual([duplicateOf?.id, duplicateOf?.title], [firstId, "First"]);
});

Deno.test("[U2] the quota counts what unfinished uploads have announced", async () => {
  const eva = await register(node.url);
  const hers = tusClient(node.url, eva.accessToken);
  const first = await hers.create(3_000_000);
  const second = await hers.send("POST", UPLOADS, { "Upload-Length": "2500000" });
  deepEqual([second.status, second.body.code], [413, "quota_exceeded"]);
  await hers.send("DELETE", first);
  await hers.create(2_500_000);
});

Deno.test("[H1] what came as a form can be looked up as an upload too", async () => {
  const form = new FormData();
  form.set("file", new Blob([await song("flac", 1)]), "form.flac");
  const { body } = await ask<{ track: Track; upload: { id: string } }>(node.url, "/api/v1/tracks", {
    token: anna.accessToken,
    body: form,
  });
  const path = `${UPLOADS}/${body.upload.id}`;
  const told = (await state(path)).body;
  deepEqual([told.status, told.trackId, told.filename], ["accepted", body.track.id, "form.flac"]);
  const eve = await register(node.url);
  equal((await state(path, eve.accessToken)).status, 404);
});

Deno.test("[U3] nothing that was thrown on the way escaped", () => {
  deepEqual(node.logs().filter((line) => /escaped|nobody looked|request threw/.test(line)), []);
});
