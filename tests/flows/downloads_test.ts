/** Downloads over HTTP: every format, who may take it, how it is named and served (U7). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { DOWNLOADS } from "../../domain/downloads.ts";
import type { Track } from "../../domain/tracks.ts";
import { ffmpegMakes, song } from "../support/audio.ts";
import { ask, type Grant, register, upload, waitForTrack } from "../support/client.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { probed } from "../support/pictures.ts";

let node: RunningNode;
let anna: Grant;
let ben: Grant;
Deno.test.beforeAll(async () => {
  node = await startNode();
  [anna, ben] = await Promise.all([register(node.url), register(node.url)]);
});
Deno.test.afterAll(async () => void await node.stop());

async function newTrack(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  fields: Record<string, string> = {},
): Promise<Track> {
  const { body } = await upload(node.url, anna.accessToken, bytes, {
    name,
    fields: { title: "Né un matin / 1", artist: "Mila", ...fields },
  });
  return await waitForTrack(node.url, body.track.id, ["ready"], { token: anna.accessToken });
}

/** Asks until it is made. */
async function take(track: Track, query: string, by?: Grant, headers: Record<string, string> = {}) {
  const until = Date.now() + 60_000;
  while (true) {
    const response = await fetch(`${node.url}/api/v1/tracks/${track.id}/download?${query}`, {
      headers: { ...headers, ...(by && { Authorization: `Bearer ${by.accessToken}` }) },
    });
    if (response.status !== 202) return response;
    deepEqual(await response.json(), { status: "making" });
    ok(Number(response.headers.get("Retry-After")) > 0);
    ok(Date.now() < until, `${query} is still being made`);
  }
}

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

/** Codec and ending of each format. */
const KINDS: Readonly<Record<string, readonly [codec: string, ending: string, type: string]>> = {
  mp3: ["mp3", "mp3", "audio/mpeg"],
  aac: ["aac", "m4a", "audio/mp4"],
  vorbis: ["vorbis", "ogg", "audio/ogg"],
  opus: ["opus", "opus", "audio/ogg"],
  flac: ["flac", "flac", "audio/flac"],
};

Deno.test("[U7] every format and bitrate can be had, and is what it says", async () => {
  const original = await song("wav", 2);
  const track = await newTrack(original, "Take 1.wav");
  const wanted = Object.entries(DOWNLOADS).flatMap(([format, { bitrates }]) =>
    format === "original"
      ? []
      : bitrates.length === 0
      ? [`format=${format}`]
      : bitrates.map((bitrate) => `format=${format}&bitrate=${bitrate}`)
  );
  equal(wanted.length, 17);
  await Promise.all(wanted.map(async (query) => {
    const response = await take(track, query, ben);
    const bytes = await bytesOf(response);
    equal(response.status, 200, query);
    const [codec, ending, type] = KINDS[new URLSearchParams(query).get("format")!]!;
    equal(response.headers.get("Content-Type"), type, query);
    equal(Number(response.headers.get("Content-Length")), bytes.length);
    match(
      response.headers.get("Content-Disposition")!,
      new RegExp(
        `^attachment; filename=.*filename\\*=UTF-8''Mila%20-%20N%C3%A9%20un%20matin%20_%201\\.${ending}$`,
      ),
    );
    const { streams, format } = await probed<{
      streams: { codec_name: string; duration: string; tags?: Record<string, string> }[];
      format: { duration: string; tags?: Record<string, string> };
    }>(bytes, ending);
    equal(streams[0]?.codec_name, codec, query);
    ok(Math.abs(Number(format.duration) - 2) < 0.15, `${query}: ${format.duration} s`);
    const tags = Object.fromEntries(
      Object.entries({ ...streams[0]?.tags, ...format.tags }).map(([k, v]) => [k.toLowerCase(), v]),
    );
    deepEqual([tags.title, tags.artist], ["Né un matin / 1", "Mila"], query);
  }));
  const own = await take(track, "format=original", anna);
  equal(own.headers.get("Content-Type"), "audio/wav");
  deepEqual(await bytesOf(own), original, "the original as it was");
});

Deno.test("[U14] a download has Range, ETag and HEAD, as other files", async () => {
  const track = await newTrack(await song("flac", 2), "a.flac");
  const whole = await take(track, "format=mp3&bitrate=128");
  const bytes = await bytesOf(whole);
  const etag = whole.headers.get("ETag")!;
  const part = await take(track, "format=mp3&bitrate=128", undefined, { Range: "bytes=100-199" });
  equal(part.status, 206);
  deepEqual(await bytesOf(part), bytes.slice(100, 200));
  const same = await take(track, "format=mp3&bitrate=128", undefined, { "If-None-Match": etag });
  equal(same.status, 304);
  await same.body?.cancel();
  const url = `${node.url}/api/v1/tracks/${track.id}/download?format=mp3&bitrate=128`;
  const head = await fetch(url, { method: "HEAD" });
  deepEqual([head.status, Number(head.headers.get("Content-Length"))], [200, bytes.length]);
});

Deno.test("[U7] what cannot be had is refused, naming what can", async () => {
  const track = await newTrack(await song("mp3", 1), "a.mp3");
  const refusal = async (query: string, by: Grant | undefined = anna) => {
    const response = await take(track, query, by);
    const { code, detail } = await response.json();
    return [response.status, code, detail] as const;
  };
  for (
    const [query, words] of [
      ["format=wma", /"wma" is not offered; there is original, mp3, aac, vorbis, opus$/],
      ["format=mp3&bitrate=64", /64 kbit\/s was asked of mp3; there is 128, 192, 256, 320/],
      ["format=opus&bitrate=320", /there is 64, 96, 128, 192/],
      ["format=flac", /FLAC is made of lossless originals, and this one is mp3/],
    ] as const
  ) {
    const [status, code, detail] = await refusal(query);
    deepEqual([status, code], [422, "invalid"], query);
    match(detail, words);
  }
  equal((await refusal("format=mp3&bitrate=loud"))[0], 422);
  const highest = await take(track, "format=ogg");
  equal(highest.status, 200, "by its ending, at its highest bitrate");
  await highest.body?.cancel();
});

Deno.test("[U7] its owner decides whether others may take it; the original stays theirs", async () => {
  const track = await newTrack(await song("ogg", 1), "a.ogg");
  const status = async (query: string, by?: Grant) => {
    const response = await take(track, query, by);
    await response.body?.cancel();
    return response.status;
  };
  const each = async (query: string) => [
    await status(query, anna),
    await status(query, ben),
    await status(query),
  ];
  equal(track.downloadable, true);
  deepEqual(await each("format=mp3&bitrate=128"), [200, 200, 200]);
  deepEqual(await each("format=original"), [200, 403, 403]);
  const patched = await ask<Track>(node.url, `/api/v1/tracks/${track.id}`, {
    method: "PATCH",
    token: anna.accessToken,
    json: { downloadable: false },
  });
  equal(patched.body.downloadable, false);
  deepEqual(await each("format=mp3&bitrate=128"), [200, 403, 403]);
});

Deno.test("[U14] a private track is no file for others, an unlisted one for who has its address", async () => {
  const track = await newTrack(await song("ogg", 1), "a.ogg", { visibility: "private" });
  const status = async (query: string, by?: Grant) => {
    const response = await take(track, query, by);
    await response.body?.cancel();
    return response.status;
  };
  const query = "format=opus&bitrate=64";
  deepEqual([await status(query, anna), await status(query, ben), await status(query)], [
    200,
    404,
    404,
  ]);
  await ask(node.url, `/api/v1/tracks/${track.id}`, {
    method: "PATCH",
    token: anna.accessToken,
    json: { visibility: "unlisted" },
  });
  equal(await status(query), 403);
  const seen = (await ask<Track>(node.url, `/api/v1/tracks/${track.id}`)).body;
  const t = new URL(seen.streamUrl!, node.url).searchParams.get("t")!;
  const response = await take(track, `${query}&t=${t}`);
  deepEqual([response.status, response.headers.get("Cache-Control")], [200, "private, no-cache"]);
  await response.body?.cancel();
});

Deno.test("[U7] a new title is in the next download, and with the track its downloads go", async () => {
  const track = await newTrack(
    await ffmpegMakes("wav", ["-f", "lavfi", "-i", "sine=d=1", "-metadata", "comment=secret"]),
    "a.wav",
  );
  const title = async () => {
    const bytes = await bytesOf(await take(track, "format=mp3&bitrate=128", ben));
    ok(!new TextDecoder("latin1").decode(bytes).includes("secret"), "only our own tags");
    return (await probed<{ format: { tags: { title: string } } }>(bytes, "mp3")).format.tags.title;
  };
  equal(await title(), "Né un matin / 1");
  await ask(node.url, `/api/v1/tracks/${track.id}`, {
    method: "PATCH",
    token: anna.accessToken,
    json: { title: "Evening" },
  });
  equal(await title(), "Evening");
  const folder = `${node.dataDir}/media/downloads/${track.id}`;
  ok([...Deno.readDirSync(folder)].length > 0);
  const path = `/api/v1/tracks/${track.id}`;
  equal((await ask(node.url, path, { method: "DELETE", token: anna.accessToken })).status, 204);
  const left = await Deno.stat(folder).then(() => true, () => false);
  equal(left, false);
});

Deno.test("[U7] album and cover of the file, genre and description of the track are in a download", async () => {
  const file = await ffmpegMakes("flac", [
    ...["-f", "lavfi", "-i", "sine=d=1", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=1:d=1"],
    ...["-map", "0:a", "-map", "1:v", "-frames:v", "1", "-c:v", "png"],
    ...["-disposition:v", "attached_pic", "-metadata", "album=Night Bus"],
  ]);
  const track = await newTrack(file, "a.flac", { genre: "Dub", description: "One take" });
  ok(track.coverUrl);
  for (
    const [query, ending] of [["format=mp3", "mp3"], ["format=m4a", "m4a"], ["format=flac", "flac"]]
  ) {
    const bytes = await bytesOf(await take(track, query!, ben));
    const { streams, format } = await probed<{
      streams: { codec_name: string; disposition: { attached_pic: number } }[];
      format: { tags: Record<string, string> };
    }>(bytes, ending!);
    const tags = Object.fromEntries(
      Object.entries(format.tags).map(([key, value]) => [key.toLowerCase(), value]),
    );
    deepEqual(
      [tags.album, tags.genre, tags.comment],
      ["Night Bus", "Dub", "One take"],
      ending ?? "",
    );
    deepEqual(
      [streams[1]?.codec_name, streams[1]?.disposition.attached_pic],
      ["mjpeg", 1],
      ending ?? "",
    );
  }
});
