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

  Deno.test(`[L2] ${kind}: a tag with a picture is passed over; one that never ends is refused`, () => {
    const tagged = (size: number) => {
      const head = [
        0x49,
        0x44,
        0x33,
        4,
        0,
        0,
        size >> 21,
        size >> 14 & 127,
        size >> 7 & 127,
        size & 127,
      ];
      return join(Uint8Array.from(head), new Uint8Array(Math.min(size, 2 ** 20)).fill(255));
    };
    const whole = framesOf([music]);
    for (const pieces of [4_000, 30]) {
      assert.deepEqual(framesOf(cuts(join(tagged(300_000), music), seeded(5), pieces)), whole);
    }
    const isRefused = (error: unknown) => isRejection(error, "not_audio");
    assert.throws(() => framesOf([tagged(2 ** 28 - 1).subarray(0, 10)]), isRefused);
  });

  Deno.test(`[L2] ${kind}: 64 KiB that are no frames are no music, also between some that are`, () => {
    const isRefused = (error: unknown) => isRejection(error, "not_audio");
    const reader = new FrameReader(kind);
    const zeros = new Uint8Array(1_024);
    assert.throws(() => {
      for (let sent = 0; sent < 66; sent++) reader.push(zeros);
    }, isRefused);
    const mixed = new FrameReader(kind);
    const some = music.subarray(0, 8_000);
    const found: number[] = [];
    assert.throws(() => {
      for (let round = 0; round < 14; round++) {
        found.push(mixed.push(some).length);
        for (let sent = 0; sent < 8; sent++) mixed.push(zeros);
      }
    }, isRefused);
    assert.ok(found.length > 6 && found.every((frames) => frames > 5), String(found));
  });
}

Deno.test("[L2] headers that nothing follows are found out before they cost much", () => {
  const isRefused = (error: unknown) => isRejection(error, "not_audio");
  const headers = Uint8Array.from({ length: 512 }, (_, at) => [0xff, 0xfb, 0x90, 0x64][at % 4]!);
  const reader = new FrameReader("mp3");
  const began = performance.now();
  assert.throws(() => {
    for (let sent = 0; sent < 2_048; sent++) reader.push(headers);
  }, isRefused);
  // a mebibyte of them takes 14 s; how long a good one takes is the bench's matter
  assert.ok(performance.now() - began < 8_000);
});
