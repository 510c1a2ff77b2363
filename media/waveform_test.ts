/** Tests of the peaks and of their binary form (U9). */
import assert from "node:assert/strict";
import { collectPeaks, resamplePeaks } from "./waveform.ts";

const bytesOf = (values: Float32Array<ArrayBuffer>) => new Uint8Array(values.buffer);

Deno.test("[U9] the .dat form is audiowaveform's version 2", () => {
  const peaks = collectPeaks(44_100, 1);
  peaks.take(bytesOf(new Float32Array(2_048 * 3 + 1).fill(0.5)));
  const dats = peaks.finish(0);
  assert.deepEqual(
    dats.map((dat) => {
      const view = new DataView(dat.buffer);
      return [0, 4, 8, 12, 16, 20].map((at) => view.getInt32(at, true));
    }),
    [
      [2, 1, 44_100, 256, 25, 1],
      [2, 1, 44_100, 2_048, 4, 1],
      [2, 1, 44_100, 16_384, 1, 1],
    ],
  );
  assert.deepEqual(dats.map((dat) => dat.length), [24 + 50, 24 + 8, 24 + 2]);
  assert.equal(new DataView(dats[0]!.buffer).getInt8(25), 64);
});

Deno.test("[U9] chunks may end inside a sample; the peaks are the same", () => {
  const values = Float32Array.from({ length: 30_000 }, (_, at) => Math.sin(at / 700) * at / 3e4);
  const whole = collectPeaks(48_000, 2);
  whole.take(bytesOf(values));
  const pieces = collectPeaks(48_000, 2);
  const bytes = bytesOf(values);
  for (let at = 0, size = 1; at < bytes.length; at += size, size = size * 7 % 997 + 1) {
    pieces.take(bytes.slice(at, at + size));
  }
  assert.equal(pieces.frames, 15_000);
  assert.deepEqual(pieces.finish(0), whole.finish(0));
  assert.ok(Math.abs(whole.peak - Math.max(...values.map(Math.abs))) < 1e-6);
});

Deno.test("[U8] the picture is of the gained signal, clipped at full scale", () => {
  const draw = (gainDb: number) => {
    const peaks = collectPeaks(48_000, 1);
    peaks.take(bytesOf(Float32Array.from({ length: 25_600 }, (_, at) => at % 2 ? 0.25 : -0.25)));
    return resamplePeaks(peaks.finish(gainDb)[0]!, 4);
  };
  assert.ok(draw(0).max.every((value) => Math.abs(value - 0.25) < 0.01));
  assert.ok(draw(6).max.every((value) => Math.abs(value - 0.5) < 0.01));
  assert.deepEqual(draw(40), { min: [-1, -1, -1, -1], max: [1, 1, 1, 1] });
});

Deno.test("[U9] opposite channels do not look silent", () => {
  const peaks = collectPeaks(48_000, 2);
  peaks.take(bytesOf(Float32Array.from({ length: 51_200 }, (_, at) => at % 2 ? 0.8 : -0.8)));
  const { min, max } = resamplePeaks(peaks.finish(0)[1]!, 1);
  assert.ok(min[0]! < -0.75 && max[0]! > 0.75);
});

Deno.test("[U9] resampling keeps every peak and gives the points asked for", () => {
  const peaks = collectPeaks(48_000, 1);
  const values = new Float32Array(256 * 1_000);
  values[256 * 777] = 1;
  peaks.take(bytesOf(values));
  const dat = peaks.finish(0)[0]!;
  for (const points of [1, 7, 100, 999, 1_000, 5_000]) {
    const { min, max } = resamplePeaks(dat, points);
    assert.equal(min.length, points);
    assert.equal(max.length, points);
    assert.ok(max.some((value) => value === 1), `${points} points lost the click`);
    assert.ok(max.filter((value) => value > 0).length <= Math.ceil(points / 1_000));
  }
  assert.deepEqual(resamplePeaks(collectPeaks(48_000, 1).finish(0)[0]!, 3).max, [0, 0, 0]);
  assert.throws(() => resamplePeaks(new Uint8Array(30), 3), RangeError);
});
