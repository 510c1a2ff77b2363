/** Frequency modulation with two operators: electric pianos, bells, mallets, round basses. */
import { type Envelope, level, soundingFor } from "./envelope.ts";
import { sine } from "./oscillator.ts";
import { hz } from "./pitch.ts";
import { frames, RATE, type Sound } from "./stereo.ts";

export interface FmPatch {
  /** The modulator's frequency over the carrier's. */
  readonly ratio: number;
  /** How strongly it modulates at the start, in radians, and how soon that falls to a third, in s. */
  readonly index: number;
  readonly indexFall: number;
  readonly amp: Envelope;
  /** Shakes the loudness: its rate in Hz and its depth from 0 to 1. */
  readonly tremolo?: { readonly rate: number; readonly depth: number };
}

/** A note of a MIDI number (fractions are cents), held for `held` seconds. */
export function fm(patch: FmPatch, midi: number, held: number): Sound {
  const { ratio, index, indexFall, amp, tremolo } = patch;
  const sound = new Float32Array(frames(soundingFor(amp, held)));
  const frequency = hz(midi);
  for (let i = 0; i < sound.length; i++) {
    const t = i / RATE;
    const depth = index * Math.exp(-t / indexFall) / (2 * Math.PI);
    const shake = tremolo ? 1 - tremolo.depth * (0.5 + 0.5 * sine(tremolo.rate * t)) : 1;
    sound[i] = sine(frequency * t + depth * sine(ratio * frequency * t)) * shake *
      level(amp, t, held);
  }
  return sound;
}

/** An electric piano with its bell at the start of each note. */
export const ELECTRIC_PIANO: FmPatch = {
  ratio: 1,
  index: 1.6,
  indexFall: 0.35,
  amp: { attack: 0.004, decay: 2.2, sustain: 0.12, release: 0.35 },
  tremolo: { rate: 4.6, depth: 0.25 },
};

/** A wooden bar: the fourth partial, gone at once. */
export const MARIMBA: FmPatch = {
  ratio: 4,
  index: 1.1,
  indexFall: 0.03,
  amp: { attack: 0.002, decay: 0.5, sustain: 0, release: 0.4 },
};

/** A bell: partials that are no harmonics. */
export const BELL: FmPatch = {
  ratio: 3.53,
  index: 2.2,
  indexFall: 1.2,
  amp: { attack: 0.003, decay: 4, sustain: 0, release: 2.5 },
};

/** A bass that is nearly a sine. */
export const ROUND_BASS: FmPatch = {
  ratio: 1,
  index: 0.9,
  indexFall: 0.12,
  amp: { attack: 0.006, decay: 0.9, sustain: 0.45, release: 0.08 },
};
