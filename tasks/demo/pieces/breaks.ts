/** Drum and bass: a break that never repeats quite, a growling bass, and chords high above. */
import type { Piece } from "../piece.ts";
import * as drums from "../sound/drums.ts";
import { filtered } from "../sound/filter.ts";
import { finish } from "../sound/finish.ts";
import { chord, type Key, note, SCALES, voiced } from "../sound/pitch.ts";
import { between, pick } from "../sound/random.ts";
import { grid, hits, partOf } from "../sound/rhythm.ts";
import { drift, hall, pump, warm } from "../sound/space.ts";
import { blend, eachChannel, place, placeWide, silence } from "../sound/stereo.ts";
import { type Patch, subtractive } from "../sound/subtractive.ts";

const KEY: Key = { root: 41, scale: SCALES.minor };
const STEPS = [0, 0, 5, 3];
/** Kick, snare and hat of one bar each. */
const BREAKS = [
  ["X... .... ..x. ....", ".... X..o .o.. X..o", "x.x. x.x. x.x. x.x."],
  ["X... .... ..x. .x..", ".... X..o .o.. X.o.", "x.x. x.xo x.x. x.x."],
  ["X.x. .... ..X. ....", ".... X.oo .o.. X.xo", "x.x. xxx. x.x. x.xx"],
] as const;
const REESE: Patch = {
  wave: "saw",
  voices: 2,
  detune: 34,
  amp: { attack: 0.02, decay: 0.5, sustain: 0.85, release: 0.08 },
  cutoff: 320,
  sweep: 1.3,
  resonance: 1.4,
  moves: { attack: 0.35, decay: 0.8, sustain: 0.3, release: 0.1 },
};
const SUB: Patch = { ...REESE, wave: "triangle", voices: 1, cutoff: 120, sweep: 0 };
const PAD: Patch = {
  wave: "saw",
  voices: 3,
  detune: 20,
  amp: { attack: 0.7, decay: 1, sustain: 0.8, release: 1.4 },
  cutoff: 900,
  sweep: 0.8,
};

export const breaks: Piece = ({ seconds, random }) => {
  const time = grid({ tempo: 172, seconds, swing: 0.52, tail: 2 });
  const [beats, growl, sky, music] = [
    silence(seconds),
    silence(seconds),
    silence(seconds),
    silence(seconds),
  ];
  const [kick, snare, hat, crash] = [
    drums.kick(random, 0.11),
    drums.snare(random, 0.075),
    drums.hat(random),
    drums.cymbal(random),
  ];
  const kicks: number[] = [];
  for (let bar = 0; bar < time.bars; bar++) {
    const part = partOf(bar, time.bars, 5);
    const step = STEPS[Math.floor(bar / 2) % STEPS.length] ?? 0;
    const [low, middle, high] = bar % 4 === 3 ? BREAKS[2] : pick(random, BREAKS);
    if (part !== 2 || time.bars < 10) {
      for (const { step: at, strength } of hits(low)) {
        kicks.push(time.at(bar, at));
        place(beats, kick, time.at(bar, at), { gain: 0.9 * strength });
      }
      for (const { step: at, strength } of hits(middle)) {
        place(beats, snare, time.at(bar, at), { gain: 0.75 * strength, pan: 0.05 });
      }
    }
    for (const { step: at, strength } of hits(high)) {
      place(beats, hat, time.at(bar, at), {
        gain: 0.32 * strength * between(random, 0.75, 1),
        pan: 0.3,
      });
    }
    if (bar % 8 === 0) place(beats, crash, time.at(bar), { gain: 0.25, pan: -0.3 });
    if (part > 0) {
      for (
        const [at, length] of bar % 2 === 0 ? [[0, 9], [10, 5]] as const : [[0, 5], [6, 8]] as const
      ) {
        const midi = note(KEY, step) - (at === 0 ? 0 : pick(random, [0, 0, -3]));
        placeWide(
          growl,
          () => subtractive(REESE, midi, length * time.step, random),
          time.at(bar, at),
          {
            gain: 0.3,
            width: 0.6,
          },
        );
        place(growl, subtractive(SUB, midi - 12, length * time.step, random), time.at(bar, at), {
          gain: 0.4,
        });
      }
    }
    if (bar % 2 === 0) {
      for (const midi of voiced(chord(KEY, step, 5), 65)) {
        placeWide(sky, () => subtractive(PAD, midi, time.bar * 1.9, random), time.at(bar), {
          gain: 0.06,
        });
      }
    }
  }
  drift(sky, { rate: 0.3, depth: 0.004, wet: 0.6 });
  hall(sky, { seconds: 3.5, wet: 0.4 });
  eachChannel(sky, (channel) => filtered(channel, "high", 250));
  pump(growl, kicks, { depth: 0.6, seconds: 0.16 });
  warm(beats, 1.4);
  for (const bus of [beats, growl, sky]) blend(music, bus);
  return finish(music, { rmsDb: -12.5, fadeOut: 3 });
};
