/** Tests of which downloads there are (U7). */
import assert from "node:assert/strict";
import { DOWNLOADS, offered } from "../domain/downloads.ts";
import { isRejection } from "../domain/errors.ts";
import { downloadArgs, downloadPlan } from "./download_plan.ts";

const WAV = { codec: "pcm_s24le", sampleRate: 96_000, channels: 2 };
const MP3 = { codec: "mp3", sampleRate: 44_100, channels: 2 };

function refusal(...args: Parameters<typeof downloadPlan>): string {
  try {
    downloadPlan(...args);
  } catch (error) {
    if (isRejection(error, "invalid") && error.errors?.length === 1) return error.message;
    throw error;
  }
  assert.fail(`${args[0]} ${args[1]} was not refused`);
}

Deno.test("[U7] every format and bitrate of the rule, and no other, can be had", () => {
  const wanted = {
    mp3: [128, 192, 256, 320],
    aac: [128, 192, 256, 320],
    vorbis: [128, 192, 256, 320],
    opus: [64, 96, 128, 192],
  };
  for (const [format, bitrates] of Object.entries(wanted)) {
    for (const bitrate of [32, 64, 96, 128, 192, 256, 320, 500]) {
      if (bitrates.includes(bitrate)) {
        const plan = downloadPlan(format, bitrate, WAV);
        assert.ok(plan.format !== "original" && plan.bitrate === bitrate);
      } else {
        const words = refusal(format, bitrate, WAV);
        assert.equal(
          words,
          `${bitrate} kbit/s was asked of ${format}; there is ${bitrates.join(", ")}`,
        );
      }
    }
    assert.match(refusal(format, null, WAV), /no bitrate was asked/);
  }
  assert.match(refusal("flac", 320, WAV), /it takes none/);
  for (const name of ["wma", "", "toString", "__proto__", "mp3 -f"]) {
    assert.match(refusal(name, 128, WAV), /there is original, mp3, aac, vorbis, opus, flac/);
  }
  assert.deepEqual(offered(WAV), Object.keys(DOWNLOADS));
});

Deno.test("[U7] FLAC is made of lossless originals alone", () => {
  for (const codec of ["pcm_s16le", "pcm_f32be", "flac", "alac"]) {
    assert.equal(downloadPlan("flac", null, { ...WAV, codec }).format, "flac");
  }
  for (const codec of ["mp3", "aac", "vorbis", "opus", "pcm_alaw", "pcm_mulaw"]) {
    const words = refusal("flac", null, { ...WAV, codec });
    assert.ok(words.includes(codec) && words.endsWith("original, mp3, aac, vorbis, opus"), words);
  }
});

Deno.test("[U7] rates: 44.1 or 48 kHz, FLAC to 192, Opus at 48", () => {
  const rate = (format: string, bitrate: number | null, sampleRate: number) => {
    const plan = downloadPlan(format, bitrate, { ...WAV, sampleRate });
    return plan.format === "original" ? null : plan.sampleRate;
  };
  for (
    const [source, wanted] of [[44_100, 44_100], [88_200, 44_100], [96_000, 48_000], [
      8_000,
      48_000,
    ]] as const
  ) {
    for (const format of ["mp3", "aac", "vorbis"]) assert.equal(rate(format, 192, source), wanted);
    assert.equal(rate("opus", 96, source), 48_000);
    assert.equal(rate("flac", null, source), source);
  }
  assert.equal(rate("flac", null, 192_000), 192_000);
  assert.equal(rate("flac", null, 384_000), 192_000);
  assert.equal(rate("flac", null, 352_800), 176_400);
});

Deno.test("[U7] one channel stays one where the encoder can; six become two, not in FLAC", () => {
  const channels = (format: string, bitrate: number | null, of: number) => {
    const plan = downloadPlan(format, bitrate, { ...WAV, channels: of });
    return plan.format === "original" ? null : plan.channels;
  };
  assert.deepEqual([channels("aac", 192, 1), channels("aac", 320, 1)], [1, 2]);
  assert.deepEqual([channels("mp3", 128, 6), channels("flac", null, 6)], [2, 6]);
});

Deno.test("[U7] the original keeps the ending of what it is", () => {
  const ending = (codec: string, container?: string) =>
    downloadPlan("original", null, { ...MP3, codec, ...(container && { container }) }).ending;
  assert.deepEqual(
    ["mp3", "pcm_s16le", "pcm_s16be", "flac", "alac", "vorbis", "opus", "odd"].map((one) =>
      ending(one)
    ),
    ["mp3", "wav", "aif", "flac", "m4a", "ogg", "opus", "bin"],
  );
  assert.equal(ending("aac", "aac"), "aac");
  assert.equal(ending("aac", "../../x"), "m4a");
});

Deno.test("[U7][U11] tags are data: an argument each, whatever they hold", () => {
  const plan = downloadPlan("mp3", 128, MP3);
  assert.ok(plan.format !== "original");
  const title = "-i /etc/passwd; $(reboot) %d [0:v]=x";
  const args = downloadArgs(plan, { title, artist: "", album: null }, "download.mp3");
  assert.deepEqual(args.filter((one) => one.includes("passwd")), [`title=${title}`]);
  assert.equal(args.filter((one) => one === "-metadata").length, 1);
});
