/** Addresses of tracks that are not public: what opens them, for whom, and until when (U14). */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import type { Track } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask, type Grant, register, upload, waitForTrack } from "../support/client.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { picture } from "../support/pictures.ts";

let node: RunningNode;
let anna: Grant;
let ben: Grant;
Deno.test.beforeAll(async () => {
  node = await startNode();
  [anna, ben] = await Promise.all([register(node.url), register(node.url)]);
});
Deno.test.afterAll(async () => void await node.stop());

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function readyTrack(
  visibility: Track["visibility"],
  url = node.url,
  token = anna.accessToken,
): Promise<Track> {
  const { body } = await upload(url, token, await song("flac", 7), {
    fields: { visibility },
  });
  const { id } = await waitForTrack(url, body.track.id, ["ready"], { token });
  const covered = await ask<Track>(url, `/api/v1/tracks/${id}/cover`, {
    method: "PUT",
    token,
    body: await picture("png", "red"),
    headers: { "Content-Type": "image/png" },
  });
  equal(covered.status, 200);
  return covered.body;
}

/** The track as the bearer of `token` gets it now, with fresh addresses. */
const asSeenBy = async (id: string, token?: string, url = node.url): Promise<Track> =>
  (await ask<Track>(url, `/api/v1/tracks/${id}`, token ? { token } : {})).body;

const patch = async (id: string, change: object) =>
  equal(
    (await ask(node.url, `/api/v1/tracks/${id}`, {
      method: "PATCH",
      token: anna.accessToken,
      json: change,
    })).status,
    200,
  );

const lines = (text: string) => text.split("\n").filter((line) => line && !line.startsWith("#"));

/** Every kind of address of the track, all as they are handed out with `of`. */
async function addresses(of: Track, site = node.url): Promise<Record<string, URL>> {
  const stream = new URL(of.streamUrl!, site);
  const text = async (url: URL) => {
    const response = await fetch(url);
    const body = await response.text();
    equal(response.status, 200, `${url}: ${body}`);
    return body;
  };
  const playlist = new URL(lines(await text(stream))[0]!, stream);
  const media = await text(playlist);
  return {
    master: stream,
    playlist,
    init: new URL(/#EXT-X-MAP:URI="([^"]+)"/.exec(media)![1]!, playlist),
    segment: new URL(lines(media)[0]!, playlist),
    waveform: new URL(of.waveformUrl!, site),
    cover: new URL(of.coverUrl!.replace(/v=\w+&?/, "").replace(/\?$/, ""), site),
    download: new URL(`/api/v1/tracks/${of.id}/download${stream.search}`, site),
  };
}

/** What each kind of address answers, by status. */
async function statuses(urls: Record<string, URL>, bearer?: string) {
  const answers = await Promise.all(
    Object.entries(urls).map(async ([kind, url]) => {
      const response = await fetch(url, {
        ...(bearer && { headers: { Authorization: `Bearer ${bearer}` } }),
      });
      await response.body?.cancel();
      return [kind, response.status] as const;
    }),
  );
  return Object.fromEntries(answers);
}

const all = (urls: Record<string, URL>, status: number) =>
  Object.fromEntries(Object.keys(urls).map((kind) => [kind, status]));

const without = (urls: Record<string, URL>) =>
  Object.fromEntries(
    Object.entries(urls).map(([kind, url]) => [kind, new URL(url.pathname, url)]),
  );

const withToken = (urls: Record<string, URL>, token: string) =>
  Object.fromEntries(
    Object.entries(urls).map(([kind, url]) => [kind, new URL(`${url.pathname}?t=${token}`, url)]),
  );

Deno.test("[U14] public: no address carries a token, and none ends", async () => {
  const track = await readyTrack("public");
  equal(track.urlsEndInMs, null);
  const urls = await addresses(track);
  for (const url of Object.values(urls)) equal(url.search, "");
  deepEqual(await statuses(urls), all(urls, 200));
  // a token that somebody left there does no harm
  deepEqual(await statuses(withToken(urls, "x.y.z")), all(urls, 200));
});

Deno.test("[U14] private: each address opens with its token alone, and for nobody without", async () => {
  const track = await readyTrack("private");
  const { urlsEndInMs } = track;
  ok(urlsEndInMs! > 5 * 60_000 && urlsEndInMs! <= 10 * 60_000, `${urlsEndInMs}`);
  const urls = await addresses(await asSeenBy(track.id, anna.accessToken));
  for (const [kind, url] of Object.entries(urls)) match(url.search, /^\?t=[\w.-]+$/, kind);
  deepEqual(await statuses(urls), all(urls, 200), "the token alone, as over a CDN");
  deepEqual(await statuses(urls, anna.accessToken), all(urls, 200));
  const bare = without(urls);
  deepEqual(await statuses(bare), all(urls, 404), "a guest");
  deepEqual(await statuses(bare, ben.accessToken), all(urls, 404), "another account");
  deepEqual(await statuses(urls, ben.accessToken), all(urls, 404), "Anna's token, brought by Ben");
  // made of an id alone, these take the owner's session; what playlists name does not
  const own = { ...all(urls, 403), master: 200, waveform: 200, cover: 200, download: 200 };
  deepEqual(await statuses(bare, anna.accessToken), own);
  const segment = await fetch(urls.segment!);
  equal(segment.headers.get("Cache-Control"), "private, no-cache");
  await segment.body?.cancel();
});

Deno.test("[U14] unlisted: whoever has the address of the track gets a token, and needs it", async () => {
  const track = await readyTrack("unlisted");
  for (const token of [anna.accessToken, ben.accessToken, undefined]) {
    const urls = await addresses(await asSeenBy(track.id, token));
    deepEqual(await statuses(urls, token), all(urls, 200));
    deepEqual(await statuses(without(urls)), all(urls, 403));
  }
  const bens = await addresses(await asSeenBy(track.id, ben.accessToken));
  const byAnna = await statuses(bens, anna.accessToken);
  deepEqual([byAnna.playlist, byAnna.segment], [403, 403], "Ben's token, brought by Anna");
});

Deno.test("[U14][S11] what is no token of this track opens nothing", async () => {
  const [one, other] = await Promise.all([readyTrack("private"), readyTrack("private")]);
  const urls = await addresses(await asSeenBy(one.id, anna.accessToken));
  const good = urls.segment!.searchParams.get("t")!;
  const others = new URL((await asSeenBy(other.id, anna.accessToken)).streamUrl!, node.url)
    .searchParams.get("t")!;
  const [end, , signature] = good.split(".");
  const forged = [
    others,
    `${end}.guest.${signature}`,
    `${end}.${ben.user.id}.${signature}`,
    `zzzzzz.${anna.user.id}.${signature}`,
    `${good.slice(0, -1)}${good.endsWith("A") ? "E" : "A"}`,
    "",
    "%00",
    "a".repeat(199),
  ];
  for (const token of forged) {
    deepEqual(await statuses(withToken(urls, token)), all(urls, 404), token);
    const bens = await statuses(withToken(urls, token), ben.accessToken);
    deepEqual(bens, all(urls, 404), `${token}, brought by Ben`);
  }
});

Deno.test("[U14] a token ends; who may see the track gets a new one, and playlists pass none on for ever", async () => {
  const seconds = 8; // these stand for ten minutes
  await using other = await startNode({ env: { MEDIA_URL_SECONDS: String(seconds) } });
  const { url } = other;
  const { accessToken: token } = await register(url);
  const track = await readyTrack("private", url, token);
  ok(track.urlsEndInMs! <= seconds * 1_000);
  const urls = await addresses(await asSeenBy(track.id, token, url), url);
  const given = urls.playlist!.searchParams.get("t")!;
  await wait(1_200);
  const carried = async (headers: Record<string, string> = {}) => {
    const text = await (await fetch(urls.playlist!, { headers })).text();
    return [...new Set([...text.matchAll(/\?t=([^"\n]+)/g)].map(([, found]) => found))];
  };
  deepEqual(await carried(), [given], "without a session nothing is renewed");
  const [renewed, ...more] = await carried({ Authorization: `Bearer ${token}` });
  notEqual(renewed, given);
  deepEqual(more, [], "one token on every line");

  await wait(seconds * 1_000);
  deepEqual(await statuses(urls), all(urls, 403));
  const { body, status } = await ask(url, urls.segment!.pathname + urls.segment!.search);
  deepEqual([status, body.code], [403, "link_expired"]);
  deepEqual(await statuses(withToken(urls, renewed!)), all(urls, 403), "that has ended, too");
  const fresh = await addresses(await asSeenBy(track.id, token, url), url);
  equal(fresh.segment!.pathname, urls.segment!.pathname);
  deepEqual(await statuses(fresh), all(fresh, 200));
});

Deno.test("[U14] made private, a track is shut to all but its owner at once; made public, it needs no token", async () => {
  const track = await readyTrack("unlisted");
  const guests = await addresses(await asSeenBy(track.id));
  const bens = await addresses(await asSeenBy(track.id, ben.accessToken));
  const annas = await addresses(await asSeenBy(track.id, anna.accessToken));
  await patch(track.id, { visibility: "private" });
  deepEqual(await statuses(guests), all(guests, 404));
  deepEqual(await statuses(bens), all(bens, 404));
  deepEqual(await statuses(annas), all(annas, 200));
  await patch(track.id, { visibility: "public" });
  deepEqual(await statuses(without(guests)), all(guests, 200));
});

Deno.test("[U14] lists and pages hand out addresses that open", async () => {
  const track = await readyTrack("private");
  const path = `/api/v1/users/${anna.user.id}/tracks?limit=100`;
  const { body } = await ask<{ items: Track[] }>(node.url, path, { token: anna.accessToken });
  const listed = body.items.find(({ id }) => id === track.id)!;
  deepEqual(await statuses(await addresses(listed)), all(await addresses(listed), 200));
  const login = await fetch(`${node.url}/api/v1/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: node.url },
    body: JSON.stringify({
      login: anna.user.username,
      password: "three old brown dogs",
      delivery: "cookie",
    }),
  });
  await login.body?.cancel();
  const cookie = login.headers.get("Set-Cookie")!.split(";")[0]!;
  const page = await ask<string>(node.url, `/tracks/${track.id}`, { cookie });
  const [, src = ""] = /<audio[^>]* src="([^"]+)"/.exec(page.body) ?? [];
  equal(
    (await ask(node.url, src.replaceAll("&amp;", "&"))).status,
    200,
    "the player without script",
  );
});

Deno.test("[U14] behind a CDN every address starts there, other sites' rules let pages of ours read it", async () => {
  const base = "https://cdn.example.org";
  await using other = await startNode({ env: { MEDIA_BASE_URL: `${base}/` } });
  const cleo = await register(other.url);
  for (const visibility of ["public", "private"]) {
    const { body } = await upload(other.url, cleo.accessToken, await song("mp3", 1), {
      fields: { visibility },
    });
    const track = await waitForTrack(other.url, body.track.id, ["ready"], {
      token: cleo.accessToken,
    });
    for (const url of [track.streamUrl!, track.waveformUrl!]) {
      ok(url.startsWith(`${base}/api/v1/tracks/`), url);
      const response = await fetch(url.replace(base, other.url), {
        headers: { Origin: other.url },
      });
      await response.body?.cancel();
      equal(response.status, 200);
      equal(response.headers.get("Access-Control-Allow-Origin"), "*");
    }
    const master = await ask<string>(other.url, track.streamUrl!.slice(base.length));
    ok(
      lines(master.body).every((line) => line.startsWith("v/")),
      "lines follow where they came from",
    );
  }
  const page = await ask(other.url, "/");
  const policy = page.headers.get("Content-Security-Policy") ?? "";
  for (const kind of ["img-src", "media-src", "connect-src"]) {
    match(policy, new RegExp(`${kind} [^;]*${base}`));
  }
  equal(page.headers.get("Access-Control-Allow-Origin"), null);
});
