/** House: a warm four to the floor, minor ninths on the organ, and a bass that answers. */
import type { Piece } from "../piece.ts";
import * as drums from "../sound/drums.ts";
import { finish } from "../sound/finish.ts";
import { fm, type FmPatch, ROUND_BASS } from "../sound/fm.ts";
import { chord, type Key, note, SCALES, voiced } from "../sound/pitch.ts";
import { between, pick } from "../sound/random.ts";
import { grid, hits, partOf } from "../sound/rhythm.ts";
import { echo, hall, pump, warm } from "../sound/space.ts";
import { blend, place, silence } from "../sound/stereo.ts";

const KEY: Key = { root: 48, scale: SCALES.dorian };
const STEPS = [0, 0, 3, 6];
const ORGAN: FmPatch = {
  ratio: 2,
  index: 0.9,
  indexFall: 0.5,
  amp: { attack: 0.004, decay: 0.3, sustain: 0.35, release: 0.1 },
};

export const house: Piece = ({ seconds, random }) => {
  const time = grid({ tempo: 122, seconds, swing: 0.55, tail: 2 });
  const [beats, keys, music] = [silence(seconds), silence(seconds), silence(seconds)];
  const [kick, clap, open, shaker, tom] = [
    drums.kick(random, 0.2),
    drums.clap(random),
    drums.openHat(random),
    drums.shaker(random),
    drums.tom(random, 160),
  ];
  const kicks: number[] = [];
  const stabs = pick(random, ["x..x ..x. ..x. ....", "..x. ..x. x..x ...."]);
  const walk = hits("..x. .xx. ..x. .x.x").map(({ step }) => ({
    step,
    degree: pick(random, [0, 0, 2, 4, 6]),
  }));
  for (let bar = 0; bar < time.bars; bar++) {
    const part = partOf(bar, time.bars, 6);
    const step = STEPS[bar % STEPS.length] ?? 0;
    for (const { step: at } of hits(part === 3 && time.bars >= 12 ? "" : "X... X... X... X...")) {
      kicks.push(time.at(bar, at));
      place(beats, kick, time.at(bar, at), { gain: 0.8 });
    }
    for (const { step: at } of hits(".... x... .... x...")) {
      place(beats, clap, time.at(bar, at), { gain: 0.45 });
    }
    for (const { step: at } of part === 0 ? [] : hits("..x. ..x. ..x. ..x.")) {
      place(beats, open, time.at(bar, at), { gain: 0.3, pan: 0.2 });
    }
    for (const { step: at, strength } of hits("xoxo xoxo xoxo xoxx")) {
      place(beats, shaker, time.at(bar, at), {
        gain: 0.3 * strength * between(random, 0.8, 1),
        pan: -0.45,
      });
    }
    if (bar % 8 === 7) {
      for (const at of [12, 13.5, 15]) {
        place(beats, tom, time.at(bar, at), { gain: 0.3, pan: 0.4 });
      }
    }
    for (const { step: at, strength } of hits(stabs)) {
      voiced(chord(KEY, step, 5), 58).forEach((midi, finger) => {
        place(keys, fm(ORGAN, midi, time.step * 1.2), time.at(bar, at), {
          gain: 0.12 * strength,
          pan: (finger - 2) * 0.25,
        });
      });
    }
    if (part === 0) continue;
    for (const { step: at, degree } of walk) {
      const sound = fm(ROUND_BASS, note(KEY, step + degree) - 24, time.step * 1.3);
      place(music, sound, time.at(bar, at), { gain: 0.4 });
    }
  }
  echo(keys, { seconds: time.step * 3, feedback: 0.35, wet: 0.25 });
  hall(keys, { seconds: 1.6, wet: 0.2 });
  pump(keys, kicks, { depth: 0.6, seconds: time.beat * 0.6 });
  pump(music, kicks, { depth: 0.5, seconds: time.beat * 0.4 });
  warm(beats, 1.2);
  blend(music, keys);
  blend(music, beats);
  return finish(music, { rmsDb: -13, fadeOut: 3 });
};
