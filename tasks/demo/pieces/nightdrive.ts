/** Synthwave: eighths in the bass, an arpeggio, a snare in a large room, a lead that bends. */
import type { Piece } from "../piece.ts";
import * as drums from "../sound/drums.ts";
import { finish } from "../sound/finish.ts";
import { chord, type Key, note, SCALES, voiced } from "../sound/pitch.ts";
import { pick } from "../sound/random.ts";
import { grid, hits, partOf } from "../sound/rhythm.ts";
import { drift, echo, hall, pump, warm } from "../sound/space.ts";
import { blend, place, placeWide, silence } from "../sound/stereo.ts";
import { type Patch, subtractive } from "../sound/subtractive.ts";

const KEY: Key = { root: 40, scale: SCALES.minor };
const STEPS = [0, 5, 2, 6];
const BASS: Patch = {
  wave: "saw",
  voices: 2,
  detune: 10,
  amp: { attack: 0.004, decay: 0.2, sustain: 0.35, release: 0.05 },
  cutoff: 260,
  sweep: 2,
  resonance: 1.3,
};
const ARP: Patch = {
  wave: "pulse",
  amp: { attack: 0.003, decay: 0.15, sustain: 0.1, release: 0.1 },
  cutoff: 900,
  sweep: 1.6,
  resonance: 1.5,
};
const PAD: Patch = {
  wave: "saw",
  voices: 3,
  detune: 24,
  amp: { attack: 0.4, decay: 1, sustain: 0.85, release: 0.8 },
  cutoff: 1_100,
};
const LEAD: Patch = {
  wave: "saw",
  voices: 2,
  detune: 14,
  amp: { attack: 0.03, decay: 0.5, sustain: 0.7, release: 0.3 },
  cutoff: 1_400,
  sweep: 1,
};

export const nightdrive: Piece = ({ seconds, random }) => {
  const time = grid({ tempo: 100, seconds, tail: 3 });
  const [beats, room, synths, lead, music] = [1, 2, 3, 4, 5].map(() => silence(seconds));
  if (!beats || !room || !synths || !lead || !music) throw new Error("five buses were asked for");
  const [kick, snare, hat, tom] = [
    drums.kick(random, 0.17),
    drums.snare(random, 0.12),
    drums.hat(random),
    drums.tom(random, 140),
  ];
  const tune = hits("x... ..x. x... x...").concat(
    hits("x..x .... x.x. ....").map((hit) => ({ ...hit, step: hit.step + 16 })),
  )
    .map(({ step }) => ({ step, degree: pick(random, [14, 15, 16, 18, 18, 20]) }));
  const kicks: number[] = [];
  for (let bar = 0; bar < time.bars; bar++) {
    const part = partOf(bar, time.bars, 5);
    const step = STEPS[bar % STEPS.length] ?? 0;
    for (let at = 0; at < 16; at += 2) {
      place(synths, subtractive(BASS, note(KEY, step), time.step * 1.6, random), time.at(bar, at), {
        gain: 0.36,
      });
    }
    const notes = voiced(chord(KEY, step, 4), 64);
    for (let at = 0; at < 16; at++) {
      const midi = notes[[0, 1, 2, 3, 2, 1][at % 6] ?? 0] ?? 64;
      place(lead, subtractive(ARP, midi, time.step * 0.7, random), time.at(bar, at), {
        gain: part === 0 ? 0.12 : 0.09,
        pan: at % 2 === 0 ? -0.6 : 0.6,
      });
    }
    for (const midi of voiced(chord(KEY, step), 57)) {
      placeWide(synths, () => subtractive(PAD, midi, time.bar * 0.95, random), time.at(bar), {
        gain: 0.075,
      });
    }
    if (part === 0) continue;
    for (const { step: at } of hits("X... .... X.x. ....")) {
      kicks.push(time.at(bar, at));
      place(beats, kick, time.at(bar, at), { gain: 0.85 });
    }
    for (const { step: at } of hits(".... X... .... X...")) {
      place(room, snare, time.at(bar, at), { gain: 0.6 });
    }
    for (const { step: at, strength } of hits("x.x. x.x. x.x. x.xx")) {
      place(beats, hat, time.at(bar, at), { gain: 0.2 * strength, pan: 0.3 });
    }
    if (bar % 4 === 3) {
      [10, 12, 13, 14].forEach((at, turn) =>
        place(room, tom, time.at(bar, at), { gain: 0.35, pan: turn / 3 - 0.5 })
      );
    }
    if (part < 2 || part === 4) continue;
    for (const { step: at, degree } of tune) {
      if (Math.floor(at / 16) !== bar % 2) continue;
      place(
        lead,
        subtractive(LEAD, note(KEY, degree), time.step * 3, random),
        time.at(bar, at % 16),
        { gain: 0.17 },
      );
    }
  }
  hall(room, { seconds: 1.1, wet: 0.6, damping: 0.2 });
  drift(synths, { rate: 0.4, depth: 0.003, wet: 0.4 });
  pump(synths, kicks, { depth: 0.5, seconds: time.beat * 0.6 });
  echo(lead, { seconds: time.step * 3, feedback: 0.4, wet: 0.35 });
  hall(lead, { seconds: 2.5, wet: 0.2 });
  warm(beats, 1.2);
  for (const bus of [beats, room, synths, lead]) blend(music, bus);
  return finish(music, { rmsDb: -13.5, fadeOut: 4 });
};
