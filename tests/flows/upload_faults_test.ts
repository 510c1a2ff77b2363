/** Files and connections that are not as they should be: each gets its reason, nothing is left. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Track } from "../../domain/tracks.ts";
import { ffmpegMakes, song } from "../support/audio.ts";
import { ask, type Grant, register, upload, waitForTrack } from "../support/client.ts";
import { filesBelow } from "../support/files.ts";
import { type RunningNode, startNode } from "../support/node.ts";

let node: RunningNode;
let anna: Grant;
Deno.test.beforeAll(async () => {
  node = await startNode({ env: { UPLOAD_MAX_BYTES: "3000000", UPLOAD_MAX_SECONDS: "30" } });
  anna = await register(node.url);
});
Deno.test.afterAll(async () => void await node.stop());

const text = (content: string) => new TextEncoder().encode(content);

/** All files below DATA_DIR/media, and the folders of running encoders. */
const stored = async () => [
  ...await filesBelow(`${node.dataDir}/media`),
  ...await filesBelow(`${node.dataDir}/work`),
];
const listed = async () =>
  (await ask<{ items: Track[] }>(node.url, `/api/v1/users/${anna.user.id}/tracks?limit=100`, {
    token: anna.accessToken,
  })).body.items.length;

/** Uploads what is refused at once, and checks that nothing of it stays. */
async function refused(bytes: Uint8Array<ArrayBuffer>, name: string) {
  const before = [await stored(), await listed()];
  const answer = await upload(node.url, anna.accessToken, bytes, { name });
  deepEqual([await stored(), await listed()], before, "something was left");
  return answer as unknown as { status: number; body: { code: string; detail: string } };
}

/** Uploads what turns out bad while it is processed, and answers with why. */
async function failed(bytes: Uint8Array<ArrayBuffer>, name: string) {
  const { status, body } = await upload(node.url, anna.accessToken, bytes, { name });
  equal(status, 202, JSON.stringify(body));
  const track = await waitForTrack(node.url, body.track.id, ["failed", "ready"], {
    token: anna.accessToken,
  });
  return track.failure;
}

Deno.test("[U2] an empty file", async () => {
  const { status, body } = await refused(new Uint8Array(), "song.mp3");
  deepEqual([status, body.code], [422, "empty_file"]);
});

Deno.test("[U2] not audio, whatever its name", async () => {
  const png = await ffmpegMakes("png", [
    "-f",
    "lavfi",
    "-i",
    "color=red:s=16x16",
    "-frames:v",
    "1",
  ]);
  for (
    const bytes of [
      text("just a letter to you\n".repeat(500)),
      png,
      text("%PDF-1.7\n%âãÏÓ\n"),
      text("<svg/>"),
    ]
  ) {
    const { status, body } = await refused(bytes, "song.mp3");
    deepEqual([status, body.code], [415, "not_audio"], body.detail);
  }
});

Deno.test("[U2] a film has no place here, though it has a sound track", async () => {
  const film = await ffmpegMakes("mkv", [
    ...["-f", "lavfi", "-i", "testsrc=d=1:s=64x64", "-f", "lavfi", "-i", "sine=d=1"],
  ]);
  equal((await refused(film, "song.flac")).body.code, "not_audio");
});

Deno.test("[U2] too large: refused with the limit, however often, and the node stays well", async () => {
  for (let i = 0; i < 10; i++) {
    const { status, body } = await refused(new Uint8Array(3_500_000), "song.wav");
    deepEqual([status, body.code], [413, "too_large"]);
    match(body.detail, /3000000|3 MB|2\.9 MiB/);
  }
});

Deno.test("[U2] longer than is taken", async () => {
  const bytes = await song("opus", 40);
  equal((await failed(bytes, "long.opus"))?.code, "too_long");
});

Deno.test("[U2] corrupt: noise behind a good head", async () => {
  const flac = await song("flac", 5);
  crypto.getRandomValues(flac.subarray(9_000, 60_000));
  crypto.getRandomValues(flac.subarray(60_000, Math.min(flac.length, 125_000)));
  equal((await failed(flac, "broken.flac"))?.code, "corrupt");
});

Deno.test("[U11] a playlist named .mp3 reads nothing else: the canary is never asked", async () => {
  const asked: string[] = [];
  const canary = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    asked.push(request.url);
    return new Response("#EXTM3U\n");
  });
  const beside = await Deno.makeTempFile({ suffix: ".mp3" });
  await Deno.writeFile(beside, await song("mp3", 2));
  try {
    const url = `http://127.0.0.1:${canary.addr.port}/canary.mp3`;
    for (
      const content of [
        `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${url}\n#EXT-X-ENDLIST\n`,
        `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${beside}\n#EXT-X-ENDLIST\n`,
        `ffconcat version 1.0\nfile ${beside}\n`,
        `ffconcat version 1.0\nfile '${url}'\n`,
      ]
    ) {
      const { status, body } = await refused(text(content), "song.mp3");
      deepEqual([status, body.code], [415, "not_audio"]);
    }
    // behind a tag that makes it look like an MP3
    const tag = new Uint8Array([0x49, 0x44, 0x33, 3, 0, 0, 0, 0, 0, 0]);
    const playlist = text(`#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${url}\n#EXT-X-ENDLIST\n`);
    const hidden = new Uint8Array([...tag, ...playlist]);
    const answer = await upload(node.url, anna.accessToken, hidden, { name: "song.mp3" });
    if (answer.status === 202) {
      const track = await waitForTrack(node.url, answer.body.track.id, ["failed", "ready"], {
        token: anna.accessToken,
      });
      equal(track.status, "failed");
    }
    deepEqual(asked, []);
  } finally {
    await Deno.remove(beside);
    await canary.shutdown();
  }
});

Deno.test("[U3] a connection cut in the middle leaves nothing, and the node well", async () => {
  const before = [await stored(), await listed()];
  const { hostname, port } = new URL(node.url);
  for (let i = 0; i < 5; i++) {
    const connection = await Deno.connect({ hostname, port: Number(port) });
    const head = [
      "POST /api/v1/tracks HTTP/1.1",
      `Host: ${hostname}:${port}`,
      `Authorization: Bearer ${anna.accessToken}`,
      "Content-Type: multipart/form-data; boundary=xyz",
      "Content-Length: 2000000",
      "",
      "--xyz",
      'Content-Disposition: form-data; name="file"; filename="cut.wav"',
      "",
      "",
    ].join("\r\n");
    await connection.write(text(head));
    await connection.write((await song("wav", 3)).subarray(0, 200_000 * i));
    await new Promise((resolve) => setTimeout(resolve, 50));
    connection.close();
  }
  const until = Date.now() + 5_000;
  while (JSON.stringify([await stored(), await listed()]) !== JSON.stringify(before)) {
    ok(Date.now() < until, `left: ${JSON.stringify(await stored())}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  equal((await ask(node.url, "/readyz")).status, 200);
});

Deno.test("[H3] forms that are none: each a clear 4xx, nothing left", async () => {
  const before = [await stored(), await listed()];
  const send = (body: string | Uint8Array<ArrayBuffer>, type: string) =>
    ask<{ code: string }>(node.url, "/api/v1/tracks", {
      token: anna.accessToken,
      body,
      headers: { "Content-Type": type },
    });
  const form = "multipart/form-data; boundary=xyz";
  const part = (name: string, content: string) =>
    `--xyz\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`;
  for (
    const [body, type] of [
      ["{}", "application/json"],
      ["", form],
      ["garbage", form],
      [`${part("title", "x")}--xyz--\r\n`, form],
      [`${part("title", "x")}`, form],
      ["--xyz\r\n", "multipart/form-data"],
      [
        `--xyz\r\nContent-Disposition: form-data; name="other"; filename="a.wav"\r\n\r\nx\r\n--xyz--\r\n`,
        form,
      ],
    ] as const
  ) {
    const { status } = await send(body, type);
    ok(status >= 400 && status < 500, `${type} ${JSON.stringify(body)} answered ${status}`);
  }
  const { status, body } = await upload(node.url, anna.accessToken, await song("wav", 1), {
    fields: { creatorId: "019a0000-0000-7000-8000-000000000000" },
  }) as unknown as { status: number; body: { code: string } };
  deepEqual([status, body.code], [422, "invalid"], "mass assignment is refused, the bytes go");
  deepEqual([await stored(), await listed()], before);
});

Deno.test("[U3] nothing that was thrown on the way escaped", () => {
  deepEqual(node.logs().filter((line) => /escaped|nobody looked/.test(line)), []);
});

Deno.test("[S11] markup in titles and file names comes back as text", async () => {
  const evil = `<img src=x onerror=alert(1)>`;
  const { body } = await upload(node.url, anna.accessToken, await song("wav", 1), {
    name: `${evil}.wav`,
    fields: { artist: `"><script>alert(1)</script>` },
  });
  const page = await ask<string>(node.url, `/tracks/${body.track.id}`, {
    headers: { Accept: "text/html" },
  });
  equal(page.status, 200);
  ok(!page.body.includes("<img src=x"), "the title is escaped");
  ok(!page.body.includes("<script>alert"), "the artist is escaped");
});

Deno.test("[U15] a track deleted while it is processed leaves no blob and no encoder's scratch", async () => {
  const { body } = await upload(node.url, anna.accessToken, await song("mp3", 28));
  const { id, trackId } = body.upload;
  await waitForTrack(node.url, trackId, ["playable", "ready"]);
  const mine = async () =>
    (await stored()).filter((path) => path.includes(trackId) || path.includes(id));
  ok((await mine()).length > 3);
  const { status } = await ask(node.url, `/api/v1/tracks/${trackId}`, {
    method: "DELETE",
    token: anna.accessToken,
  });
  equal(status, 204);
  const until = Date.now() + 8_000;
  while ((await mine()).length > 0) {
    ok(Date.now() < until, `left: ${JSON.stringify(await mine())}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

Deno.test("[U15] a track deleted long after, and after a restart, leaves no blob", async () => {
  await using other = await startNode();
  const eva = await register(other.url);
  const { body } = await upload(other.url, eva.accessToken, await song("mp3", 3));
  const { trackId } = body.upload;
  await waitForTrack(other.url, trackId, ["ready"]);
  await other.restart();
  const { status } = await ask(other.url, `/api/v1/tracks/${trackId}`, {
    method: "DELETE",
    token: eva.accessToken,
  });
  equal(status, 204);
  deepEqual(
    (await filesBelow(`${other.dataDir}/media`)).filter((path) => path.includes(trackId)),
    [],
  );
});
