/** Small files that unpack to gigabytes, honest about it or not: `too_long`, soon and in little. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { ffmpegMakes } from "../support/audio.ts";
import { ask, register, upload, waitForTrack } from "../support/client.ts";
import { filesBelow } from "../support/files.ts";
import { startNode } from "../support/node.ts";
import { peakMemory } from "../support/processes.ts";
import { visit } from "../support/watch.ts";

const MIB = 1024 ** 2;
/** What is taken, in the place of two hours: less than a hundredth of each bomb. */
const MAX_SECONDS = 300;
/** How long the bombs play, in seconds. */
const BOMB_SECONDS = 36_000;
/** The longest that the end of a bomb may take on a busy machine, in ms. */
const SOON_MS = 30_000;

const join = (...parts: Uint8Array<ArrayBuffer>[]) => new Blob(parts).bytes();
const silence = (rate: number, seconds: number) => [
  ...["-f", "lavfi", "-i", `anullsrc=r=${rate}:cl=${rate > 8_000 ? "stereo" : "mono"}`],
  ...["-t", String(seconds)],
];

/** Ten hours of Opus in 9 MB: 14 GB of samples. */
async function opusBomb(minute: Uint8Array<ArrayBuffer>) {
  const path = await Deno.makeTempFile({ suffix: ".opus" });
  try {
    await Deno.writeFile(path, minute);
    const loops = String(BOMB_SECONDS / 60 - 1);
    return await ffmpegMakes("opus", ["-stream_loop", loops, "-i", path, "-c", "copy"]);
  } finally {
    await Deno.remove(path);
  }
}

/** Ten hours of FLAC in 140 KB: 1.2 GB of samples. */
const flacBomb = () =>
  ffmpegMakes("flac", [
    ...silence(8_000, BOMB_SECONDS),
    ...["-c:a", "flac", "-frame_size", "32767", "-compression_level", "0"],
  ]);

/** The same file with another count of samples in its STREAMINFO: 36 bits from byte 21 on. */
function declaring(flac: Uint8Array<ArrayBuffer>, samples: number): Uint8Array<ArrayBuffer> {
  const lying = flac.slice();
  equal(new TextDecoder().decode(lying.subarray(0, 4)), "fLaC");
  lying[21] = lying[21]! & 0xf0;
  new DataView(lying.buffer).setUint32(22, samples);
  return lying;
}

Deno.test("[U11] a bomb that expands to gigabytes ends as too_long, also one that lies", async (t) => {
  await using node = await startNode({ env: { UPLOAD_MAX_SECONDS: String(MAX_SECONDS) } });
  const { accessToken: token } = await register(node.url);
  const minute = await ffmpegMakes("opus", [
    ...silence(48_000, 60),
    ...["-c:a", "libopus", "-frame_duration", "120", "-b:a", "6k"],
  ]);
  const opus = await opusBomb(minute);
  const flac = await flacBomb();
  ok(opus.length < 10 * MIB && flac.length < MIB, `${opus.length}, ${flac.length}`);
  const bombs = {
    "ten hours of Opus.opus": opus,
    // who asks the end of the file how long it is hears of one minute
    "ten hours of Opus that end in a short one.opus": await join(opus, minute),
    "ten hours of FLAC.flac": flac,
    "ten hours of FLAC that declare one minute.flac": declaring(flac, 60 * 8_000),
    "ten hours of FLAC that declare nothing.flac": declaring(flac, 0),
  };
  const warm = await upload(node.url, token, minute, { name: "minute.opus" });
  await waitForTrack(node.url, warm.body.track.id, ["ready"], { ms: 60_000 });
  const memory = await peakMemory(node.pid);
  const visitor = visit({
    readyz: async () => equal((await ask(node.url, "/readyz")).status, 200),
  });
  for (const [name, bytes] of Object.entries(bombs)) {
    await t.step(name, async () => {
      const began = performance.now();
      const { status, body } = await upload(node.url, token, bytes, { name });
      equal(status, 202, JSON.stringify(body));
      const { failure } = await waitForTrack(node.url, body.track.id, ["failed", "ready"], {
        ms: 60_000,
      });
      equal(failure?.code, "too_long", JSON.stringify(failure));
      match(failure?.detail ?? "", new RegExp(`${MAX_SECONDS} s`));
      const ms = performance.now() - began;
      ok(ms < SOON_MS, `it took ${Math.round(ms)} ms`);
      const left = (await filesBelow(`${node.dataDir}/media`))
        .filter((path) => path.includes(body.track.id) && !path.endsWith("/original"));
      deepEqual(left, []);
    });
  }
  await visitor.leave();
  deepEqual(await filesBelow(`${node.dataDir}/work`), []);
  const grown = (await peakMemory(node.pid) - memory) / MIB;
  ok(grown < 200, `the node's memory grew by ${Math.round(grown)} MiB`);
});
