/** Techno: four on the floor, a rolling bass in sixteenths, stabs in the echo, a break to breathe. */
import type { Piece } from "../piece.ts";
import * as drums from "../sound/drums.ts";
import { finish } from "../sound/finish.ts";
import { type Key, note, SCALES } from "../sound/pitch.ts";
import { pick } from "../sound/random.ts";
import { grid, hits, partOf } from "../sound/rhythm.ts";
import { echo, hall, pump, warm } from "../sound/space.ts";
import { blend, place, placeWide, silence } from "../sound/stereo.ts";
import { type Patch, subtractive } from "../sound/subtractive.ts";

const KEY: Key = { root: 33, scale: SCALES.minor };
const BASS: Patch = {
  wave: "saw",
  amp: { attack: 0.003, decay: 0.16, sustain: 0.2, release: 0.04 },
  cutoff: 140,
  sweep: 2.6,
  resonance: 2.4,
};
const STAB: Patch = {
  wave: "saw",
  voices: 3,
  detune: 22,
  amp: { attack: 0.004, decay: 0.22, sustain: 0.05, release: 0.2 },
  cutoff: 500,
  sweep: 2.4,
  resonance: 1.6,
};
/** Intro, groove, full, break, full, outro. */
const PARTS = 6;

export const techno: Piece = ({ seconds, random }) => {
  const time = grid({ tempo: 130, seconds });
  const [beats, low, high, music] = [0, 1, 2, 3].map(() => silence(seconds));
  if (!beats || !low || !high || !music) throw new Error("four buses were asked for");
  const [kick, hat, open, clap, ride] = [
    drums.kick(random, 0.15),
    drums.hat(random),
    drums.openHat(random),
    drums.clap(random),
    drums.cymbal(random, 0.18),
  ];
  // one bar of bass that stays: repetition is the point of it
  const riff = Array.from({ length: 16 }, (_, step) => ({
    step,
    midi: note(KEY, pick(random, [0, 0, 0, 0, 7, 2, 6])),
    plays: step % 4 !== 0 && random() < 0.85,
  }));
  const kicks: number[] = [];
  for (let bar = 0; bar < time.bars; bar++) {
    const part = partOf(bar, time.bars, PARTS);
    const isBreak = part === 3 && time.bars >= PARTS * 2;
    for (const { step, strength } of hits(isBreak ? "" : "X... X... X... X...")) {
      kicks.push(time.at(bar, step));
      place(beats, kick, time.at(bar, step), { gain: 0.95 * strength });
    }
    if (part >= 1) {
      for (const { step } of hits("..x. ..x. ..x. ..x.")) {
        place(beats, open, time.at(bar, step), { gain: 0.32, pan: 0.15 });
      }
    }
    for (const { step, strength } of hits("oxox oxox oxox oxxo")) {
      place(beats, hat, time.at(bar, step), { gain: 0.3 * strength, pan: -0.25 });
    }
    if (part >= 2 && !isBreak) {
      for (const { step } of hits(".... x... .... x...")) {
        place(beats, clap, time.at(bar, step), { gain: 0.5 });
      }
      if (part === 4) place(beats, ride, time.at(bar), { gain: 0.2, pan: 0.4 });
    }
    for (const { step, midi, plays } of riff) {
      if (!plays) continue;
      // the filter opens over the eight bars of a phrase
      const open = BASS.cutoff * (1 + (bar % 8) / 5);
      const sound = subtractive({ ...BASS, cutoff: open }, midi, time.step * 0.8, random);
      place(low, sound, time.at(bar, step), { gain: isBreak ? 0.25 : 0.5 });
    }
    if (part >= 2) {
      for (
        const { step, strength } of hits(
          bar % 2 === 0 ? "...x ..x. .... ...." : "...x .... ..x. ....",
        )
      ) {
        for (const degree of [14, 16, 18]) {
          placeWide(
            high,
            () => subtractive(STAB, note(KEY, degree), 0.1, random),
            time.at(bar, step),
            {
              gain: 0.17 * strength,
            },
          );
        }
      }
    }
  }
  echo(high, { seconds: time.step * 3, feedback: 0.55, wet: 0.5 });
  hall(high, { seconds: 2.2, wet: 0.25 });
  for (const bus of [low, high]) {
    pump(bus, kicks, { depth: 0.75, seconds: time.beat * 0.7 });
    blend(music, bus);
  }
  warm(beats, 1.1);
  blend(music, beats);
  return finish(music, { rmsDb: -12, fadeOut: 3 });
};
