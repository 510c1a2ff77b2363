/** Measures a file: loudness after EBU R128, true peak and exact length (U8). */
import { Rejection } from "../domain/errors.ts";
import type { Loudness } from "../domain/tracks.ts";
import { type Order, type Ran, run, type Tool } from "./ffmpeg.ts";
import { fold } from "./plan.ts";
import { type Probe, tooLong } from "./probe.ts";

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
}

export interface MeasureOptions {
  readonly maxSeconds: number;
  readonly signal?: AbortSignal;
  /** Told the position reached, in milliseconds of sound. */
  readonly onProgress?: (atMs: number) => void;
}

/**
 * Finds the loudness, and beside it, in a process of its own, the true peak: each takes about as
 * long as the other. Throws `corrupt` (see {@linkcode judge}) and `too_long`.
 */
export async function measure(
  tool: Tool,
  path: string,
  probe: Probe,
  { maxSeconds, signal, onProgress }: MeasureOptions,
): Promise<Measured> {
  const channels = Math.min(probe.channels, 2);
  const stop = new AbortController();
  const common = {
    input: path,
    // A second more than is taken, to see that there is more.
    inputArgs: ["-t", String(maxSeconds + 1)],
    signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
    limits: { fileBytes: 0 },
  } satisfies Partial<Order>;
  const runs = [
    run(tool, {
      ...common,
      args: meterArgs(channels, "sample"),
      ...(onProgress && { onProgress }),
    }),
    run(tool, { ...common, args: truePeakArgs(probe.sampleRate, channels) }),
  ] as const;
  let ran: readonly [Ran, Ran];
  try {
    ran = await Promise.all(runs);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(runs);
    throw error;
  }
  const [metered, peaked] = ran;
  const durationMs = readDuration(peaked.log, probe.sampleRate, channels);
  if (durationMs > maxSeconds * 1_000) throw tooLong(maxSeconds);
  judge({ errors: metered.errors, durationMs, probe });

  const integratedLufs = readLufs(metered.log);
  const samplePeak = readPeak(metered.log, METER_PEAK);
  let truePeakDb: number | null = null;
  if (samplePeak > -Infinity) {
    const quick = readPeak(peaked.log, /max_volume: (\S+) dB/) - 20 * Math.log10(SCALE);
    const found = quick > QUICK_RANGE[0] && quick < QUICK_RANGE[1] ? quick : readPeak(
      (await run(tool, { ...common, args: meterArgs(channels, "true") })).log,
      METER_PEAK,
    );
    truePeakDb = Math.round(Math.max(found, samplePeak) * 10) / 10;
  }
  return {
    loudness: { integratedLufs, truePeakDb, gainDb: gainFor(integratedLufs, truePeakDb) },
    durationMs,
  };
}

/** ebur128, which tells in its summary the loudness, and the peak of samples or the true one. */
const meterArgs = (channels: number, peak: "sample" | "true") => [
  ...["-map", "0:a:0", "-af", `${fold(channels)},ebur128=peak=${peak}:framelog=verbose`],
  ...["-f", "null", "-"],
];
const METER_PEAK = /Peak:\s+(\S+) dBFS/;

/** Scaled down before it becomes 16 bit, so that peaks up to +18 dBTP are seen. */
const SCALE = 1 / 8;
/** dBTP between which 16 bits, so scaled, are true to 0.1 dB. */
const QUICK_RANGE = [-40, 18] as const;

/** Frames of silence put at the end, where aresample would mirror the sound: a false peak. */
const PAD = 1_024;
/** How many times the rate: four up to 48 kHz, as BS.1770 Annex 2 wants. */
const oversampling = (sampleRate: number) =>
  sampleRate <= 48_000 ? 4 : sampleRate <= 96_000 ? 2 : 1;

/**
 * Oversampled, and the largest sample of that. ebur128's own `peak=true` gives the same figure in
 * three times the time (0.55 s against 0.2 s for five minutes), since it resamples in doubles.
 */
function truePeakArgs(sampleRate: number, channels: number): string[] {
  const filters = [
    fold(channels),
    // With small frames, the way from filter to filter takes as long as the work.
    "asetnsamples=n=8192:p=0",
    `volume=${SCALE}:precision=float`,
    `apad=pad_len=${PAD}`,
    `aresample=${sampleRate * oversampling(sampleRate)}:osf=s16`,
    "volumedetect",
  ];
  return ["-map", "0:a:0", "-af", filters.join(","), "-f", "null", "-"];
}

/**
 * The exact length, in milliseconds, from what volumedetect has counted. A stream that changes in
 * its middle has a count for each of its parts.
 */
function readDuration(log: readonly string[], sampleRate: number, channels: number): number {
  const counts = log.flatMap((line) => /n_samples: (\d+)/.exec(line)?.[1] ?? []).map(Number);
  if (counts.length === 0) throw new Error("ffmpeg counted no samples; its log has changed");
  const samples = counts.reduce((sum, one) => sum + one, 0);
  const frames = samples / channels / oversampling(sampleRate) - PAD;
  return Math.max(0, Math.round(frames / sampleRate * 1_000));
}

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
