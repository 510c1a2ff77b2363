/** A sound whose every moment is unlike those about it, and what became of it on its way. */
import { ffmpegMakes } from "./audio.ts";

/** Hz that both are compared at; the sweeps stay far below half of it. */
const RATE = 8_000;
/** The sweeps begin anew after so many seconds. */
const PERIOD = 5;
const LOW = 300;
const HIGH = 2_700;
const SLOPE = (HIGH - LOW) / PERIOD;
const LOUD = 0.4;
/** What is looked for at a time, in seconds. */
const WINDOW = 0.2;
/** How far from its place a window is looked for, in seconds. */
const REACH = 0.15;

/** Input options of ffmpeg that make it: left rises, right falls. */
export function chirpInput(seconds: number): string[] {
  const t = `mod(t,${PERIOD})`;
  const left = `${LOUD}*sin(2*PI*(${LOW}*${t}+${SLOPE / 2}*${t}*${t}))`;
  const right = `${LOUD}*sin(2*PI*(${HIGH}*${t}-${SLOPE / 2}*${t}*${t}))`;
  return ["-f", "lavfi", "-i", `aevalsrc='${left}|${right}':s=48000:d=${seconds}`];
}

/** The same at the rate of the comparison. */
function wantedSound(seconds: number): Stereo {
  const make = (start: number, slope: number) =>
    Float32Array.from({ length: seconds * RATE }, (_, index) => {
      const t = (index / RATE) % PERIOD;
      return LOUD * Math.sin(2 * Math.PI * (start * t + slope / 2 * t * t));
    });
  return [make(LOW, SLOPE), make(HIGH, -SLOPE)];
}

/** A WAV of it. */
export const chirpWav = (seconds: number): Promise<Uint8Array<ArrayBuffer>> =>
  ffmpegMakes("wav", [...chirpInput(seconds), "-c:a", "pcm_s16le"]);

/** Both channels of a file that ffmpeg can read, at 8 kHz. Fails where ffmpeg meets an error. */
export async function decoded(file: string): Promise<[Float32Array, Float32Array]> {
  const { stdout, stderr } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-nostdin", "-hide_banner", "-v", "warning", "-i", file],
      ...["-ac", "2", "-ar", String(RATE), "-f", "f32le", "pipe:1"],
    ],
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stderr).trim();
  if (/error|invalid|corrupt|missing/i.test(said)) throw new Error(said);
  const both = new Float32Array(stdout.slice().buffer, 0, Math.floor(stdout.length / 8) * 2);
  const channel = (at: number) => both.filter((_, index) => index % 2 === at);
  return [channel(0), channel(1)];
}

/** What was found of a chirp. */
export interface Heard {
  /** The most that any window lay off its place, in ms: gaps, doubles and a wrong speed show here. */
  readonly drift: number;
  /** The worst likeness of a window, 1 is the same. */
  readonly likeness: number;
  /** How much of the other channel is in each, where 0 is nothing. */
  readonly crosstalk: number;
}

type Stereo = readonly [Float32Array, Float32Array];

/**
 * Compares `seconds` of what a listener heard, from `at` seconds of the file on, with the chirp; where
 * in the chirp that is, is found out.
 */
export async function heardChirp(
  file: string,
  { at, seconds }: { at: number; seconds: number },
): Promise<Heard> {
  const heard = await decoded(file);
  if (heard[0].length < (at + seconds) * RATE) {
    throw new Error(`${heard[0].length / RATE} s were heard; wanted ${at + seconds}`);
  }
  const wanted = wantedSound(Math.ceil(seconds) + 2 * PERIOD);
  const size = WINDOW * RATE;
  const begin = Math.round(at * RATE);
  const first = find(heard[0].subarray(begin, begin + size), wanted[0], 0, (PERIOD + 1) * RATE);
  const offset = begin - first.at;
  let drift = 0;
  let likeness = 1;
  let crosstalk = 0;
  for (let start = first.at; start + size <= first.at + seconds * RATE; start += size) {
    // a period's end within a window is softened by every codec
    const within = (start / RATE) % PERIOD;
    if (within < 0.05 || within + WINDOW > PERIOD - 0.05) continue;
    for (const channel of [0, 1] as const) {
      const window = wanted[channel].subarray(start, start + size);
      const place = start + offset;
      const reach = REACH * RATE;
      const found = find(window, heard[channel], place - reach, place + size + reach);
      drift = Math.max(drift, Math.abs(found.at - place) * 1_000 / RATE);
      likeness = Math.min(likeness, found.likeness);
      const other = heard[channel === 0 ? 1 : 0].subarray(found.at, found.at + size);
      // where the sweeps meet, they are alike
      if (Math.abs(within + WINDOW / 2 - PERIOD / 2) > 0.5) {
        crosstalk = Math.max(crosstalk, Math.abs(correlate(window, other, 0)));
      }
    }
  }
  return { drift, likeness, crosstalk };
}

/** Where `window` is the most like. */
function find(window: Float32Array, sound: Float32Array, near: number, far: number) {
  let best = { at: 0, likeness: -1 };
  const last = Math.min(far, sound.length) - window.length;
  for (let at = Math.max(0, Math.floor(near)); at <= last; at++) {
    const likeness = correlate(window, sound, at);
    if (likeness > best.likeness) best = { at, likeness };
  }
  return best;
}

/** The normalised correlation at one place, from -1 to 1. */
function correlate(window: Float32Array, sound: Float32Array, at: number): number {
  let both = 0;
  let one = 0;
  let other = 0;
  for (let index = 0; index < window.length; index++) {
    const a = window[index]!;
    const b = sound[at + index]!;
    both += a * b;
    one += a * a;
    other += b * b;
  }
  return one === 0 || other === 0 ? 0 : both / Math.sqrt(one * other);
}
