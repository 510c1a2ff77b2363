/** Voices that sing a vowel: saws with vibrato through the resonances of a mouth. */
import { type Envelope, level, soundingFor } from "./envelope.ts";
import { stateVariable } from "./filter.ts";
import { saw, sine } from "./oscillator.ts";
import { hz } from "./pitch.ts";
import { between, type Random } from "./random.ts";
import { frames, RATE, type Sound } from "./stereo.ts";

/** Frequency in Hz and strength of the first three formants (Peterson and Barney 1952, rounded). */
const VOWELS = {
  ah: [[730, 1], [1_090, 0.5], [2_440, 0.12]],
  oh: [[570, 1], [840, 0.45], [2_410, 0.08]],
  oo: [[300, 1], [870, 0.25], [2_240, 0.04]],
} as const;
export type Vowel = keyof typeof VOWELS;

const BREATH: Envelope = { attack: 0.35, decay: 1, sustain: 0.85, release: 0.9 };

/** `singers` of one part, a little apart in pitch and in time, on one note. */
export function choir(
  vowel: Vowel,
  midi: number,
  held: number,
  { singers = 3, random }: { singers?: number; random: Random },
): Sound {
  const sound = new Float32Array(frames(soundingFor(BREATH, held)));
  for (let singer = 0; singer < singers; singer++) {
    const frequency = hz(midi + between(random, -0.09, 0.09));
    const [rate, depth] = [between(random, 4.8, 5.9), between(random, 0.004, 0.008)];
    let [phase, shake] = [random(), random()];
    for (let i = 0; i < sound.length; i++) {
      shake += rate / RATE;
      // nobody begins a note with vibrato
      const step = frequency * (1 + depth * Math.min(1, i / RATE) * sine(shake)) / RATE;
      phase += step;
      if (phase >= 1) phase -= 1;
      sound[i] = (sound[i] ?? 0) + saw(phase, step) / Math.sqrt(singers);
    }
  }
  const mouth = VOWELS[vowel].map(([frequency, strength]) => ({
    filter: stateVariable(frequency, 7),
    strength,
  }));
  for (let i = 0; i < sound.length; i++) {
    const source = sound[i] ?? 0;
    let sum = source * 0.02;
    for (const { filter, strength } of mouth) {
      filter.feed(source);
      sum += filter.band * strength * 0.25;
    }
    sound[i] = sum * level(BREATH, i / RATE, held);
  }
  return sound;
}
