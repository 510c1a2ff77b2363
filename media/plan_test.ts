/** Tests of the ladder and of its arguments (U7). */
import assert from "node:assert/strict";
import { encodeArgs, estimateBandwidth, plan } from "./plan.ts";

const CD = { sampleRate: 44_100, channels: 2, bits: 16, lossless: true };

Deno.test("[U7] AAC 128, 192, 320, Opus 96, and FLAC from lossless sources only", () => {
  const told = (sound: typeof CD) => plan(sound).map((one) => `${one.name} ${one.codecs}`);
  const lossy = ["aac-128 mp4a.40.2", "aac-192 mp4a.40.2", "aac-320 mp4a.40.2", "opus-96 opus"];
  assert.deepEqual(told(CD), [...lossy, "flac fLaC"]);
  assert.deepEqual(told({ ...CD, lossless: false }), lossy);
});

Deno.test("[U7] the form for old clients has AAC alone, in 10 s of MPEG-TS", () => {
  const ladder = plan(CD, "ts");
  assert.deepEqual(ladder.map(({ name }) => name), ["aac-128", "aac-192", "aac-320"]);
  for (const rendition of ladder) {
    const args = encodeArgs(rendition, -3.5, 60).join(" ");
    assert.match(args, /-hls_segment_type mpegts -hls_time 10 /);
    assert.match(args, /-hls_segment_filename seg-%05d\.ts /);
    assert.doesNotMatch(args, /fmp4|init/);
    assert.ok(estimateBandwidth(rendition) > estimateBandwidth({ ...rendition, form: "fmp4" }));
  }
});

Deno.test("[U7] 44.1 kHz and its family stay, all else is 48 kHz; more than two channels fold", () => {
  const rates = (sampleRate: number) => plan({ ...CD, sampleRate }).map((one) => one.sampleRate);
  assert.deepEqual(rates(44_100), [44_100, 44_100, 44_100, 48_000, 44_100]);
  assert.deepEqual(rates(88_200), [44_100, 44_100, 44_100, 48_000, 44_100]);
  assert.deepEqual(rates(8_000), [48_000, 48_000, 48_000, 48_000, 48_000]);
  const channels = (count: number) => plan({ ...CD, channels: count })[0]?.channels;
  assert.deepEqual([1, 2, 6].map(channels), [1, 2, 2]);
  assert.deepEqual([16, 24, 32].map((bits) => plan({ ...CD, bits }).at(-1)?.bits), [16, 24, 24]);
});

Deno.test("[U8] the gain is baked into every rendition; pictures, tags and chapters stay out", () => {
  for (const rendition of plan(CD)) {
    const args = encodeArgs(rendition, -3.5, 60).join(" ");
    assert.match(args, /volume=-3.5dB/);
    assert.match(args, /-map 0:a:0 -vn -sn -dn -map_metadata -1 -map_chapters -1 -t 60 /);
    assert.match(args, /-hls_segment_type fmp4 -hls_time 6 /);
    assert.ok(estimateBandwidth(rendition) > rendition.bitrate);
  }
});
