/** Both forms of HLS, read as clients read them: over HTTP, by ffmpeg's own player of playlists. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Track } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask, register, upload, waitForTrack } from "../support/client.ts";
import { type RunningNode, startNode } from "../support/node.ts";

const SECONDS = 25;
/** The longest frame, of FLAC with 4608 samples, in seconds: how far cuts may lie apart. */
const FRAME = 0.105;

interface Expected {
  readonly form: string;
  readonly version: number;
  /** Seconds of a segment. */
  readonly segment: number;
  readonly ending: string;
  readonly type: string;
  /** CODECS, and what ffprobe calls them. */
  readonly renditions: readonly (readonly [name: string, codecs: string, codec: string])[];
}

const AAC = ["aac-128", "aac-192", "aac-320"].map((name) => [name, "mp4a.40.2", "aac"] as const);
const FORMS: readonly Expected[] = [
  {
    form: "fmp4",
    version: 7,
    segment: 6,
    ending: "m4s",
    type: "audio/mp4",
    renditions: [...AAC, ["opus-96", "opus", "opus"], ["flac", "fLaC", "flac"]],
  },
  { form: "ts", version: 3, segment: 10, ending: "ts", type: "video/mp2t", renditions: AAC },
];

/** What a program of ffmpeg says; fails when it complains. */
async function says(program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: ["-v", "error", ...args],
    stdin: "null",
  }).output();
  const complaint = new TextDecoder().decode(stderr);
  ok(success && complaint === "", `${program} ${args.join(" ")}: ${complaint}`);
  return new TextDecoder().decode(stdout);
}

/** A rendition as its playlist tells it, with what its files truly are. */
async function look(url: string) {
  const { body, status } = await ask<string>(new URL(url).origin, new URL(url).pathname);
  equal(status, 200, url);
  const names = body.split("\n").filter((line) => line && !line.startsWith("#"));
  const seconds = [...body.matchAll(/#EXTINF:([\d.]+),/g)].map(([, text]) => Number(text));
  const types = new Set<string | null>();
  const sizes = await Promise.all(names.map(async (name) => {
    const response = await fetch(new URL(name, url));
    types.add(response.headers.get("Content-Type"));
    return (await response.arrayBuffer()).byteLength;
  }));
  return { text: body, names, seconds, sizes, types: [...types] };
}

/** RFC 8216 4.3.4.2: the largest rate of segments that last half to one and a half targets. */
function peakRate(seconds: readonly number[], sizes: readonly number[], target: number): number {
  let peak = 0;
  seconds.forEach((_, from) =>
    seconds.forEach((_, last) => {
      const sum = (of: readonly number[]) => of.slice(from, last + 1).reduce((a, b) => a + b, 0);
      const long = sum(seconds);
      if (long >= target / 2 && long <= target * 1.5) peak = Math.max(peak, sum(sizes) * 8 / long);
    })
  );
  return peak;
}

async function readyTrack(node: RunningNode): Promise<Track> {
  const { accessToken: token } = await register(node.url);
  const { body } = await upload(node.url, token, await song("flac", SECONDS));
  return await waitForTrack(node.url, body.track.id, ["ready", "failed"], { token });
}

for (const { form, version, segment, ending, type, renditions } of FORMS) {
  Deno.test(`[U7] HLS_FORM=${form}: every rendition plays whole, cut at the same places`, async () => {
    await using node = await startNode({ env: { HLS_FORM: form } });
    const track = await readyTrack(node);
    equal(track.failure, null);
    const master = node.url + track.streamUrl!;
    const { body } = await ask<string>(node.url, track.streamUrl!);
    match(body, new RegExp(`^#EXTM3U\n#EXT-X-VERSION:${version}\n`));
    const entries = [...body.matchAll(
      /#EXT-X-STREAM-INF:BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+),CODECS="([^"]+)"\n(\S+)/g,
    )].map(([, peak, average, codecs, path]) => ({
      peak: Number(peak),
      average: Number(average),
      codecs,
      url: new URL(path!, master).href,
    }));
    deepEqual(
      entries.map(({ url, codecs }) => [url.split("/").at(-2), codecs]),
      renditions.map(([name, codecs]) => [name, codecs]),
    );

    for (const [place, { url, peak, average }] of entries.entries()) {
      const [name, , codec] = renditions[place]!;
      const { text, names, seconds, sizes, types } = await look(url);
      match(text, new RegExp(`#EXT-X-VERSION:${version}\n`));
      equal(/#EXT-X-INDEPENDENT-SEGMENTS\n/.test(text), version >= 6);
      equal(/#EXT-X-MAP:/.test(text), form === "fmp4");
      equal(Number(/#EXT-X-TARGETDURATION:(\d+)/.exec(text)?.[1]), segment);
      match(text, /#EXT-X-PLAYLIST-TYPE:VOD\n[^]*#EXT-X-ENDLIST\n$/);
      deepEqual(types, [type]);
      ok(names.every((one) => one.endsWith(`.${ending}`)));

      equal(names.length, Math.ceil(SECONDS / segment), name);
      seconds.slice(0, -1).reduce((at, one, index) => {
        const end = at + one;
        ok(Math.abs(end - segment * (index + 1)) < FRAME, `${name} is cut at ${end} s`);
        return end;
      }, 0);
      const total = seconds.reduce((a, b) => a + b, 0);
      ok(Math.abs(total - SECONDS) < FRAME, `${name} tells of ${total} s`);
      ok(Math.abs(average - sizes.reduce((a, b) => a + b, 0) * 8 / total) < average * 0.001);
      ok(Math.abs(peak - peakRate(seconds, sizes, segment)) < peak * 0.001, `${name}'s peak`);

      const { streams } = JSON.parse(
        await says("ffprobe", "-show_streams", "-select_streams", "a", "-of", "json", url),
      ) as { streams: readonly { codec_name: string; channels: number }[] };
      deepEqual(streams.map((one) => [one.codec_name, one.channels]), [[codec, 2]]);
      const decoded = await says(
        "ffmpeg",
        ...["-i", url, "-ac", "1", "-ar", "8000", "-f", "data", "-map", "0:a", "-c:a", "pcm_s8"],
        "pipe:1",
      );
      ok(Math.abs(decoded.length / 8_000 - SECONDS) < FRAME, `${name}: ${decoded.length} samples`);
    }
  });
}

Deno.test("[U7] a track keeps the form it was made in when the setting changes", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "veza-forms-" });
  try {
    const before = await startNode({ dataDir, env: { HLS_FORM: "ts" } });
    const track = await readyTrack(before);
    await before.stop();
    await using after = await startNode({ dataDir, env: { HLS_FORM: "fmp4" } });
    const { body } = await ask<string>(after.url, track.streamUrl!);
    match(body, /VERSION:3\n/);
    const first = body.split("\n").find((line) => line && !line.startsWith("#"))!;
    const { types } = await look(new URL(first, after.url + track.streamUrl!).href);
    deepEqual(types, ["video/mp2t"]);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
