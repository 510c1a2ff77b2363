/** Mallets: one pattern of twelve on two marimbas, of which one moves ahead a step at a time. */
import type { Piece } from "../piece.ts";
import { finish } from "../sound/finish.ts";
import { BELL, fm, MARIMBA } from "../sound/fm.ts";
import { type Key, note, SCALES } from "../sound/pitch.ts";
import { between, pick } from "../sound/random.ts";
import { grid, hits } from "../sound/rhythm.ts";
import { hall } from "../sound/space.ts";
import { place, silence } from "../sound/stereo.ts";

const KEY: Key = { root: 62, scale: SCALES.majorPentatonic };
/** The bell pattern of much West African music: five long and two short steps. */
const PATTERN = "x.x.xx.x.x.x";
/** So many bars until the second player moves on. */
const STAY = 4;
const BASSES = [0, -2, -1, 1];

export const mallets: Piece = ({ seconds, random }) => {
  const time = grid({ tempo: 132, beats: 3, stepsPerBeat: 4, seconds, tail: 2 });
  const music = silence(seconds);
  const degrees = hits(PATTERN).map(({ step }) => ({
    step,
    degree: pick(random, [0, 1, 2, 3, 4, 5, 7]),
  }));
  for (let bar = 0; bar < time.bars; bar++) {
    const ahead = Math.floor(bar / STAY) % 12;
    for (const { step, degree } of degrees) {
      const touch = () => between(random, 0.75, 1);
      place(music, fm(MARIMBA, note(KEY, degree), time.step), time.at(bar, step), {
        gain: 0.3 * touch(),
        pan: -0.55,
      });
      const shifted = (step - ahead + 12) % 12;
      place(music, fm(MARIMBA, note(KEY, degree), time.step), time.at(bar, shifted), {
        gain: 0.3 * touch(),
        pan: 0.55,
      });
    }
    if (bar >= STAY || time.bars < STAY * 2) {
      const low = note(KEY, BASSES[Math.floor(bar / STAY) % BASSES.length] ?? 0) - 24;
      for (const step of [0, 6]) {
        place(music, fm(MARIMBA, low, time.beat), time.at(bar, step), {
          gain: step === 0 ? 0.5 : 0.3,
        });
      }
    }
    if (bar % STAY === 0) {
      place(music, fm(BELL, note(KEY, 5), 0.5), time.at(bar), {
        gain: 0.1,
        pan: between(random, -0.3, 0.3),
      });
    }
  }
  hall(music, { seconds: 2, wet: 0.25 });
  return finish(music, { rmsDb: -18, fadeOut: 2 });
};
