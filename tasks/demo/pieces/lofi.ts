/** Lo-fi: lazy swung drums, seventh chords on a worn electric piano, and the crackle of a record. */
import type { Piece } from "../piece.ts";
import * as drums from "../sound/drums.ts";
import { filtered } from "../sound/filter.ts";
import { finish } from "../sound/finish.ts";
import { ELECTRIC_PIANO, fm, ROUND_BASS } from "../sound/fm.ts";
import { chord, type Key, note, SCALES, voiced } from "../sound/pitch.ts";
import { between, pick, type Random } from "../sound/random.ts";
import { grid, hits, partOf } from "../sound/rhythm.ts";
import { drift, hall, warm } from "../sound/space.ts";
import { blend, eachChannel, frames, place, silence, type Stereo } from "../sound/stereo.ts";

const KEY: Key = { root: 48, scale: SCALES.major };
/** ii V I vi, as in half of all songs before 1960. */
const STEPS = [1, 4, 0, 5];
const GROOVES = ["X..o ..x. .x.. ....", "X... ..xo X... ..o.", "X..x .... ..x. ...."];

/** Dust: single clicks of every strength, and a soft hiss under them. */
function dust(bus: Stereo, random: Random): void {
  eachChannel(bus, (channel) => {
    for (let i = 0; i < channel.length; i++) channel[i] = (2 * random() - 1) * 0.004;
    for (let at = 0; at < channel.length; at += frames(between(random, 0.01, 0.25))) {
      channel[at] = between(random, -1, 1) ** 3 * 0.35;
    }
    filtered(channel, "band", 2_400, 0.6);
  });
}

export const lofi: Piece = ({ seconds, random }) => {
  const time = grid({ tempo: 76, swing: 0.61, seconds, tail: 2.5 });
  const [music, keys, record] = [silence(seconds), silence(seconds), silence(seconds)];
  const [kick, snare, hat] = [
    drums.kick(random, 0.12),
    drums.snare(random, 0.06),
    drums.hat(random),
  ];
  const late = () => between(random, 0, 0.018); // nobody here is in a hurry
  for (let bar = 0; bar < time.bars; bar++) {
    const part = partOf(bar, time.bars, 5);
    const step = STEPS[bar % STEPS.length] ?? 0;
    const strum = [0, random() < 0.5 ? 6 : 10];
    for (const start of strum) {
      voiced(chord(KEY, step, 5), 55).forEach((midi, finger) => {
        const sour = midi + between(random, -0.07, 0.07);
        place(
          keys,
          fm(ELECTRIC_PIANO, sour, time.beat * 1.4),
          time.at(bar, start) + finger * 0.014,
          {
            gain: start === 0 ? 0.14 : 0.09,
            pan: (finger - 2) * 0.22,
          },
        );
      });
    }
    if (part !== 0 && part !== 4) {
      // a tune that comes and goes
      for (
        const { step: at, strength } of hits(
          pick(random, ["..x. x..x ..x. ....", ".... ..x. x.x. x...", ""]),
        )
      ) {
        const midi = note(KEY, step + pick(random, [0, 2, 4, 6, 7])) + 12;
        place(keys, fm(ELECTRIC_PIANO, midi, time.step * 2), time.at(bar, at) + late(), {
          gain: 0.13 * strength,
          pan: 0.2,
        });
      }
    }
    if (part === 0) continue;
    place(music, fm(ROUND_BASS, note(KEY, step) - 12, time.beat * 1.5), time.at(bar), {
      gain: 0.36,
    });
    place(music, fm(ROUND_BASS, note(KEY, step + 4) - 24, time.beat), time.at(bar, 10), {
      gain: 0.28,
    });
    for (const { step: at, strength } of hits(pick(random, GROOVES))) {
      place(music, kick, time.at(bar, at) + late() / 3, { gain: 0.6 * strength });
    }
    for (const { step: at, strength } of hits(".... x..o .... x.o.")) {
      place(music, snare, time.at(bar, at) + late(), { gain: 0.4 * strength, pan: -0.05 });
    }
    for (const { step: at, strength } of hits("x.x. x.xo x.x. xox.")) {
      place(music, hat, time.at(bar, at) + late(), {
        gain: 0.2 * strength * between(random, 0.7, 1),
        pan: 0.3,
      });
    }
  }
  hall(keys, { seconds: 1.4, wet: 0.2 });
  blend(music, keys);
  warm(music, 1.6);
  // the whole record turns unevenly, and its highs are long gone
  drift(music, { rate: 0.55, depth: 0.0022, wet: 1, dry: 0 });
  eachChannel(music, (channel) => filtered(channel, "low", 5_200));
  dust(record, random);
  blend(music, record);
  return finish(music, { rmsDb: -16, fadeOut: 4 });
};
