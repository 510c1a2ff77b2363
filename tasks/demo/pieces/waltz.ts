/** A waltz for plucked strings: bass and chords from one player, the tune from another. */
import type { Piece } from "../piece.ts";
import { finish } from "../sound/finish.ts";
import { chord, type Key, note, SCALES, voiced } from "../sound/pitch.ts";
import { pluck } from "../sound/pluck.ts";
import { between, pick } from "../sound/random.ts";
import { grid } from "../sound/rhythm.ts";
import { hall } from "../sound/space.ts";
import { place, silence } from "../sound/stereo.ts";

const KEY: Key = { root: 55, scale: SCALES.major };
/** Eight bars of A, and of B; the form is A A B A. */
const A = [0, 0, 3, 4, 0, 5, 4, 0];
const B = [3, 3, 0, 0, 1, 1, 4, 4];
/** Rhythms of a bar of the tune: when each note begins and how long it lasts, in eighths. */
const FIGURES = [[[0, 6]], [[0, 4], [4, 2]], [[0, 2], [2, 2], [4, 2]], [[0, 3], [3, 1], [
  4,
  2,
]]] as const;

export const waltz: Piece = ({ seconds, random }) => {
  const time = grid({ tempo: 164, beats: 3, stepsPerBeat: 2, seconds, tail: 3 });
  const music = silence(seconds);
  // the tune is made once for A and once for B, and comes back: that makes it one
  const tune = [A, B].map((steps) => {
    let at = 7;
    return steps.map((step) =>
      pick(random, FIGURES).map(([start, length], index) => {
        // the first note of a bar is of its chord, the others walk
        const wanted = index === 0
          ? step + pick(random, [0, 2, 4]) + (step > 3 ? 0 : 7)
          : at + pick(random, [-1, 1, 1, 2]);
        at = Math.min(14, Math.max(4, wanted));
        return { start, length, at };
      })
    );
  });
  const last = time.bars - 1;
  for (let bar = 0; bar < time.bars; bar++) {
    const section = Math.floor(bar / 8) % 4 === 2 ? 1 : 0;
    const step = bar === last ? 0 : (section ? B : A)[bar % 8] ?? 0;
    // a breath before each line
    const rubato = bar % 8 === 7 ? 0.02 : 0;
    const hand = () => between(random, 0, 0.012) + rubato;
    place(
      music,
      pluck({ ring: 3.5, bright: 0.35 }, note(KEY, step) - 24, time.bar, random),
      time.at(bar) + hand(),
      {
        gain: 0.55,
        pan: -0.3,
      },
    );
    for (const beat of bar === last ? [] : [2, 4]) {
      voiced(chord(KEY, step), 55).forEach((midi, finger) => {
        const sound = pluck({ ring: 2, bright: 0.25 }, midi, time.beat * 0.9, random);
        place(music, sound, time.at(bar, beat) + finger * 0.009 + hand(), {
          gain: 0.22,
          pan: -0.35,
        });
      });
    }
    const melody = bar === last ? [{ start: 0, length: 6, at: 7 }] : tune[section]?.[bar % 8] ?? [];
    for (const { start, length, at } of melody) {
      const midi = note(KEY, at) + (Math.floor(bar / 8) % 4 === 3 ? 12 : 0);
      const sound = pluck({ ring: 3, bright: 0.75 }, midi, length * time.step * 1.1, random);
      place(music, sound, time.at(bar, start) + hand(), { gain: 0.42, pan: 0.35 });
    }
  }
  hall(music, { seconds: 1.8, wet: 0.22, damping: 0.5 });
  return finish(music, { rmsDb: -17, fadeOut: 1.5 });
};
