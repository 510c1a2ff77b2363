/** Covers over HTTP: brought along by a file, set, shown, taken away (U9). */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { coverStore } from "../../db/covers.ts";
import type { Track } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask, register, upload, waitForTrack } from "../support/client.ts";
import { testDatabase } from "../support/database.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { middle, picture, probed, songWithCover } from "../support/pictures.ts";

let node: RunningNode;
Deno.test.beforeAll(async () => void (node = await startNode()));
Deno.test.afterAll(async () => void await node.stop());

async function newTrack(token: string, bytes?: Uint8Array<ArrayBuffer>): Promise<Track> {
  const { body } = await upload(node.url, token, bytes ?? await song("mp3", 1));
  return await waitForTrack(node.url, body.track.id, ["ready"], { token });
}

const put = (track: Track, token: string | undefined, body: BodyInit, type?: string) =>
  ask<Track & { code?: string }>(node.url, `/api/v1/tracks/${track.id}/cover`, {
    method: "PUT",
    body,
    ...(token && { token }),
    ...(type && { headers: { "Content-Type": type } }),
  });

async function shown(url: string): Promise<{ bytes: Uint8Array<ArrayBuffer>; response: Response }> {
  const response = await fetch(node.url + url);
  return { bytes: new Uint8Array(await response.arrayBuffer()), response };
}

async function sideOf(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const { streams } = await probed<{ streams: { width: number; height: number }[] }>(bytes, "webp");
  equal(streams[0]?.width, streams[0]?.height);
  return streams[0]?.width ?? 0;
}

const near = (got: number[], wanted: number[]) =>
  ok(got.every((one, at) => Math.abs(one - wanted[at]!) < 40), `${got}, not ${wanted}`);

/** What lies among the blobs for this track's covers. */
const kept = (track: Track): string[] => {
  try {
    return [...Deno.readDirSync(`${node.dataDir}/media/covers/${track.id}`)].map(({ name }) =>
      name
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
};

Deno.test("[U9] a picture of each kind becomes the cover, in three sizes that never change", async () => {
  const { accessToken: token } = await register(node.url);
  const track = await newTrack(token);
  equal(track.coverUrl, null);
  equal((await shown(`/api/v1/tracks/${track.id}/cover`)).response.status, 404);
  let before = "";
  for (
    const [ending, type] of [["jpg", "jpeg"], ["png", "png"], ["webp", "webp"], ["gif", "gif"]]
  ) {
    const bytes = await picture(ending!, "red", "1200x1100");
    const { status, body } = await put(track, token, bytes, `image/${type}`);
    equal(status, 200, JSON.stringify(body));
    notEqual(body.coverUrl, before, "another address");
    before = body.coverUrl!;
  }
  for (const size of [96, 320, 1024]) {
    const { bytes, response } = await shown(`${before}&size=${size}`);
    equal(response.headers.get("Content-Type"), "image/webp");
    equal(response.headers.get("Cache-Control"), "public, max-age=31536000, immutable");
    equal(await sideOf(bytes), size);
  }
  near(await middle((await shown(before)).bytes, "webp"), [255, 0, 0]);
  equal(await sideOf((await shown(before)).bytes), 320, "where no size is asked for");
  const plain = await shown(`/api/v1/tracks/${track.id}/cover`);
  equal(plain.response.headers.get("Cache-Control"), "no-cache", "this address shows the next one");
  equal((await shown(`${before}&size=97`)).response.status, 422);
  equal(kept(track).length, 1, "those before are gone");
});

Deno.test("[U9] a form sets it, too; taking it away leaves nothing", async () => {
  const { accessToken: token } = await register(node.url);
  const track = await newTrack(token);
  const form = new FormData();
  form.set("file", new Blob([await picture("png", "blue")], { type: "image/png" }), "a.png");
  equal((await put(track, token, form)).status, 200);
  near(await middle((await shown(`/api/v1/tracks/${track.id}/cover`)).bytes, "webp"), [0, 0, 255]);
  const path = `/api/v1/tracks/${track.id}/cover`;
  equal((await ask(node.url, path, { method: "DELETE", token })).status, 204);
  equal((await ask<Track>(node.url, `/api/v1/tracks/${track.id}`)).body.coverUrl, null);
  deepEqual(kept(track), []);
  equal((await ask(node.url, path, { method: "DELETE", token })).status, 204, "twice is once");
});

Deno.test("[U9] the cover inside a file becomes the track's; one that is broken costs nothing", async () => {
  const { accessToken: token } = await register(node.url);
  const track = await newTrack(token, await songWithCover(await picture("png", "lime")));
  match(track.coverUrl ?? "", /\/cover\?v=[0-9a-f]+$/);
  near(await middle((await shown(track.coverUrl!)).bytes, "webp"), [0, 255, 0]);

  const file = await songWithCover(await picture("png", "lime"));
  const at = new TextDecoder("latin1").decode(file).indexOf("IDAT");
  ok(at > 0);
  file.fill(0, at + 4, at + 12);
  const broken = await newTrack(token, file);
  deepEqual([broken.status, broken.coverUrl], ["ready", null]);
  deepEqual([...Deno.readDirSync(`${node.dataDir}/work`)], [], "no scratch is left");
});

Deno.test("[U9] what the owner has chosen is not replaced by what a file brings along", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const [user, track] = [crypto.randomUUID(), crypto.randomUUID()];
  await sql`insert into users (id, email, username, display_name, password_hash, status)
    values (${user}, 'a@example.org', 'anna', 'Anna', 'x', 'active')`;
  await sql`insert into tracks (id, creator_id, title, artist, status)
    values (${track}, ${user}, 'Quay', 'Anna', 'ready')`;
  const covers = coverStore(sql);
  deepEqual(await covers.bring(track, "covers/1"), { previous: null });
  deepEqual(await covers.bring(track, "covers/2"), { previous: "covers/1" }, "a newer version's");
  deepEqual(await covers.choose(track, "covers/3"), { previous: "covers/2" });
  deepEqual([await covers.isOpen(track), await covers.bring(track, "covers/4")], [false, null]);
  deepEqual(await covers.choose(track, null), { previous: "covers/3" });
  equal(await covers.bring(track, "covers/5"), null, "nor what was taken away");
  equal(await covers.choose(user, "covers/6"), null, "there is no such track");
});

Deno.test("[U9][U11] what is no picture is refused with its reason, and the cover stays", async () => {
  const { accessToken: token } = await register(node.url);
  const track = await newTrack(token);
  equal((await put(track, token, await picture("png", "red"), "image/png")).status, 200);
  const text = new TextEncoder();
  const cases: [BodyInit, string, number, string][] = [
    [text.encode("<svg xmlns='http://www.w3.org/2000/svg'/>"), "image/png", 422, "bad_image"],
    [text.encode("#EXTM3U\nfile:///etc/passwd\n"), "image/jpeg", 422, "bad_image"],
    [await song("wav", 1), "image/webp", 422, "bad_image"],
    [new Uint8Array(), "image/png", 422, "empty_file"],
    [new Uint8Array(10 * 1024 ** 2 + 1), "image/png", 413, "too_large"],
    ["{}", "application/json", 415, "unsupported_type"],
    ["<html>", "text/html", 415, "unsupported_type"],
  ];
  for (const [body, type, status, code] of cases) {
    const answer = await put(track, token, body, type);
    deepEqual([answer.status, answer.body.code], [status, code], type);
  }
  const empty = new FormData();
  empty.set("title", "x");
  equal((await put(track, token, empty)).body.code, "bad_request");
  equal(kept(track).length, 1);
  deepEqual([...Deno.readDirSync(`${node.dataDir}/work`)], [], "no scratch is left");
});

Deno.test("[S4] only its owner changes a cover", async () => {
  const [anna, ben] = await Promise.all([register(node.url), register(node.url)]);
  const track = await newTrack(anna.accessToken);
  const red = await picture("png", "red");
  const path = `/api/v1/tracks/${track.id}/cover`;
  const codes = async () => [
    (await put(track, undefined, red, "image/png")).status,
    (await put(track, ben.accessToken, red, "image/png")).status,
    (await ask(node.url, path, { method: "DELETE", token: ben.accessToken })).status,
  ];
  deepEqual(await codes(), [401, 403, 403]);
  await ask(node.url, `/api/v1/tracks/${track.id}`, {
    method: "PATCH",
    token: anna.accessToken,
    json: { visibility: "private" },
  });
  deepEqual(await codes(), [401, 404, 404]);
  deepEqual(kept(track), []);
});

Deno.test("[U15] with the track its covers go", async () => {
  const { accessToken: token } = await register(node.url);
  const track = await newTrack(token, await songWithCover(await picture("png", "red")));
  equal(kept(track).length, 1);
  const path = `/api/v1/tracks/${track.id}`;
  equal((await ask(node.url, path, { method: "DELETE", token })).status, 204);
  deepEqual(kept(track), []);
  equal((await shown(track.coverUrl!)).response.status, 404);
});
