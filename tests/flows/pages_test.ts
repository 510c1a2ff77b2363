/** What pages say before any script runs: to people at their forms, and to other sites. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Track } from "../../domain/tracks.ts";
import { setRoles } from "../support/accounts.ts";
import { song } from "../support/audio.ts";
import { ask, PASSWORD, register, someName, upload, waitForTrack } from "../support/client.ts";
import { creator, goLive, makeLive } from "../support/live.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { join, makeRoom, message, probeAs } from "../support/sockets.ts";

let node: RunningNode;
Deno.test.beforeAll(async () => void (node = await startNode()));
Deno.test.afterAll(async () => void await node.stop());

/** Sends a form as a browser without script does. */
const send = (path: string, fields: Record<string, string>, language = "en") =>
  ask<string>(node.url, path, {
    body: new URLSearchParams(fields),
    headers: { Origin: node.url, "Accept-Language": language, Accept: "text/html" },
  });

const fieldError = (html: string, name: string) =>
  new RegExp(`id="field-${name}-error">([^<]*)<`).exec(html)?.[1];

Deno.test("[W1][W6] what is wrong with a field is a sentence in the page's language", async () => {
  const fields = { email: "ada", username: "1", password: "short" };
  const english = await send("/register", fields);
  equal(english.status, 422);
  equal(fieldError(english.body, "email"), "This is not an e-mail address.");
  equal(
    fieldError(english.body, "username"),
    "This takes 3 to 30 letters, digits, _ or -, and starts with a letter.",
  );
  equal(fieldError(english.body, "password"), "This needs at least 10 characters.");
  const french = await send("/register", fields, "fr");
  equal(fieldError(french.body, "email"), "Ce n’est pas une adresse e-mail.");
  equal(
    fieldError(french.body, "username"),
    "Il faut 3 à 30 lettres, chiffres, _ ou -, en commençant par une lettre.",
  );
  equal(fieldError(french.body, "password"), "Il faut au moins 10 caractères.");
  equal(fieldError((await send("/login", {})).body, "login"), "Please fill this in.");
  const taken = await register(node.url);
  const again = await send("/register", {
    email: `${someName()}@example.org`,
    username: taken.user.username,
    password: PASSWORD,
  }, "fr");
  equal(fieldError(again.body, "username"), "Ce nom d’utilisateur est pris.");
  equal(fieldError(again.body, "email"), undefined);
  const { email, username } = taken.user;
  const both = await send("/register", { email, username, password: PASSWORD });
  equal(both.status, 409);
  equal(fieldError(both.body, "email"), "This e-mail address has an account already.");
  equal(fieldError(both.body, "username"), "This username is taken.");
});

Deno.test("[U14] pages of tracks that are not for everyone are kept out of search engines", async () => {
  const { accessToken: token } = await register(node.url);
  const sent = await upload(node.url, token, await song("ogg", 1), {
    fields: { title: "Night Bus", artist: "Ada Quay", visibility: "unlisted" },
  });
  const { id } = await waitForTrack(node.url, sent.body.track.id, ["ready"], { token });
  const page = () => ask<string>(node.url, `/tracks/${id}`);
  const unlisted = await page();
  equal(unlisted.headers.get("X-Robots-Tag"), "noindex");
  match(unlisted.body, /<meta name="robots" content="noindex"/);

  const json = { visibility: "public" };
  await ask<Track>(node.url, `/api/v1/tracks/${id}`, { method: "PATCH", token, json });
  const open = await page();
  equal(open.headers.get("X-Robots-Tag"), null);
  ok(!open.body.includes("noindex"));
  // and what is shared of it reads as words
  match(open.body, /property="og:description" content="Night Bus by Ada Quay\. 0 plays\."/);
});

Deno.test("[W8] a guest who wants to upload may sign in or begin an account, and comes back", async () => {
  const { body } = await ask<string>(node.url, "/upload");
  ok(body.includes('href="/login?next=%2Fupload"'));
  ok(body.includes('href="/register?next=%2Fupload"'));
});

Deno.test("[S11] what people write is escaped, once, on every page that shows it", async () => {
  const { accessToken: token, user } = await register(node.url);
  await setRoles(node, user.id, ["admin"]);
  const odd = "Q & A <i>'\"</i>";
  const own = "/api/v1/users/me";
  const profile = { method: "PATCH", token, json: { displayName: odd, bio: `${odd}\n\n${odd}` } };
  equal((await ask(node.url, own, profile)).status, 200);
  const sent = await upload(node.url, token, await song("ogg", 1), {
    name: `${odd}.ogg`,
    fields: { title: odd, artist: odd, genre: odd, description: `${odd}\n\n${odd}` },
  });
  const { id } = await waitForTrack(node.url, sent.body.track.id, ["ready"], { token });
  const json = { kind: "public", name: odd, topic: odd };
  const room = (await ask<{ id: string }>(node.url, "/api/v1/rooms", { token, json })).body;
  const rules = `# ${odd}\n\n- ${odd}\n- **${odd}**`;
  const settings = { method: "PATCH", token, json: { name: odd, rules } };
  equal((await ask(node.url, "/api/v1/admin/config", settings)).status, 200);
  const signedIn = await ask(node.url, "/login", {
    body: new URLSearchParams({ login: user.username, password: PASSWORD }),
    headers: { Origin: node.url },
  });
  const cookie = signedIn.headers.get("Set-Cookie")!.split(";")[0]!;
  for (
    const path of [
      ...["/", `/tracks/${id}`, `/tracks/${id}/edit`, `/tracks/${id}/delete`, "/library"],
      ...["/rooms", `/rooms/${room.id}`, `/@${user.username}`, "/search?q=Q", "/upload"],
      ...["/settings", "/settings/security", "/rules", "/admin/site", "/admin/jobs"],
    ]
  ) {
    const { status, body } = await ask<string>(node.url, path, { cookie });
    equal(status, 200, path);
    match(body, /Q &amp; A/, path);
    ok(!body.includes("<i>"), `${path} has markup that somebody wrote`);
    equal(/.{60}&amp;(amp|lt|gt|quot|#39);.{20}/s.exec(body)?.[0], undefined, path);
  }
  const reset = { ...settings, json: { name: "Veza", rules: "" } };
  equal((await ask(node.url, "/api/v1/admin/config", reset)).status, 200);
});

Deno.test("[U14] a track's page names who uploaded it, whatever artist its tag names", async () => {
  const { accessToken: token, user } = await register(node.url);
  const fields = { title: "Night Bus", artist: "Somebody Famous" };
  const sent = await upload(node.url, token, await song("ogg", 1), { fields });
  const { id } = await waitForTrack(node.url, sent.body.track.id, ["ready"], { token });
  const { body } = await ask<string>(node.url, `/tracks/${id}`);
  const [, said] = /<p class="stage-artist">(.*?)<\/p>/s.exec(body) ?? [];
  equal(
    said?.replace(/<\/?[a-z][^>]*>/g, " ").replace(/\s+/g, " ").trim(),
    `Somebody Famous uploaded by @${user.username}`,
  );
  match(said ?? "", new RegExp(`<a href="/@${user.username}">@${user.username}</a>`));
  ok(!/<a [^>]*>Somebody Famous/.test(said ?? ""));
});

Deno.test("[W1] who asks for /favicon.ico comes to the icon that pages name", async () => {
  const { body } = await ask<string>(node.url, "/");
  const [, icon] = /<link rel="icon" href="([^"]+)"/.exec(body) ?? [];
  const asked = await ask(node.url, "/favicon.ico");
  deepEqual([asked.status, asked.headers.get("Location")], [302, icon]);
  const drawn = await ask<string>(node.url, icon!);
  deepEqual([drawn.status, drawn.headers.get("Content-Type")], [200, "image/svg+xml"]);
});

Deno.test("[L8] an artist's page, and a search by title or host, show who is on air and what is announced", async () => {
  const host = await creator(node.url);
  const { username } = host.user;
  const scheduledAt = new Date(Date.now() + 3 * 86_400_000).toISOString();
  const onAir = await makeLive(node.url, host, { title: "Harbour 100% at night" });
  const soon = await makeLive(node.url, host, { title: "Harbour by day", scheduledAt });
  const hidden = [
    await makeLive(node.url, host, { title: "Harbour, prepared" }),
    await makeLive(node.url, host, { title: "Harbour alone", visibility: "private", scheduledAt }),
    await makeLive(node.url, host, { title: "Harbour apart", visibility: "unlisted", scheduledAt }),
  ];
  const probe = await goLive(node.url, onAir.id, host);
  await using _host = probe.host;
  const streams = async (path: string, token?: string) => {
    const { body } = await ask<string>(node.url, path, token === undefined ? {} : { token });
    const known = [onAir, soon, ...hidden];
    const ids = [...body.matchAll(/class="live-row-title" href="\/live\/([^"]+)"/g)];
    return ids.map(([, id]) => known.find((one) => one.id === id)?.title ?? "another");
  };
  const both = ["Harbour 100% at night", "Harbour by day"];
  deepEqual(await streams(`/@${username}`), both);
  deepEqual(await streams(`/@${username}`, host.accessToken), both, "as others see it");
  deepEqual(await streams("/search?q=night+harbour"), [both[0]]);
  deepEqual(await streams(`/search?q=harbour+${username}`, host.accessToken), both);
  deepEqual(await streams("/search?q=100%25"), [both[0]], "% is a sign as others are");
  deepEqual(await streams("/search?q=harbour+tuba"), []);
  const { body } = await ask<string>(node.url, "/search?q=harbour+night");
  match(body, /1 result</);
});

Deno.test("[C8] only who may write is asked to begin; the chat of a stream is not called a room", async () => {
  const host = await creator(node.url);
  const { id: roomId } = await makeRoom(node.url, host);
  const { id: streamId, roomId: chatId } = await makeLive(node.url, host);
  const page = async (path: string, token?: string) =>
    (await ask<string>(node.url, path, token === undefined ? {} : { token })).body;
  const begin = />Nothing was said here yet\. Begin\.</;
  const nothing = />Nothing was said here yet\.</;
  match(await page(`/rooms/${roomId}`, host.accessToken), begin);
  match(await page(`/rooms/${roomId}`), nothing);
  match(await page(`/live/${streamId}`, host.accessToken), nothing);
  match(await page(`/live/${streamId}`), nothing);
  using talk = await probeAs(node.url, host);
  for (const id of [roomId, chatId]) {
    await talk.ask(join(id));
    await talk.ask(message(id, "Hello"));
  }
  match(await page(`/rooms/${roomId}`), />This is where the room begins\.</);
  match(await page(`/live/${streamId}`), />This is where the chat begins\.</);
  talk.socket.close();
  await talk.closed;
});
