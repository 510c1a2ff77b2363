/** Dub: a one-drop beat, a bass that is felt, and chords that are thrown into the echo. */
import type { Piece } from "../piece.ts";
import * as drums from "../sound/drums.ts";
import { finish } from "../sound/finish.ts";
import { fm, ROUND_BASS } from "../sound/fm.ts";
import { chord, type Key, note, SCALES, voiced } from "../sound/pitch.ts";
import { between, pick } from "../sound/random.ts";
import { grid, hits, partOf } from "../sound/rhythm.ts";
import { echo, hall, warm } from "../sound/space.ts";
import { blend, place, placeWide, silence } from "../sound/stereo.ts";
import { type Patch, subtractive } from "../sound/subtractive.ts";

const KEY: Key = { root: 45, scale: SCALES.dorian };
const STEPS = [0, 0, 3, 0];
const SKANK: Patch = {
  wave: "pulse",
  voices: 2,
  detune: 9,
  amp: { attack: 0.002, decay: 0.09, sustain: 0.1, release: 0.05 },
  cutoff: 1_100,
  sweep: 1.2,
  resonance: 1.2,
};
const MELODICA: Patch = {
  wave: "pulse",
  amp: { attack: 0.05, decay: 0.4, sustain: 0.7, release: 0.15 },
  cutoff: 1_700,
};
/** The bass line: step, degree and length in steps. */
const LINE = [[0, 0, 3], [3, 0, 1], [4, 2, 2], [8, 4, 2], [10, 3, 2], [12, 2, 1], [
  14,
  1,
  2,
]] as const;

export const dub: Piece = ({ seconds, random }) => {
  const time = grid({ tempo: 72, seconds, swing: 0.54, tail: 3 });
  const [music, thrown, deep] = [silence(seconds), silence(seconds), silence(seconds)];
  const [kick, rim, hat, tom] = [
    drums.kick(random, 0.22),
    drums.rim(random),
    drums.hat(random, 0.035),
    drums.tom(random, 120),
  ];
  for (let bar = 0; bar < time.bars; bar++) {
    const part = partOf(bar, time.bars, 5);
    const step = STEPS[bar % STEPS.length] ?? 0;
    const mutesBass = part === 3 && bar % 4 < 2;
    for (const [at, degree, length] of mutesBass ? [] : LINE) {
      const sound = fm(ROUND_BASS, note(KEY, step + degree) - 12, length * time.step * 0.92);
      place(deep, sound, time.at(bar, at), { gain: 0.5 });
    }
    for (const { step: at } of hits(".... .... X... ....")) {
      place(music, kick, time.at(bar, at), { gain: 0.85 });
      place(thrown, rim, time.at(bar, at), { gain: 0.4, pan: 0.1 });
    }
    for (const { step: at, strength } of hits("x.xo x.x. x.xo x.xo")) {
      place(music, hat, time.at(bar, at), {
        gain: 0.26 * strength * between(random, 0.8, 1),
        pan: -0.3,
      });
    }
    // sometimes only one chord of the bar is let into the room
    const skank = part === 0 || random() < 0.25 ? ".... x... .... ...." : ".... x... .... x...";
    for (const { step: at } of hits(skank)) {
      for (const midi of voiced(chord(KEY, step, 4), 57)) {
        placeWide(thrown, () => subtractive(SKANK, midi, 0.09, random), time.at(bar, at), {
          gain: 0.17,
          width: 0.5,
        });
      }
    }
    if (part >= 1 && bar % 4 === 3) {
      place(thrown, tom, time.at(bar, 13), { gain: 0.35, pan: 0.5 });
      place(thrown, tom, time.at(bar, 14.5), { gain: 0.3, pan: -0.5 });
    }
    if (part === 2 || part === 4) {
      for (
        const { step: at } of hits(pick(random, ["x..x ..x. .... ....", "..x. x... x... ....", ""]))
      ) {
        const midi = note(KEY, step + pick(random, [4, 6, 7, 8, 9]));
        place(thrown, subtractive(MELODICA, midi, time.step * 2, random), time.at(bar, at), {
          gain: 0.12,
          pan: 0.25,
        });
      }
    }
  }
  echo(thrown, { seconds: time.step * 3, feedback: 0.66, wet: 0.7, damping: 0.55 });
  hall(thrown, { seconds: 2.6, wet: 0.25 });
  warm(deep, 1.4);
  blend(music, thrown);
  blend(music, deep);
  return finish(music, { rmsDb: -15, fadeOut: 4 });
};
