/** Players of a private stream, which cannot sign in: what its addresses open, and until when (L4). */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { chirpInput, heardChirp } from "../support/chirp.ts";
import { ask, type Grant } from "../support/client.ts";
import { ffmpegEncoder } from "../support/encoders.ts";
import { creator, getLive, makeLive } from "../support/live.ts";
import { startNode } from "../support/node.ts";
import { temporary, until } from "../support/processes.ts";

/** By its address alone, as a player asks; the status, and the table's code of a refusal. */
async function asked(url: URL | string) {
  const response = await fetch(url);
  if (response.ok) {
    await response.body?.cancel();
    return { status: response.status, code: null };
  }
  return { status: response.status, code: (await response.json()).code };
}
const OPEN = { status: 200, code: null };
const GONE = { status: 404, code: "not_found" };

Deno.test("players of a private stream", async (t) => {
  await using node = await startNode({ env: { LOG_LEVEL: "debug" } });
  const { url } = node;
  await using folder = await temporary();
  const [anna, ben] = await Promise.all([creator(url), creator(url)]);
  const { id } = await makeLive(url, anna, { visibility: "private" });
  const change = async (what: object) => {
    const { status } = await ask(url, `/api/v1/live/${id}`, {
      method: "PATCH",
      token: anna.accessToken,
      json: what,
    });
    equal(status, 200);
  };
  const seenBy = ({ accessToken }: Grant) => getLive(url, id, accessToken);
  const addressesOf = async (whom: Grant) => {
    const { hlsUrl, httpUrls: { opus, mp3 } } = await seenBy(whom);
    return { hlsUrl, opus, mp3 };
  };
  const own = await addressesOf(anna);
  await using _sender = ffmpegEncoder(await seenBy(anna), "opus", chirpInput(90));
  await until("its list", async () => (await asked(own.hlsUrl)).status === 200, 40_000);
  const list = await (await fetch(own.hlsUrl)).text();
  const files = list.split("\n").flatMap((line) => {
    const path = line.startsWith("#") ? /URI="([^"]+)"/.exec(line)?.[1] : line;
    return path ? [new URL(path, own.hlsUrl)] : [];
  });

  await t.step("[L4] each address opens with its token alone, and for nobody without", async () => {
    const { urlsEndInMs } = await seenBy(anna);
    ok(urlsEndInMs! > 10 * 3_600_000 && urlsEndInMs! <= 12 * 3_600_000, `${urlsEndInMs}`);
    ok(files.length >= 2);
    for (const one of [...Object.values(own), ...files].map((one) => new URL(one))) {
      match(one.search, /^\?t=[\w.-]+$/);
      deepEqual(await asked(one), OPEN, one.pathname);
      deepEqual(await asked(new URL(one.pathname, one)), GONE, one.pathname);
      const last = one.search.at(-1) === "A" ? "E" : "A";
      deepEqual(await asked(`${one.href.slice(0, -1)}${last}`), GONE, "a changed one");
    }
    const other = await makeLive(url, ben, { visibility: "private" });
    const theirs = new URL(other.hlsUrl).search;
    deepEqual(await asked(`${url}/live/${id}/stream.opus${theirs}`), GONE, "of another stream");
  });

  await t.step("[L4] a player that cannot sign in hears it whole, by its list", async () => {
    const file = `${folder.path}/heard.wav`;
    const { code, stderr } = await new Deno.Command("ffmpeg", {
      args: ["-nostdin", "-v", "error", "-i", own.hlsUrl, "-t", "6", file],
    }).output();
    equal(code, 0, new TextDecoder().decode(stderr));
    const { drift, likeness } = await heardChirp(file, { at: 1.7, seconds: 3.5 });
    ok(drift < 15 && likeness > 0.7, `drift ${drift} ms, likeness ${likeness}`);
  });

  await t.step("[L4] who may hear it no longer is shut out within five seconds", async () => {
    await change({ coHostId: ben.user.id });
    const bens = await addressesOf(ben);
    notEqual(bens.hlsUrl, own.hlsUrl);
    for (const one of Object.values(bens)) deepEqual(await asked(one), OPEN);
    await change({ coHostId: null });
    const shutAt = performance.now();
    await until("the end of it", async () => (await asked(bens.hlsUrl)).status === 404);
    ok(performance.now() - shutAt < 5_000);
    for (const one of Object.values(bens)) deepEqual(await asked(one), GONE);
    deepEqual(await asked(own.hlsUrl), OPEN, "the host's is another");
  });

  await t.step("[L4] a new stream key ends the addresses that were given out", async () => {
    const { status } = await ask(url, `/api/v1/live/${id}/keys`, {
      method: "POST",
      token: anna.accessToken,
    });
    equal(status, 200);
    await until("the end of them", async () => (await asked(own.hlsUrl)).status === 404);
    deepEqual(await asked((await addressesOf(anna)).hlsUrl), OPEN);
  });

  await t.step("[L4] a public stream's addresses are open, and carry nothing", async () => {
    await change({ visibility: "public" });
    const { hlsUrl, httpUrls, urlsEndInMs } = await seenBy(anna);
    equal(urlsEndInMs, null);
    for (const one of [hlsUrl, httpUrls.opus, httpUrls.mp3]) equal(new URL(one).search, "");
    await until("it", async () => (await asked(hlsUrl)).status === 200);
    const open = await (await fetch(hlsUrl)).text();
    ok(!open.includes("t="));
  });

  await t.step("[L4][O5] no token stands in the log", () => {
    const lines = node.logs();
    ok(lines.some((line) => line.includes(`/live/${id}/index.m3u8`)), "requests are logged");
    for (const one of [own.hlsUrl, own.opus]) {
      const token = new URL(one).searchParams.get("t")!;
      ok(!lines.some((line) => line.includes(token)));
    }
    return Promise.resolve();
  });
});
