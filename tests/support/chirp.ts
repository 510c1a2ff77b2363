/** A sound whose every moment is unlike any other, and what became of it on its way. */
import { ffmpegMakes } from "./audio.ts";

/** Hz that both are compared at; the sweeps stay far below half of it. */
const RATE = 8_000;
/** What is looked for at a time, in seconds. */
const WINDOW = 0.2;
/** How far from its place a later window is looked for, in seconds. */
const REACH = 0.4;

/** Left rises from 300 to 2,700 Hz, right falls; the same at any rate. */
const expression = (seconds: number) => {
  const slope = 2_400 / seconds;
  const left = `0.4*sin(2*PI*(300*t+${slope / 2}*t*t))`;
  const right = `0.4*sin(2*PI*(2700*t-${slope / 2}*t*t))`;
  return `aevalsrc='${left}|${right}':s=48000:d=${seconds}`;
};

/** Input options of ffmpeg that make it. */
export const chirpInput = (seconds: number): string[] => ["-f", "lavfi", "-i", expression(seconds)];

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
  /** Seconds of the chirp that were there without a gap. */
  readonly seconds: number;
  /** The most that any window lay off its place, in ms: gaps, doubles and a wrong speed show here. */
  readonly drift: number;
  /** The worst likeness of a window, 1 is the same. */
  readonly likeness: number;
  /** How much of the other channel is in each, where 0 is nothing. */
  readonly crosstalk: number;
}

/** Looks for `seconds` of the chirp in what a listener heard, from `from` seconds of the chirp on. */
export async function heardChirp(
  file: string,
  { length, from, to }: { length: number; from: number; to: number },
): Promise<Heard> {
  const wav = await Deno.makeTempFile({ suffix: ".wav" });
  try {
    await Deno.writeFile(wav, await chirpWav(length));
    const [wanted, heard] = await Promise.all([decoded(wav), decoded(file)]);
    return compare(wanted, heard, from, to);
  } finally {
    await Deno.remove(wav);
  }
}

type Stereo = readonly [Float32Array, Float32Array];

function compare(wanted: Stereo, heard: Stereo, from: number, to: number): Heard {
  const size = WINDOW * RATE;
  let offset: number | undefined;
  let drift = 0;
  let likeness = 1;
  let crosstalk = 0;
  for (let second = from; second + WINDOW <= to; second += WINDOW) {
    const start = Math.round(second * RATE);
    for (const channel of [0, 1] as const) {
      const window = wanted[channel].subarray(start, start + size);
      const near = offset === undefined ? 0 : start + offset - REACH * RATE;
      const far = offset === undefined ? heard[channel].length : start + offset + REACH * RATE;
      const found = find(window, heard[channel], near, far);
      offset ??= found.at - start;
      drift = Math.max(drift, Math.abs(found.at - start - offset) * 1_000 / RATE);
      likeness = Math.min(likeness, found.likeness);
      const other = heard[channel === 0 ? 1 : 0].subarray(found.at, found.at + size);
      // where the sweeps meet, they are alike
      if (Math.abs(second + WINDOW / 2 - wanted[0].length / RATE / 2) > 0.5) {
        crosstalk = Math.max(crosstalk, Math.abs(correlate(window, other, 0)));
      }
    }
  }
  return { seconds: to - from, drift, likeness, crosstalk };
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
