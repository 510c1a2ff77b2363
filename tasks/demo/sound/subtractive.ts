/** The voice of an analogue synthesizer: detuned waves through a low-pass that an envelope moves. */
import { type Envelope, level, soundingFor } from "./envelope.ts";
import { stateVariable } from "./filter.ts";
import { pulse, saw, triangle } from "./oscillator.ts";
import { hz } from "./pitch.ts";
import type { Random } from "./random.ts";
import { frames, RATE, type Sound } from "./stereo.ts";

export interface Patch {
  readonly wave: "saw" | "pulse" | "triangle";
  /** How many oscillators, and how far apart the outer ones are, in cents. */
  readonly voices?: number;
  readonly detune?: number;
  readonly amp: Envelope;
  /** In Hz; `sweep` octaves are added where the filter's envelope is at its top. */
  readonly cutoff: number;
  readonly sweep?: number;
  readonly resonance?: number;
  /** Default: the same as `amp`. */
  readonly moves?: Envelope;
}

/** The filter is tuned this often: often enough to sound smooth, seldom enough to be quick. */
const TUNE_EVERY = 16;

/** A note of a MIDI number, held for `held` seconds. */
export function subtractive(patch: Patch, midi: number, held: number, random: Random): Sound {
  const { wave, voices = 1, detune = 0, amp, cutoff, sweep = 0, resonance = 0.8 } = patch;
  const moves = patch.moves ?? amp;
  const sound = new Float32Array(frames(soundingFor(amp, held)));
  const steps = Array.from({ length: voices }, (_, at) => {
    const cents = voices === 1 ? 0 : detune * (at / (voices - 1) - 0.5);
    return hz(midi + cents / 100) / RATE;
  });
  // each voice begins somewhere else, else all of them would start as one click
  const phases = steps.map(() => random());
  const filter = stateVariable(cutoff, resonance);
  const scale = 1 / Math.sqrt(voices);
  for (let i = 0; i < sound.length; i++) {
    const t = i / RATE;
    if (sweep !== 0 && i % TUNE_EVERY === 0) {
      filter.tune(cutoff * 2 ** (sweep * level(moves, t, held)), resonance);
    }
    let sum = 0;
    for (let v = 0; v < voices; v++) {
      const step = steps[v] ?? 0;
      let phase = (phases[v] ?? 0) + step;
      if (phase >= 1) phase -= 1;
      phases[v] = phase;
      sum += wave === "saw"
        ? saw(phase, step)
        : wave === "pulse"
        ? pulse(phase, step)
        : triangle(phase);
    }
    filter.feed(sum * scale);
    sound[i] = filter.low * level(amp, t, held);
  }
  return sound;
}
