/** A plucked string after Karplus and Strong (1983): a burst of noise that goes round a short line. */
import { hz } from "./pitch.ts";
import type { Random } from "./random.ts";
import { frames, RATE, type Sound } from "./stereo.ts";

export interface PluckOptions {
  /** How long the string sounds until it is at a thousandth, in seconds. */
  readonly ring: number;
  /** 0 is a soft thumb, 1 a hard plectrum. */
  readonly bright: number;
}

/** A note of a MIDI number that is let ring for `held` seconds and then damped. */
export function pluck(
  { ring, bright }: PluckOptions,
  midi: number,
  held: number,
  random: Random,
): Sound {
  const frequency = hz(midi);
  // the average of two neighbours delays by half a sample
  const exact = RATE / frequency - 0.5;
  const length = Math.max(2, Math.floor(exact));
  const fraction = exact - length;
  // an all-pass makes up for the part of a sample that a whole line cannot have: it is in tune
  const tuning = (1 - fraction) / (1 + fraction);
  const line = burst(length, bright, random);
  const loss = 10 ** (-3 / (ring * frequency));
  const damped = frames(held);
  const sound = new Float32Array(damped + frames(0.12));
  let [at, last, passed, previous] = [0, 0, 0, 0];
  for (let i = 0; i < sound.length; i++) {
    const out = line[at] ?? 0;
    const softened = loss * (i < damped ? 1 : 0.9) * 0.5 * (out + last);
    last = out;
    passed = tuning * (softened - passed) + previous;
    previous = softened;
    line[at] = passed;
    at = at + 1 === length ? 0 : at + 1;
    sound[i] = out * (i < damped ? 1 : 1 - (i - damped) / (sound.length - damped));
  }
  return sound;
}

/** The noise that the finger leaves on the string: mean zero, softened, and of one strength. */
function burst(length: number, bright: number, random: Random): Float32Array {
  const line = new Float32Array(length);
  let [soft, sum] = [0, 0];
  for (let i = 0; i < length; i++) {
    soft += (0.06 + 0.5 * bright) * (2 * random() - 1 - soft);
    line[i] = soft;
    sum += soft;
  }
  let power = 0;
  for (let i = 0; i < length; i++) power += ((line[i] ?? 0) - sum / length) ** 2;
  const scale = 0.5 / Math.sqrt(power / length + 1e-9);
  return line.map((x) => (x - sum / length) * scale);
}
