/** Ambient: slow Lydian chords that swell into one another, a low drone, far bells and wind. */
import type { Piece } from "../piece.ts";
import { filtered, stateVariable } from "../sound/filter.ts";
import { finish } from "../sound/finish.ts";
import { BELL, fm } from "../sound/fm.ts";
import { noise, sine } from "../sound/oscillator.ts";
import { chord, type Key, note, SCALES, voiced } from "../sound/pitch.ts";
import { between, pick, type Random } from "../sound/random.ts";
import { hall } from "../sound/space.ts";
import { blend, frames, place, placeWide, RATE, silence, type Sound } from "../sound/stereo.ts";
import { type Patch, subtractive } from "../sound/subtractive.ts";

const KEY: Key = { root: 50, scale: SCALES.lydian };
const STEPS = [0, 4, 1, 5, 0, 2];
const PAD: Patch = {
  wave: "saw",
  voices: 3,
  detune: 18,
  amp: { attack: 3, decay: 4, sustain: 0.8, release: 4.5 },
  cutoff: 260,
  sweep: 1.8,
};

/** A breath of wind whose colour wanders. */
function wind(seconds: number, random: Random): Sound {
  const sound = new Float32Array(frames(seconds));
  const filter = stateVariable(500, 2);
  const [slow, slower] = [between(random, 0.05, 0.09), between(random, 0.02, 0.04)];
  for (let i = 0; i < sound.length; i++) {
    const t = i / RATE;
    if (i % 64 === 0) filter.tune(500 * 2 ** (sine(slow * t) + 0.6 * sine(slower * t)), 2);
    filter.feed(noise(random));
    sound[i] = filter.band * (0.6 + 0.4 * sine(slower * t + 0.6));
  }
  return sound;
}

export const ambient: Piece = ({ seconds, random }) => {
  const music = silence(seconds);
  const length = Math.min(9, seconds);
  for (let at = 0, turn = 0; at < seconds; at += length, turn++) {
    const step = STEPS[turn % STEPS.length] ?? 0;
    for (const midi of voiced(chord(KEY, step, 4), 55)) {
      placeWide(music, () => subtractive(PAD, midi, length, random), at, { gain: 0.16 });
    }
    const drone: Patch = { ...PAD, wave: "triangle", voices: 2, detune: 6, cutoff: 180, sweep: 0 };
    place(music, subtractive(drone, note(KEY, step) - 12, length, random), at, { gain: 0.3 });
  }
  const far = silence(seconds);
  for (let at = 1; at < seconds - 3; at += between(random, 1.2, 4.5)) {
    const midi = note(KEY, pick(random, [4, 6, 7, 8, 9, 11])) + 12;
    place(far, fm(BELL, midi, 1), at, {
      gain: between(random, 0.04, 0.1),
      pan: between(random, -0.9, 0.9),
    });
  }
  placeWide(far, () => filtered(wind(seconds, random), "low", 2_500), 0, { gain: 0.035, width: 1 });
  blend(music, far);
  hall(music, { seconds: 6, wet: 0.45 });
  return finish(music, { rmsDb: -19, fadeIn: 0.6, fadeOut: 6 });
};
