/** Measures a file: loudness after EBU R128, true peak, exact length and peaks (U8, U9). */
import { Rejection } from "../domain/errors.ts";
import type { Loudness } from "../domain/tracks.ts";
import { type Order, type Ran, run, type Tool } from "./ffmpeg.ts";
import { fold } from "./plan.ts";
import { type Probe, tooLong } from "./probe.ts";
import { collectPeaks } from "./waveform.ts";

/** Where playback is to lie (U8): loudness as Spotify and YouTube play, peaks after EBU R128. */
export const TARGET_LUFS = -14;
export const TARGET_PEAK_DB = -1;
/** At this and below, ebur128's absolute gate has let nothing through. */
const GATE_LUFS = -70;

/**
 * What playback is raised by, in dB: `min(−14 − I, −1 − TP)`, 0 for silence. A file too short to
 * have a loudness (R128 wants 400 ms) is only lowered, where its peaks need it.
 */
export function gainFor(integratedLufs: number | null, truePeakDb: number | null): number {
  if (truePeakDb === null) return 0;
  const headroom = TARGET_PEAK_DB - truePeakDb;
  const gain = Math.min(integratedLufs === null ? 0 : TARGET_LUFS - integratedLufs, headroom);
  return Math.round(gain * 100) / 100 || 0;
}

/** A measured file. */
export interface Measured {
  readonly loudness: Loudness;
  /** Counted in decoded samples; never what the container says. */
  readonly durationMs: number;
  /** `.dat` files of the gained signal, finest first. */
  readonly waveforms: readonly Uint8Array<ArrayBuffer>[];
}

export interface MeasureOptions {
  readonly maxSeconds: number;
  readonly signal?: AbortSignal;
  /** Told the position reached, in milliseconds of sound. */
  readonly onProgress?: (atMs: number) => void;
}

/** Large writes: with a frame a write, waking up for each takes as long as all the decoding. */
const LARGE = "asetnsamples=n=8192:p=0";

/**
 * Decodes once for loudness and peaks; the true peak, which takes twice as long as both, is found
 * beside it by a process of its own. Throws `corrupt` (see {@linkcode judge}) and `too_long`.
 */
export async function measure(
  tool: Tool,
  path: string,
  probe: Probe,
  { maxSeconds, signal, onProgress }: MeasureOptions,
): Promise<Measured> {
  const channels = Math.min(probe.channels, 2);
  const peaks = collectPeaks(probe.sampleRate, channels);
  const stop = new AbortController();
  const common = {
    input: path,
    // A second more than is taken, to see that there is more.
    inputArgs: ["-t", String(maxSeconds + 1)],
    signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
    limits: { fileBytes: 0 },
  } satisfies Partial<Order>;
  const decoded = run(tool, {
    ...common,
    args: [
      "-filter_complex",
      `[0:a:0]${fold(channels)},asplit=2[l][p];[l]ebur128=framelog=verbose[lo];` +
      `[p]aformat=sample_fmts=flt,${LARGE}[po]`,
      ...["-map", "[lo]", "-f", "null", "-"],
      ...["-map", "[po]", "-ar", String(probe.sampleRate), "-ac", String(channels)],
      ...["-f", "f32le", "pipe:1"],
    ],
    onOutput: (chunk) => {
      peaks.take(chunk);
      if (peaks.frames > maxSeconds * probe.sampleRate) throw tooLong(maxSeconds);
      onProgress?.(peaks.frames / probe.sampleRate * 1_000);
    },
  });
  const peaking = run(tool, { ...common, args: truePeakArgs(probe.sampleRate, channels) });
  let ran: readonly [Ran, Ran];
  try {
    ran = await Promise.all([decoded, peaking]);
  } catch (error) {
    stop.abort();
    await Promise.allSettled([decoded, peaking]);
    throw error;
  }
  const durationMs = Math.round(peaks.frames / probe.sampleRate * 1_000);
  judge({ errors: ran[0].errors, durationMs, probe });

  const integratedLufs = readLufs(ran[0].log);
  let truePeakDb: number | null = null;
  if (peaks.peak > 0) {
    const quick = readPeak(ran[1].log, /max_volume: (\S+) dB/) - 20 * Math.log10(SCALE);
    const found = quick > QUICK_RANGE[0] && quick < QUICK_RANGE[1] ? quick : readPeak(
      (await run(tool, { ...common, args: slowPeakArgs(channels) })).log,
      /Peak:\s+(\S+) dBFS/,
    );
    truePeakDb = Math.round(Math.max(found, 20 * Math.log10(peaks.peak)) * 10) / 10;
  }
  const gainDb = gainFor(integratedLufs, truePeakDb);
  return {
    loudness: { integratedLufs, truePeakDb, gainDb },
    durationMs,
    waveforms: peaks.finish(gainDb),
  };
}

/** Scaled down before it becomes 16 bit, so that peaks up to +18 dBTP are seen. */
const SCALE = 1 / 8;
/** dBTP between which 16 bits, so scaled, are true to 0.1 dB. */
const QUICK_RANGE = [-40, 18] as const;

/**
 * Four times oversampled up to 48 kHz, as BS.1770 Annex 2 wants, and the largest sample of that.
 * ebur128's own `peak=true` gives the same figure in three times the time (0.55 s against 0.2 s for
 * five minutes), since it resamples in doubles.
 */
function truePeakArgs(sampleRate: number, channels: number): string[] {
  const times = sampleRate <= 48_000 ? 4 : sampleRate <= 96_000 ? 2 : 1;
  const filters = [
    fold(channels),
    LARGE,
    // Ends in silence: at the very end aresample would mirror the sound, a peak that is not there.
    "apad=pad_len=1024",
    `aresample=${sampleRate * times}`,
    "aformat=sample_fmts=flt",
    `volume=${SCALE}:precision=float`,
    "aformat=sample_fmts=s16",
    "volumedetect",
  ];
  return ["-map", "0:a:0", "-af", filters.join(","), "-f", "null", "-"];
}

/** Peaks beyond what the quick way can tell. */
const slowPeakArgs = (channels: number) => [
  ...["-map", "0:a:0", "-af", `${fold(channels)},ebur128=peak=true:framelog=verbose`],
  ...["-f", "null", "-"],
];

/** The summary's integrated loudness; null when all was silent or too short. */
function readLufs(log: readonly string[]): number | null {
  const text = log.findLast((line) => /^\s*I:\s/.test(line));
  const value = Number(/I:\s+(\S+) LUFS/.exec(text ?? "")?.[1]);
  return value > GATE_LUFS ? value : null;
}

function readPeak(log: readonly string[], pattern: RegExp): number {
  const line = log.findLast((one) => pattern.test(one)) ?? "";
  const word = pattern.exec(line)?.[1];
  if (word === undefined) throw new Error("ffmpeg told no peak; its log was cut or has changed");
  return word === "-inf" ? -Infinity : Number(word);
}

/** What a decode showed. */
export interface Decoded {
  /** Lines of the log that told an error. */
  readonly errors: number;
  readonly durationMs: number;
  readonly probe: Pick<Probe, "durationMs" | "exact">;
}

/**
 * Whether a decoded file is whole enough to be published; throws `corrupt`. Nothing decoded, or
 * cut off: a container that counts its samples gave less than it declares (MP3, AAC and Ogg do not
 * count, and players play them to where they end; so do we). Otherwise damaged in more than one
 * place a second: a few broken frames are what players skip over. A broken frame logs two errors.
 */
export function judge({ errors, durationMs, probe }: Decoded): void {
  if (durationMs === 0) throw new Rejection("corrupt", "Nothing in it could be decoded");
  const declared = probe.exact ? probe.durationMs ?? 0 : 0;
  if (declared - durationMs > Math.max(500, declared * 0.01)) {
    const seconds = (ms: number) => (ms / 1_000).toFixed(1);
    throw new Rejection(
      "corrupt",
      `It is cut off: ${seconds(durationMs)} s of the ${seconds(declared)} s it declares are there`,
    );
  }
  const places = Math.ceil(errors / 2);
  if (places > Math.max(5, durationMs / 1_000)) {
    throw new Rejection("corrupt", `The file is damaged in ${places} places`);
  }
}
