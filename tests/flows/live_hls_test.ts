/** HLS of a live stream: cheap for a crowd, counted, and heard on while the host is away (L4, L6, L8). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { chirpInput, decoded } from "../support/chirp.ts";
import type { Grant } from "../support/client.ts";
import { ffmpegEncoder } from "../support/encoders.ts";
import { creator, getLive, makeLive } from "../support/live.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { temporary, until } from "../support/processes.ts";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The list of a stream: each segment by its number. */
async function listed(url: string, agent = "a player"): Promise<Map<number, string>> {
  const response = await fetch(url, { headers: { "User-Agent": agent } });
  const text = await response.text();
  equal(response.status, 200, text);
  const first = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1]);
  const names = text.split("\n").filter((line) => line && !line.startsWith("#"));
  return new Map(names.map((name, at) => [first + at, name]));
}

/** How many statements the node has sent to its database, those for its own housekeeping too. */
async function queries({ url }: RunningNode): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const counts = text.matchAll(/^db_query_duration_seconds_count\{[^}]*\} (\d+)$/gm);
  return Array.from(counts, ([, count]) => Number(count)).reduce((sum, one) => sum + one, 0);
}

Deno.test("HLS of a live stream", async (t) => {
  await using node = await startNode();
  const { url } = node;
  await using folder = await temporary();
  const host: Grant = await creator(url);
  const stream = await makeLive(url, host);
  const { hlsUrl } = stream;
  const status = async () => (await getLive(url, stream.id)).status;
  await using sender = ffmpegEncoder(stream, "mp3", chirpInput(120));
  await until("a list", async () => {
    const { status, body } = await fetch(hlsUrl);
    await body?.cancel();
    return status === 200 && (await listed(hlsUrl)).size >= 3;
  }, 60_000);

  await t.step("[L8] listeners of HLS are counted, each once, until they ask no more", async () => {
    const { listeners } = await getLive(url, stream.id);
    ok(listeners <= 2, `${listeners}`);
    const crowd = Array.from({ length: 40 }, (_, n) => `player ${n}`);
    const count = async () => (await getLive(url, stream.id)).listeners;
    await until("forty", async () => {
      await Promise.all(crowd.map((one) => listed(hlsUrl, one)));
      return await count() === 40;
    }, 20_000);
    await until("nobody", async () => await count() === 0, 20_000);
  });

  await t.step(
    "[L4] a crowd that asks for list and segments asks the database nothing",
    async () => {
      const before = await queries(node);
      const began = performance.now();
      for (let round = 0; round < 10; round++) {
        await Promise.all(Array.from({ length: 100 }, async () => {
          const name = [...await listed(hlsUrl)].at(-1)![1];
          const file = await fetch(new URL(name, hlsUrl));
          equal(file.status, 200);
          equal(file.headers.get("cache-control"), "public, max-age=3600, immutable");
          ok((await file.arrayBuffer()).byteLength > 1_000);
        }));
      }
      const seconds = (performance.now() - began) / 1_000;
      const asked = await queries(node) - before;
      // once a second for the stream, and what the node does anyhow
      ok(asked < 100 + 20 * seconds, `${asked} queries for 2,000 requests in ${seconds} s`);
    },
  );

  const all = await listed(hlsUrl);
  /** Looks at the list for `ms`, in which nothing that was listed may change. */
  const watch = async (ms: number) => {
    const end = performance.now() + ms;
    while (performance.now() < end) {
      const now = await listed(hlsUrl);
      for (const [number, name] of now) equal(all.get(number) ?? name, name, `segment ${number}`);
      for (const [number, name] of now) all.set(number, name);
      equal(Math.max(...now.keys()), Math.max(...all.keys()), "nothing is taken back");
      await wait(500);
    }
  };
  const isSilence = (name: string) => name.startsWith("hls/0-0-");

  await t.step("[L6] while the host is away the list goes on with silence", async () => {
    const file = `${folder.path}/away.wav`;
    const player = new Deno.Command("ffmpeg", {
      args: ["-nostdin", "-v", "error", "-i", hlsUrl, "-t", "14", file],
    }).output();
    await wait(1_000);
    await sender[Symbol.asyncDispose]();
    await until("the grace", async () => await status() === "reconnecting");
    await watch(1_500); // its last sound is listed
    const before = all.size;
    await watch(11_000);
    const added = all.size - before;
    ok(added >= 3 && added <= 6, `${added} segments in 11 s`);
    ok([...all.values()].slice(-3).every(isSilence), [...all.values()].slice(-4).join());
    equal(await status(), "reconnecting");
    // what is heard goes over from sound to silence; its clock steps where they meet
    equal(new TextDecoder().decode((await player).stderr), "");
    const [left] = await decoded(file);
    const loudest = (from: number, to: number) =>
      left.subarray(from * 8_000, to * 8_000).reduce((most, one) => Math.max(most, one), 0);
    const heard = left.length / 8_000;
    ok(heard > 11.5, `${heard} s were heard`);
    const [first, last] = [loudest(0, 3), loudest(heard - 1, heard)];
    ok(first > 0.1 && last < 0.01, `${first}, ${last}`);
  });

  await t.step("[L6] the host comes back, and the numbers go on", async () => {
    await using _again = ffmpegEncoder(stream, "opus", chirpInput(30));
    const silent = all.size;
    await until("sound", async () => {
      await watch(1);
      return [...all.values()].slice(silent).some((name) => !isSilence(name));
    }, 30_000);
    await watch(4_000);
    ok(![...all.values()].slice(-1).some(isSilence));
    deepEqual([...all.keys()], [...all.keys()].map((_, at) => [...all.keys()][0]! + at));
  });
});
