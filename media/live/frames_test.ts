/** Tests of what is found in MP3 and AAC: every frame, whatever the pieces and the noise. */
import assert from "node:assert/strict";
import { isRejection } from "../../domain/errors.ts";
import { ffmpegMakes } from "../../tests/support/audio.ts";
import { cuts, noise, seeded } from "../../tests/support/seeded.ts";
import { FrameReader } from "./frames.ts";
import { join } from "./ogg.ts";

const chirp = ["-f", "lavfi", "-i", "aevalsrc='0.3*sin(440*t)|0.2*sin(880*t)':s=44100:d=3"];
const MUSIC = {
  mp3: await ffmpegMakes("mp3", [...chirp, "-c:a", "libmp3lame", "-b:a", "128k"]),
  aac: await ffmpegMakes("aac", [...chirp, "-c:a", "aac", "-b:a", "128k", "-f", "adts"]),
};

for (const kind of ["mp3", "aac"] as const) {
  const music = MUSIC[kind];
  const framesOf = (pieces: Iterable<Uint8Array>) => {
    const reader = new FrameReader(kind);
    return [...pieces].flatMap((piece) => reader.push(piece).map(({ data }) => data));
  };

  Deno.test(`[L2] ${kind}: pieces of any size give the same frames`, () => {
    const whole = framesOf([music]);
    assert.ok(whole.length >= 110, `${whole.length} frames`);
    const [frame] = new FrameReader(kind).push(music);
    assert.equal(frame?.sampleRate, 44_100);
    assert.equal(frame?.channels, 2);
    assert.equal(frame?.samples, kind === "mp3" ? 1_152 : 1_024);
    for (let seed = 1; seed <= 10; seed++) {
      assert.deepEqual(framesOf(cuts(music, seeded(seed), 3_000)), whole, `seed ${seed}`);
    }
  });

  Deno.test(`[L2] ${kind}: the last frame is kept when the connection ends, and no half of one`, () => {
    const lasting = (bytes: Uint8Array) => {
      const reader = new FrameReader(kind);
      const frames = [...reader.push(bytes), ...reader.end()].map(({ data }) => data);
      assert.deepEqual(reader.end(), []);
      return frames;
    };
    const whole = lasting(music);
    assert.equal(whole.length, framesOf([music]).length + 1);
    assert.deepEqual(whole.at(-1), music.subarray(-whole.at(-1)!.length));
    assert.deepEqual(lasting(music.subarray(0, -3)), whole.slice(0, -1));
  });

  Deno.test(`[L2] ${kind}: after noise it goes on with the next frame`, () => {
    const half = Math.floor(music.length / 2);
    const dirty = join(
      join(music.subarray(0, half), noise(seeded(3), 6_000)),
      music.subarray(half),
    );
    const clean = new Set(framesOf([music]).map(String));
    const found = framesOf(cuts(dirty, seeded(4), 2_000)).map(String);
    assert.ok(found.filter((one) => clean.has(one)).length >= clean.size - 3);
    assert.ok(found.length <= clean.size + 2, "noise was taken for music");
  });

  Deno.test(`[L2] ${kind}: a mebibyte without a frame is no music`, () => {
    const reader = new FrameReader(kind);
    const tag = new Uint8Array(10);
    tag.set([0x49, 0x44, 0x33, 4, 0, 0, 0x7f, 0x7f, 0x7f, 0x7f]); // claims 256 MiB
    reader.push(tag);
    const piece = new Uint8Array(65_536);
    assert.throws(() => {
      for (let sent = 0; sent < 17; sent++) reader.push(piece);
    }, (error) => isRejection(error, "not_audio"));
  });
}
