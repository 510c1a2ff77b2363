/** Tests of the measurement: gain, silence, lengths that lie, damage (U2, U8, U11). */
import assert from "node:assert/strict";
import { gainFor, judge, measure } from "./loudness.ts";
import { probe } from "./probe.ts";
import { makeAudio, meter, refused, scratchFolder, STRICT, theTool } from "./testing.ts";

const measured = async (path: string, maxSeconds = 7_200) => {
  const tool = await theTool();
  return await measure(tool, path, await probe(tool, path, { maxSeconds }), { maxSeconds });
};

Deno.test("[U8] the gain is min(−14 − I, −1 − TP), 0 for silence", () => {
  assert.equal(gainFor(-8.3, 0.4), -5.7);
  assert.equal(gainFor(-23, -20), 9);
  assert.equal(gainFor(-23, -6), 5);
  assert.equal(gainFor(-14, -1), 0);
  assert.equal(gainFor(null, null), 0);
  // Too short to have a loudness: never raised, but brought below the ceiling.
  assert.equal(gainFor(null, -20), 0);
  assert.equal(gainFor(null, 0.5), -1.5);
});

Deno.test("[U8] loudness and true peak are those of ffmpeg's own meter", STRICT, async () => {
  await using scratch = await scratchFolder();
  const sounds = [
    ["tone.wav", "sine=f=1000:d=4:r=44100,volume=-3dB", []],
    ["noise.flac", "anoisesrc=d=4:a=0.3:c=pink:r=48000", []],
    // Peaks between the samples: 3 dB above the largest one.
    ["between.wav", "aevalsrc='0.6*sin(2*PI*11025*t+PI/4)':s=44100:d=4", []],
    ["stereo.mp3", "anoisesrc=d=4:a=0.9:r=44100,pan=stereo|c0=c0|c1=-0.5*c0", []],
    // Beyond full scale, and far below it.
    ["hot.wav", "sine=f=1000:d=4:r=48000,volume=30dB:precision=float", ["-c:a", "pcm_f32le"]],
    ["quiet.wav", "sine=f=1000:d=4:r=48000,volume=-40dB:precision=float", ["-c:a", "pcm_f32le"]],
    ["low.wav", "sine=f=500:d=4:r=8000", []],
  ] as const;
  for (const [name, sound, args] of sounds) {
    const path = await makeAudio(scratch, name, sound, args);
    const want = await meter(path);
    const { loudness } = await measured(path);
    assert.ok(Math.abs(loudness.integratedLufs! - want.lufs) <= 0.11, name);
    const off = Math.abs(loudness.truePeakDb! - want.peakDb);
    // Near half the rate, the meter itself rings by a few tenths at the start of a tone.
    assert.ok(off <= (name === "between.wav" ? 0.6 : 0.21), `${name}: ${off} dB off`);
  }
});

Deno.test("[U8] silence has no loudness and no gain", STRICT, async () => {
  await using scratch = await scratchFolder();
  const { loudness, durationMs } = await measured(
    await makeAudio(scratch, "silence.wav", "anullsrc=d=3:r=48000"),
  );
  assert.deepEqual(loudness, { integratedLufs: null, truePeakDb: null, gainDb: 0 });
  assert.equal(durationMs, 3_000);
});

Deno.test(
  "[U8] the length is counted in samples, whatever the rate and the form",
  STRICT,
  async () => {
    await using scratch = await scratchFolder();
    for (const rate of [8_000, 44_100, 96_000, 192_000]) {
      const path = await makeAudio(scratch, `${rate}.flac`, `sine=f=440:d=2.345:r=${rate}`);
      assert.equal((await measured(path)).durationMs, 2_345, `${rate} Hz`);
    }
    const crumb = await makeAudio(scratch, "crumb.wav", "sine=f=440:d=0.01:r=48000");
    assert.equal((await measured(crumb)).durationMs, 10);
  },
);

Deno.test("[U11] a container that lies about its length ends in too_long", STRICT, async () => {
  await using scratch = await scratchFolder();
  const path = await makeAudio(scratch, "long.opus", "anullsrc=d=600:r=48000");
  const told = await probe(await theTool(), path, { maxSeconds: 7_200 });
  const lie = { ...told, durationMs: 1_000 };
  const work = measure(await theTool(), path, lie, { maxSeconds: 60 });
  assert.match(await refused(work, "too_long"), /60 s/);
});

Deno.test("[U2] light damage passes, heavy damage is corrupt", STRICT, async () => {
  await using scratch = await scratchFolder();
  // Seeded, so that a failure comes again.
  let seed = 7;
  const random =
    () => (seed = Math.imul(seed ^ seed >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0,
      (seed >>> 0) / 2 ** 32);
  const damaged = async (path: string, places: number) => {
    const bytes = await Deno.readFile(path);
    for (let place = 0; place < places; place++) {
      const at = 3_000 + Math.floor(random() * (bytes.length - 3_100));
      for (let one = 0; one < 40; one++) bytes[at + one] = Math.floor(random() * 256);
    }
    await Deno.writeFile(path, bytes);
  };
  const sound = "anoisesrc=d=15:a=0.3:c=pink:r=44100:seed=7";
  for (const [name, args] of [["a.mp3", []], ["a.flac", []], ["a.aac", []]] as const) {
    const path = await makeAudio(scratch, name, sound, args);
    await damaged(path, 3);
    const { durationMs } = await measured(path);
    assert.ok(Math.abs(durationMs - 15_000) < 250, `${name} kept ${durationMs} ms`);
    await damaged(path, 1_500);
    await refused(measured(path), "corrupt");
  }
});

Deno.test("[U2] what is cut off, garbage or hollow is corrupt", STRICT, async () => {
  await using scratch = await scratchFolder();
  const sound = "anoisesrc=d=10:a=0.3:c=pink:r=44100";
  const cut = async (name: string, keep: number) => {
    const path = await makeAudio(scratch, name, sound);
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.subarray(0, keep < 1 ? bytes.length * keep : keep));
    return path;
  };
  assert.match(await refused(measured(await cut("a.flac", 0.5)), "corrupt"), /cut off/);
  await refused(measured(await cut("a.m4a", 0.5)), "corrupt");
  const garbage = await makeAudio(scratch, "g.flac", sound);
  const bytes = await Deno.readFile(garbage);
  for (let at = 200; at < bytes.length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, Math.min(bytes.length, at + 65_536)));
  }
  await Deno.writeFile(garbage, bytes);
  await refused(measured(garbage), "corrupt");
  await refused(measured(await cut("head.wav", 78)), "corrupt");
});

Deno.test("[U2] a player's judgement: a cut MP3 is played to where it ends", () => {
  const cut = { errors: 2, durationMs: 5_000 };
  assert.doesNotThrow(() => judge({ ...cut, probe: { durationMs: 10_000, exact: false } }));
  assert.throws(() => judge({ ...cut, probe: { durationMs: 10_000, exact: true } }));
});
