/** The voices are in tune, rhythms read as they are written, and chance can be repeated. */
import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { fm, MARIMBA, ROUND_BASS } from "./fm.ts";
import { chord, hz, note, SCALES, voiced } from "./pitch.ts";
import { pluck } from "./pluck.ts";
import { seeded, seedOf } from "./random.ts";
import { grid, hits, partOf } from "./rhythm.ts";
import { RATE, type Sound } from "./stereo.ts";
import { subtractive } from "./subtractive.ts";

/** The pitch near `expected` Hz at which `sound` is most like itself, by autocorrelation. */
function pitchOf(sound: Sound, expected: number): number {
  const [start, length] = [Math.round(RATE * 0.05), Math.round(RATE * 0.25)];
  const likeness = (lag: number) => {
    let sum = 0;
    for (let i = start; i < start + length; i++) sum += (sound[i] ?? 0) * (sound[i + lag] ?? 0);
    return sum;
  };
  // ten periods at once make a tenth of the error; half a semitone to either side
  const middle = 10 * RATE / expected;
  let best = Math.round(middle);
  for (let lag = Math.floor(middle * 0.97); lag <= middle * 1.03; lag++) {
    if (likeness(lag) > likeness(best)) best = lag;
  }
  const [before, at, after] = [likeness(best - 1), likeness(best), likeness(best + 1)];
  const between = (before - after) / (2 * (before - 2 * at + after));
  return 10 * RATE / (best + between);
}

Deno.test("[O4] every voice of the demo is in tune within 6 cents", () => {
  const amp = { attack: 0.01, decay: 1, sustain: 1, release: 0.1 };
  for (const midi of [45, 57, 69, 76]) {
    const voices = {
      fm: fm({ ...ROUND_BASS, amp }, midi, 1),
      marimba: fm({ ...MARIMBA, amp }, midi, 1),
      saw: subtractive({ wave: "saw", amp, cutoff: 4_000 }, midi, 1, seeded(1)),
      pulse: subtractive({ wave: "pulse", amp, cutoff: 4_000 }, midi, 1, seeded(2)),
      triangle: subtractive({ wave: "triangle", amp, cutoff: 4_000 }, midi, 1, seeded(3)),
      pluck: pluck({ ring: 4, bright: 0.5 }, midi, 1, seeded(4)),
    };
    for (const [name, sound] of Object.entries(voices)) {
      const cents = 1_200 * Math.log2(pitchOf(sound, hz(midi)) / hz(midi));
      ok(Math.abs(cents) < 6, `${name} at ${midi} is off by ${cents.toFixed(1)} cents`);
    }
  }
});

Deno.test("[O4] scales and chords are those of the textbook", () => {
  const key = { root: 60, scale: SCALES.major };
  deepEqual(chord(key, 1, 4), [62, 65, 69, 72]); // D minor seventh
  deepEqual([note(key, 7), note(key, -1)], [72, 59]);
  deepEqual(voiced([62, 65, 69, 72], 60), [60, 62, 65, 69]);
  equal(hz(69), 440);
});

Deno.test("[O4] rhythms: words, swing, and the parts of a piece", () => {
  deepEqual(hits("X..o x"), [
    { step: 0, strength: 1 },
    { step: 3, strength: 0.35 },
    { step: 4, strength: 0.75 },
  ]);
  const swung = grid({ tempo: 120, swing: 0.6, seconds: 10, tail: 1 });
  deepEqual([swung.bars, swung.bar, swung.step], [4, 2, 0.125]);
  ok(Math.abs(swung.at(1, 2) - 2.25) < 1e-9 && Math.abs(swung.at(1, 1) - 2.15) < 1e-9);
  equal(grid({ tempo: 60, seconds: 2 }).bars, 1);
  deepEqual([0, 3, 11].map((bar) => partOf(bar, 12, 4)), [0, 1, 3]);
  deepEqual([0, 1].map((bar) => partOf(bar, 2, 5)), [2, 2]);
});

Deno.test("[O4] a seed tells all that follows from it", () => {
  const three = (seed: number) => {
    const random = seeded(seed);
    return [random(), random(), random()];
  };
  deepEqual(three(seedOf("a", 1)), three(seedOf("a", 1)));
  notDeepEqual(three(seedOf("a", 1)), three(seedOf("a", 2)));
  ok(three(7).every((one) => one >= 0 && one < 1));
});
