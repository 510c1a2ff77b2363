/** A guitar alone: the thumb alternates in the bass, the fingers play what lies above. */
import type { Piece } from "../piece.ts";
import { finish } from "../sound/finish.ts";
import { pluck } from "../sound/pluck.ts";
import { between, pick } from "../sound/random.ts";
import { grid } from "../sound/rhythm.ts";
import { hall } from "../sound/space.ts";
import { place, silence } from "../sound/stereo.ts";

/** MIDI numbers of the six strings as each chord is held, the lowest first. */
const CHORDS = {
  C: [48, 52, 55, 60, 64, 67],
  Am: [45, 52, 57, 60, 64, 67],
  F: [41, 48, 53, 57, 60, 65],
  G: [43, 47, 50, 55, 59, 67],
  Em: [40, 47, 52, 55, 59, 64],
  Dm: [50, 57, 57, 62, 65, 69],
} as const;
const SONG = ["C", "G", "Am", "Em", "F", "C", "Dm", "G"] as const;
/** Which string is played on each eighth: thumb on the beats, fingers between. */
const ROLLS = [[0, 3, 2, 4, 1, 5, 2, 4], [0, 4, 2, 3, 1, 4, 2, 5], [
  0,
  5,
  2,
  4,
  1,
  3,
  2,
  4,
]] as const;

export const fingerpicking: Piece = ({ seconds, random }) => {
  const time = grid({ tempo: 96, stepsPerBeat: 2, swing: 0.53, seconds, tail: 3.5 });
  const music = silence(seconds);
  const string = (
    bright: number,
    midi: number,
    at: number,
    held: number,
    gain: number,
    pan: number,
  ) =>
    place(music, pluck({ ring: 4, bright }, midi, held, random), at + between(random, 0, 0.01), {
      gain,
      pan,
    });
  for (let bar = 0; bar < time.bars - 1; bar++) {
    const shape = CHORDS[SONG[bar % SONG.length] ?? "C"];
    pick(random, ROLLS).forEach((choice, eighth) => {
      const isThumb = eighth % 2 === 0;
      const midi = shape[choice] ?? 60;
      const held = Math.min(time.bar - eighth * time.step, time.beat * (isThumb ? 2 : 3));
      // what sounds on the lower strings comes a little from the left, as when one sits before it
      string(
        isThumb ? 0.3 : 0.6,
        midi,
        time.at(bar, eighth),
        held,
        isThumb ? 0.4 : 0.3,
        choice / 5 - 0.5,
      );
    });
    if (bar % 4 === 3) string(0.7, (shape[5] ?? 64) + 2, time.at(bar, 7), time.beat, 0.28, 0.5);
  }
  // the end: one slow stroke over all strings
  const end = time.at(time.bars - 1);
  CHORDS.C.forEach((midi, at) => string(0.4, midi, end + at * 0.05, 3, 0.32, at / 5 - 0.5));
  hall(music, { seconds: 1.2, wet: 0.18, damping: 0.5 });
  return finish(music, { rmsDb: -18, fadeOut: 2 });
};
