/** A chorale: four parts of a choir in a large church, without words. */
import type { Piece } from "../piece.ts";
import { choir, type Vowel } from "../sound/choir.ts";
import { finish } from "../sound/finish.ts";
import { type Key, note, SCALES } from "../sound/pitch.ts";
import { between, pick } from "../sound/random.ts";
import { hall } from "../sound/space.ts";
import { place, silence } from "../sound/stereo.ts";

const KEY: Key = { root: 50, scale: SCALES.dorian };
/** Degrees of bass, tenor, alto and soprano, chord by chord; written out, for parts must move well. */
const VERSE = [
  [0, 4, 9, 14],
  [-3, 4, 8, 13],
  [-2, 5, 7, 12],
  [-1, 3, 8, 13],
  [0, 4, 9, 11],
  [3, 5, 7, 12],
  [-3, 4, 8, 11],
  [0, 4, 7, 9],
] as const;
const VOWELS: readonly Vowel[] = ["oo", "oh", "ah", "oh"];

export const chorale: Piece = ({ seconds, random }) => {
  const music = silence(seconds);
  const usual = 3.4;
  const chords = Math.max(1, Math.floor((seconds - Math.min(4, seconds / 4)) / usual));
  for (let turn = 0; turn < chords; turn++) {
    const isLast = turn === chords - 1;
    const parts = isLast ? VERSE[7] : VERSE[turn % VERSE.length] ?? VERSE[0];
    // each verse begins with the men and grows
    const verse = Math.floor(turn / VERSE.length);
    const vowel = isLast
      ? "ah"
      : VOWELS[(verse + (turn % 4 === 3 ? 1 : 0)) % VOWELS.length] ?? "oh";
    parts.forEach((degree, part) => {
      if (verse === 0 && turn < 4 && part > 1 && chords > 8) return;
      const late = turn === 0 ? 0 : between(random, 0, 0.12);
      const held = usual * pick(random, [0.92, 0.97]);
      const sound = choir(vowel, note(KEY, degree) + (part === 0 ? -12 : 0), held, { random });
      place(music, sound, turn * usual + late, {
        gain: 0.2 * between(random, 0.85, 1),
        pan: [-0.2, -0.6, 0.6, 0.2][part] ?? 0,
      });
    });
  }
  hall(music, { seconds: 5, wet: 0.5, damping: 0.4 });
  return finish(music, { rmsDb: -19, fadeIn: 0.05, fadeOut: 4 });
};
