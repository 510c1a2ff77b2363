/** Tests of the picture that is drawn of a file (U8, U9). */
import assert from "node:assert/strict";
import { drawWaveforms } from "./draw.ts";
import { makeAudio, scratchFolder, STRICT, theTool } from "./testing.ts";
import { resamplePeaks } from "./waveform.ts";

Deno.test("[U9] the waveform shows what is loud, where it is, with its gain", STRICT, async () => {
  await using scratch = await scratchFolder();
  const path = await makeAudio(
    scratch,
    "half.wav",
    "aevalsrc='if(lt(t,2),0.01,0.5)*sin(2*PI*440*t)':s=44100:d=4",
  );
  const sound = { sampleRate: 44_100, channels: 1 };
  for (const gainDb of [0, -6, 3]) {
    const gain = 10 ** (gainDb / 20);
    const dats = await drawWaveforms(await theTool(), path, sound, { gainDb, maxSeconds: 60 });
    assert.equal(dats.length, 3);
    for (const dat of dats.slice(0, 2)) {
      const { max, min } = resamplePeaks(dat, 80);
      assert.ok(max.slice(0, 39).every((value) => value < 0.05));
      assert.ok(max.slice(41, 79).every((value) => Math.abs(value - 0.5 * gain) < 0.02));
      assert.ok(min.slice(41, 79).every((value) => Math.abs(value + 0.5 * gain) < 0.02));
    }
  }
});

Deno.test("[U9] silence is a flat line", STRICT, async () => {
  await using scratch = await scratchFolder();
  const path = await makeAudio(scratch, "silence.wav", "anullsrc=d=3:r=48000");
  const [dat] = await drawWaveforms(
    await theTool(),
    path,
    { sampleRate: 48_000, channels: 2 },
    { gainDb: 0, maxSeconds: 60 },
  );
  assert.deepEqual(resamplePeaks(dat!, 2), { min: [0, 0], max: [0, 0] });
});
