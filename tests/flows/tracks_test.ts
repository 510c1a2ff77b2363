/** From a file to a track that plays, over HTTP, on a node with real parts. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Progress, Track, Waveform } from "../../domain/tracks.ts";
import { ffmpegMakes, KINDS, song } from "../support/audio.ts";
import { ask, register, upload, waitForTrack } from "../support/client.ts";
import { type RunningNode, startNode } from "../support/node.ts";

let node: RunningNode;
Deno.test.beforeAll(async () => void (node = await startNode()));
Deno.test.afterAll(async () => void await node.stop());

/** Uploads a song and waits until it is whole. */
async function readyTrack(token: string, fields: Record<string, string> = {}): Promise<Track> {
  const { status, body } = await upload(node.url, token, await song("flac", 8), { fields });
  equal(status, 202, JSON.stringify(body));
  return await waitForTrack(node.url, body.track.id, ["ready"], { token });
}

const lines = (text: string) => text.split("\n").filter((line) => line && !line.startsWith("#"));

for (const ending of Object.keys(KINDS)) {
  Deno.test(`[U2] a ${ending} file becomes a track that plays`, async () => {
    const { accessToken: token } = await register(node.url);
    const bytes = await song(ending, 4);
    const answer = await upload(node.url, token, bytes, { name: `my_${ending}.${ending}` });
    equal(answer.status, 202);
    equal(answer.body.upload.trackId, answer.body.track.id);
    const track = await waitForTrack(node.url, answer.body.track.id, ["ready", "failed"], {
      token,
    });
    equal(track.failure, null);
    equal(track.title, `my ${ending}`);
    ok(Math.abs(track.durationMs! - 4_000) < 120, `${track.durationMs} ms`);
    equal(track.source?.bytes, bytes.length);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    equal(track.source?.sha256, digest.toHex());
    equal(track.source?.sampleRate, ending === "opus" ? 48_000 : 44_100);
  });
}

Deno.test("[U7] the master names each rendition, and every segment it leads to is there", async () => {
  const { accessToken: token } = await register(node.url);
  const track = await readyTrack(token);
  const master = await ask<string>(node.url, track.streamUrl!);
  match(master.headers.get("Content-Type") ?? "", /mpegurl/);
  equal(master.body.match(/#EXT-X-STREAM-INF:.*CODECS=/g)?.length, 5, "AAC ×3, Opus, FLAC");
  for (
    const playlistUrl of lines(master.body).map((at) => new URL(at, node.url + track.streamUrl))
  ) {
    const playlist = await ask<string>(node.url, playlistUrl.pathname);
    equal(playlist.status, 200);
    match(playlist.body, /#EXT-X-PLAYLIST-TYPE:VOD[\s\S]*#EXT-X-ENDLIST/);
    const init = /#EXT-X-MAP:URI="([^"]+)"/.exec(playlist.body)![1]!;
    for (const name of [init, ...lines(playlist.body)]) {
      const { status, headers } = await ask(node.url, new URL(name, playlistUrl).pathname);
      equal(status, 200, name);
      match(headers.get("Cache-Control") ?? "", /immutable/);
    }
  }
});

Deno.test("[U14] Range, If-Range, ETag and HEAD", async () => {
  const { accessToken: token } = await register(node.url);
  const track = await readyTrack(token);
  const master = await ask<string>(node.url, track.streamUrl!);
  const playlistUrl = new URL(lines(master.body)[0]!, node.url + track.streamUrl);
  const playlist = await ask<string>(node.url, playlistUrl.pathname);
  const segment = new URL(lines(playlist.body)[0]!, playlistUrl);
  const get = (headers: Record<string, string> = {}, method = "GET") =>
    fetch(segment, { method, headers });

  const whole = await get();
  const bytes = new Uint8Array(await whole.arrayBuffer());
  const etag = whole.headers.get("ETag")!;
  equal(whole.headers.get("Accept-Ranges"), "bytes");
  equal(Number(whole.headers.get("Content-Length")), bytes.length);

  const part = await get({ Range: "bytes=10-19" });
  equal(part.status, 206);
  equal(part.headers.get("Content-Range"), `bytes 10-19/${bytes.length}`);
  deepEqual(new Uint8Array(await part.arrayBuffer()), bytes.slice(10, 20));
  const tail = await get({ Range: "bytes=-5", "If-Range": etag });
  deepEqual(new Uint8Array(await tail.arrayBuffer()), bytes.slice(-5));
  const stale = await get({ Range: "bytes=0-4", "If-Range": '"old"' });
  equal(stale.status, 200);
  equal((await stale.arrayBuffer()).byteLength, bytes.length);
  const beyond = await get({ Range: `bytes=${bytes.length}-` });
  equal(beyond.status, 416);
  equal(beyond.headers.get("Content-Range"), `bytes */${bytes.length}`);
  await beyond.body?.cancel();
  const same = await get({ "If-None-Match": etag });
  equal(same.status, 304);
  await same.body?.cancel();
  const head = await get({}, "HEAD");
  equal(Number(head.headers.get("Content-Length")), bytes.length);
  equal((await head.arrayBuffer()).byteLength, 0);
});

Deno.test("[U14] nothing but what was made for playing is served, whatever the path", async () => {
  const { accessToken: token } = await register(node.url);
  const track = await readyTrack(token);
  const [first = ""] = lines((await ask<string>(node.url, track.streamUrl!)).body);
  const base = `/api/v1/tracks/${track.id}/stream`;
  const version = first.split("/")[1]!;
  for (
    const path of [
      `${base}/original`,
      `${base}/../original`,
      `${base}/v/${version}/../original`,
      `${base}/v/${version}/..%2f..%2foriginal`,
      `${base}/v/${version}/aac-128/..%2f..%2foriginal`,
      `${base}/v/${version.replace(/\.\d+$/, "")}.1/original`,
      `${base}/v/${version}/aac-128/seg-99999.m4s`,
      `${base}/%2e%2e/%2e%2e/%2e%2e/keys/jwt-rs256.pem`,
    ]
  ) {
    const { status } = await ask(node.url, path);
    ok(status === 404 || status === 422, `${path} answered ${status}`);
  }
});

Deno.test("[U9] the waveform shows what is heard", async () => {
  const { accessToken: token } = await register(node.url);
  const track = await readyTrack(token);
  const { body } = await ask<Waveform>(node.url, `${track.waveformUrl}?points=200`);
  deepEqual([body.points, body.min.length, body.max.length], [200, 200, 200]);
  equal(body.durationMs, track.durationMs);
  ok(body.max.every((v) => v >= 0 && v <= 1) && body.min.every((v) => v <= 0 && v >= -1));
  ok(Math.max(...body.max) > 0.2, "it is not silent");
});

Deno.test("[U9] the waveform's short binary form, with Range and ETag", async () => {
  const { accessToken: token } = await register(node.url);
  const track = await readyTrack(token);
  const address = `${node.url}/api/v1/tracks/${track.id}/waveform.dat`;
  const pixels = async (points: number) => {
    const response = await fetch(`${address}?points=${points}`);
    equal(response.status, 200);
    equal(response.headers.get("Content-Type"), "application/octet-stream");
    const view = new DataView(await response.arrayBuffer());
    deepEqual([view.getInt32(0, true), view.getUint32(4, true)], [2, 1], "version 2, 8 bits");
    const length = view.getUint32(16, true);
    equal(view.byteLength, 24 + 2 * length);
    ok(Math.abs(length * view.getInt32(12, true) / 44_100 - 8) < 0.4, "all 8 s are in it");
    return length;
  };
  const [few, many] = [await pixels(20), await pixels(1_000)];
  ok(few >= 20 && few < 200 && many >= 1_000, `${few} and ${many} pixels`);

  const first = await fetch(address, { headers: { Range: "bytes=0-3" } });
  equal(first.status, 206);
  deepEqual(new Uint8Array(await first.arrayBuffer()), new Uint8Array([2, 0, 0, 0]));
  const known = { "If-None-Match": first.headers.get("ETag")! };
  equal((await fetch(address, { headers: known })).status, 304);
  equal((await ask(node.url, `/api/v1/tracks/${track.id}/waveform.dat?points=0`)).status, 422);
});

Deno.test("[W9] events tell the stages in order and end with done", async () => {
  const { accessToken: token } = await register(node.url);
  const { body } = await upload(node.url, token, await song("wav", 20));
  const response = await fetch(`${node.url}/api/v1/tracks/${body.track.id}/events`);
  match(response.headers.get("Content-Type") ?? "", /^text\/event-stream/);
  const text = await response.text(); // it ends by itself
  const events = [...text.matchAll(/event: (\w+)\ndata: (.+)\n/g)]
    .map(([, name, data]) => ({ name, data: JSON.parse(data!) as Progress }));
  equal(events.at(-1)?.name, "done");
  deepEqual([events.at(-1)?.data.status, events.at(-1)?.data.percent], ["ready", 100]);
  const order = ["received", "scanned", "probed", "measured", "segmenting", "playable", "ready"];
  const seen = events.map(({ data }) => order.indexOf(data.stage ?? ""));
  deepEqual(seen, seen.toSorted((a, b) => a - b), "stages never go back");
  const percents = events.map(({ data }) => data.percent);
  deepEqual(percents, percents.toSorted((a, b) => a - b), "percent never falls");
});

Deno.test("[U4] fields may come before or after the file", async () => {
  const { accessToken: token } = await register(node.url);
  const bytes = await song("mp3", 2);
  for (const fieldsFirst of [true, false]) {
    const said = { title: "Né un matin", genre: "folk", visibility: "unlisted" };
    const fields = { ...said, downloadable: "false" };
    const { status, body } = await upload(node.url, token, bytes, { fields, fieldsFirst });
    equal(status, 202);
    const { title, genre, visibility, downloadable } = body.track;
    deepEqual({ title, genre, visibility, downloadable }, { ...said, downloadable: false });
  }
});

Deno.test("[U9] tags name a track whose form does not", async () => {
  const { accessToken: token } = await register(node.url);
  const tagged = await ffmpegMakes("mp3", [
    ...["-f", "lavfi", "-i", "sine=d=1", "-b:a", "128k"],
    ...[
      "-metadata",
      "title=Né <b>un</b> matin",
      "-metadata",
      "artist=Mila",
      "-metadata",
      "genre=Folk",
    ],
  ]);
  const { body } = await upload(node.url, token, tagged, { name: "07 - track.mp3" });
  deepEqual([body.track.title, body.track.artist, body.track.genre], [
    "Né <b>un</b> matin",
    "Mila",
    "Folk",
  ]);
  const named = await upload(node.url, token, tagged, { fields: { title: "Other" } });
  equal(named.body.track.title, "Other");
});

Deno.test("[S4] private: not there for others; unlisted: there, but in no list", async () => {
  const anna = await register(node.url);
  const ben = await register(node.url);
  const track = await readyTrack(anna.accessToken, { visibility: "private" });
  const paths = ["", "/waveform", "/events", "/stream/master.m3u8"].map((end) =>
    `/api/v1/tracks/${track.id}${end}`
  );
  for (const path of paths) {
    equal((await ask(node.url, path, { token: ben.accessToken })).status, 404, path);
    equal((await ask(node.url, path)).status, 404, path);
    equal((await ask(node.url, path, { token: anna.accessToken })).status, 200, path);
  }
  const patch = (token: string, json: object) =>
    ask<Track>(node.url, `/api/v1/tracks/${track.id}`, { method: "PATCH", token, json });
  equal((await patch(ben.accessToken, { title: "mine" })).status, 404, "nor may it be guessed at");
  equal((await patch(anna.accessToken, { visibility: "unlisted" })).status, 200);
  equal((await patch(ben.accessToken, { title: "mine" })).status, 403, "seen, but not theirs");
  equal((await ask(node.url, `/api/v1/tracks/${track.id}`)).status, 200);
  const listed = async (token?: string) =>
    (await ask<{ items: Track[] }>(
      node.url,
      `/api/v1/users/${anna.user.username}/tracks`,
      token ? { token } : {},
    ))
      .body.items.length;
  deepEqual([await listed(), await listed(anna.accessToken)], [0, 1]);
  const remove = (token?: string) =>
    ask(node.url, `/api/v1/tracks/${track.id}`, { method: "DELETE", ...(token && { token }) });
  equal((await remove()).status, 401);
  equal((await remove(ben.accessToken)).status, 403);
  equal((await remove(anna.accessToken)).status, 204);
  equal((await ask(node.url, `/api/v1/tracks/${track.id}`)).status, 404);
});

Deno.test("[H4] pages of tracks: all once, newest first, also while others are added", async () => {
  const { accessToken: token, user } = await register(node.url);
  const bytes = await song("ogg", 1);
  const add = async () => (await upload(node.url, token, bytes)).body.track.id;
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.push(await add());
  const seen: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const path: string = `/api/v1/users/${user.id}/tracks?limit=2${cursor && `&cursor=${cursor}`}`;
    const page: { items: Track[]; nextCursor: string | null } =
      (await ask<{ items: Track[]; nextCursor: string | null }>(node.url, path, { token })).body;
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
    if (seen.length === 2) await add();
  }
  deepEqual(seen, ids.toReversed());
});

Deno.test("[H4] listing by title: long titles, and letters of any script, each once", async () => {
  const { accessToken: token, user } = await register(node.url);
  const bytes = await song("ogg", 1);
  const titles = ["Ночь", "“Quoted”", `${"a".repeat(150)} 1`, `${"a".repeat(150)} 2`, "a"];
  for (const title of titles) {
    const fields = { title, genre: user.username };
    const { body } = await upload(node.url, token, bytes, { fields });
    await waitForTrack(node.url, body.track.id, ["playable", "ready"]);
  }
  const mine = async () =>
    (await ask<{ items: Track[] }>(node.url, `/api/v1/tracks?q=${user.username}&limit=100`)).body
      .items;
  equal((await mine()).length, titles.length);
  for (const order of ["asc", "desc"]) {
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null && seen.length < 20;) {
      const path: string = `/api/v1/tracks?q=${user.username}&sort_by=title&order=${order}&limit=1`;
      const page: { items: Track[]; nextCursor: string | null } =
        (await ask<{ items: Track[]; nextCursor: string | null }>(
          node.url,
          `${path}${cursor && `&cursor=${cursor}`}`,
        )).body;
      seen.push(...page.items.map(({ title }) => title));
      cursor = page.nextCursor;
    }
    deepEqual(seen.toSorted(), titles.toSorted(), order);
  }
});

Deno.test("[W9] HEAD of events ends at once; a deleted track ends its listeners", async () => {
  const { accessToken: token } = await register(node.url);
  const { body } = await upload(node.url, token, await song("wav", 60));
  const url = `${node.url}/api/v1/tracks/${body.track.id}`;
  const head = await fetch(`${url}/events`, { method: "HEAD" });
  equal(head.status, 200);
  const listening = fetch(`${url}/events`).then((response) => response.text());
  await new Promise((go) => setTimeout(go, 100));
  equal(
    (await ask(node.url, `/api/v1/tracks/${body.track.id}`, { method: "DELETE", token })).status,
    204,
  );
  match(await listening, /event: failed\ndata: .*not_found/);
});

Deno.test("[O1] a node that is told to end does not wait for who listens to events", async () => {
  await using other = await startNode();
  const { accessToken: token } = await register(other.url);
  const { body } = await upload(other.url, token, await song("wav", 120));
  const response = await fetch(`${other.url}/api/v1/tracks/${body.track.id}/events`);
  const listening = response.text().catch(() => "cut");
  const began = Date.now();
  await other.stop();
  ok(Date.now() - began < 8_000, `it took ${Date.now() - began} ms`);
  await listening;
});

Deno.test("[U14] a waveform that is not drawn yet is not remembered as missing", async () => {
  const { accessToken: token } = await register(node.url);
  const { body } = await upload(node.url, token, await song("wav", 60));
  const early = await ask(node.url, `/api/v1/tracks/${body.track.id}/waveform`);
  if (early.status !== 404) return equal(early.status, 200); // drawn by then
  equal(early.headers.get("Cache-Control"), "no-store");
});

Deno.test("[U6] a 5-minute WAV can be played within a second of its last byte", async () => {
  const { accessToken: token } = await register(node.url);
  const bytes = await song("wav", 300);
  const { body } = await upload(node.url, token, bytes);
  const answered = performance.now();
  const track = await waitForTrack(node.url, body.track.id, ["playable", "ready"], { token });
  const took = performance.now() - answered;
  // measured, not asserted to the millisecond: this machine may be busy; the bench has the figure
  ok(took < 4_000, `playable after ${Math.round(took)} ms`);
  equal(track.status, "playable", "the rest is still being made");
  const [first = ""] = lines((await ask<string>(node.url, track.streamUrl!)).body);
  const playlistUrl = new URL(first, node.url + track.streamUrl);
  const playlist = await ask<string>(node.url, playlistUrl.pathname);
  match(playlist.body, /#EXT-X-PLAYLIST-TYPE:EVENT/);
  equal((await ask(node.url, new URL(lines(playlist.body)[0]!, playlistUrl).pathname)).status, 200);
  console.log(`playable ${Math.round(took)} ms after the answer`);
});
