/** Tests of what is taken and what is refused, by content (U2). */
import assert from "node:assert/strict";
import { probe, sniff } from "./probe.ts";
import { makeAudio, refused, scratchFolder, STRICT, theTool } from "./testing.ts";

const SINE = "sine=f=440:d=1:r=44100";
const look = async (path: string, maxSeconds = 7_200) => {
  const kind = await sniff(path);
  return { kind, ...await probe(await theTool(), path, { maxSeconds }) };
};

Deno.test("[U2] every format of the list is taken, whatever its name", STRICT, async () => {
  await using scratch = await scratchFolder();
  const formats = [
    ["wav", "pcm_s16le", "wav", true],
    ["aiff", "pcm_s16be", "aiff", true],
    ["flac", "flac", "flac", true],
    ["mp3", "libmp3lame", "mp3", false],
    ["m4a", "aac", "ipod", false],
    ["alac.m4a", "alac", "ipod", true],
    ["mp4", "aac", "mp4", false],
    ["aac", "aac", "adts", false],
    ["ogg", "libvorbis", "ogg", false],
    ["opus", "libopus", "opus", false],
  ] as const;
  for (const [name, encoder, muxer, lossless] of formats) {
    const path = await makeAudio(scratch, `${name}.jpg`, SINE, ["-c:a", encoder, "-f", muxer]);
    const told = await look(path);
    assert.equal(told.lossless, lossless, name);
    assert.equal(told.channels, 1, name);
    assert.equal(told.sampleRate, encoder === "libopus" ? 48_000 : 44_100, name);
    // ADTS declares nothing: that is a guess from its first frames.
    if (name !== "aac") assert.ok(Math.abs((told.durationMs ?? 0) - 1_000) < 60, name);
  }
});

Deno.test("[U2] a cover inside does not stand in the way", STRICT, async () => {
  await using scratch = await scratchFolder();
  const picture = ["-f", "lavfi", "-i", "color=red:s=64x64:d=0.04:r=25"];
  const shape = ["-map", "0:a", "-map", "1:v", "-frames:v", "1", "-disposition:v", "attached_pic"];
  for (
    const [name, audio, video] of [["a.mp3", "libmp3lame", "png"], [
      "a.flac",
      "flac",
      "mjpeg",
    ]] as const
  ) {
    const path = await makeAudio(scratch, name, SINE, [
      ...picture,
      ...shape,
      ...["-c:a", audio, "-c:v", video, "-pix_fmt", video === "png" ? "rgb24" : "yuvj420p"],
    ]);
    assert.equal((await look(path)).channels, 1, name);
  }
});

Deno.test("[U2] each refusal has a reason of its own", STRICT, async () => {
  await using scratch = await scratchFolder();
  const write = async (name: string, bytes: Uint8Array) => {
    await Deno.writeFile(scratch.path(name), bytes);
    return scratch.path(name);
  };
  const random = crypto.getRandomValues(new Uint8Array(20_000));
  await refused(look(await write("empty.wav", new Uint8Array(0))), "empty_file");
  await refused(look(await write("noise.wav", random)), "not_audio");
  const picture = await makeAudio(scratch, "p.mp3", "color=red:s=16x16:d=0.04", [
    ...["-frames:v", "1", "-c:v", "png", "-f", "image2"],
  ]);
  assert.match(await refused(look(picture), "not_audio"), /image\/png/);
  const text = await write("t.mp3", new TextEncoder().encode("just words\n".repeat(99)));
  assert.match(await refused(look(text), "not_audio"), /taken are WAV/);
  const video = await makeAudio(scratch, "v.m4a", "testsrc=d=1:s=64x64[out0];sine=d=1[out1]", [
    ...["-c:v", "mpeg4", "-c:a", "aac", "-f", "mp4"],
  ]);
  await refused(look(video), "not_audio");
  const long = await makeAudio(scratch, "long.flac", "anullsrc=d=20");
  assert.match(await refused(look(long, 10), "too_long"), /10 s/);
});

Deno.test("[U2] DRM is told by the brand and by the codec", STRICT, async () => {
  await using scratch = await scratchFolder();
  const path = await makeAudio(scratch, "a.m4a", SINE, ["-c:a", "aac"]);
  const original = await Deno.readFile(path);
  const replace = async (from: string, to: string) => {
    const text = new TextDecoder("latin1").decode(original);
    const bytes = original.slice();
    const at = text.indexOf(from);
    assert.ok(at >= 0);
    bytes.set(new TextEncoder().encode(to), at);
    await Deno.writeFile(path, bytes);
  };
  await replace("M4A ", "M4P ");
  await refused(look(path), "drm_protected");
  await replace("mp4a", "drms");
  await refused(look(path), "drm_protected");
});
