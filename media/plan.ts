/** Pure: what renditions a track gets, and the ffmpeg arguments that make each (U7). */
import { HLS_SHAPES, type HlsForm } from "../domain/hls_form.ts";
import type { Probe } from "./probe.ts";

/** One rendition of the ladder. */
export interface Rendition {
  /** The name of its folder. */
  readonly name: string;
  readonly encoder: "aac" | "libopus" | "flac";
  /** bit/s wanted of the encoder; 0 for FLAC, which has no say in it. */
  readonly bitrate: number;
  /** Hz */
  readonly sampleRate: number;
  readonly channels: number;
  /** Bits of a sample, for FLAC; 0 otherwise. */
  readonly bits: number;
  /** After RFC 6381, for CODECS in the master playlist. */
  readonly codecs: "mp4a.40.2" | "opus" | "fLaC";
  readonly form: HlsForm;
}

/** ffmpeg's own playlist: ours is written from it. */
export const RAW_PLAYLIST = "raw.m3u8";

type Sound = Pick<Probe, "sampleRate" | "channels" | "bits" | "lossless">;

/**
 * The ladder, AAC 128 first since it is what a listener starts with. No rung is left out for a
 * modest source: the ladder is the contract. Rates of the 44.1 kHz family stay in it. MPEG-TS
 * carries neither Opus nor FLAC to those whom that form is for.
 */
export function plan(sound: Sound, form: HlsForm = "fmp4"): Rendition[] {
  const channels = Math.min(sound.channels, 2);
  const sampleRate = sound.sampleRate % 11_025 === 0 ? 44_100 : 48_000;
  const aac = (kbit: number): Rendition => ({
    name: `aac-${kbit}`,
    encoder: "aac",
    bitrate: kbit * 1_000,
    sampleRate,
    channels,
    bits: 0,
    codecs: "mp4a.40.2",
    form,
  });
  const ladder = [aac(128), aac(192), aac(320)];
  if (form === "ts") return ladder;
  ladder.push({
    name: "opus-96",
    encoder: "libopus",
    bitrate: 96_000,
    sampleRate: 48_000, // the only rate Opus decodes to
    channels,
    bits: 0,
    codecs: "opus",
    form,
  });
  if (sound.lossless) {
    ladder.push({
      name: "flac",
      encoder: "flac",
      bitrate: 0,
      sampleRate,
      channels,
      bits: sound.bits > 16 ? 24 : 16,
      codecs: "fLaC",
      form,
    });
  }
  return ladder;
}

/**
 * Arguments after the input: the first sound stream, raised by `gainDb`, as segments in the
 * working directory. Never longer than `maxSeconds`.
 */
export function encodeArgs(rendition: Rendition, gainDb: number, maxSeconds: number): string[] {
  const { encoder, bitrate, bits } = rendition;
  const { segmentSeconds, init, ending } = HLS_SHAPES[rendition.form];
  const quality = encoder === "flac"
    // ffmpeg's FLAC encoder makes 24 bits of s32.
    ? ["-sample_fmt", bits > 16 ? "s32" : "s16", "-compression_level", "5"]
    : ["-b:a", String(bitrate)];
  return [
    ...["-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"],
    ...["-t", String(maxSeconds)],
    ...["-af", `${fold(rendition.channels)},${volume(gainDb)}`],
    ...["-c:a", encoder, ...quality],
    ...["-ar", String(rendition.sampleRate), "-ac", String(rendition.channels)],
    // Opus and FLAC in MP4 counted as experimental in older builds.
    ...["-strict", "experimental"],
    ...["-f", "hls", "-hls_segment_type", init === null ? "mpegts" : "fmp4"],
    ...["-hls_time", String(segmentSeconds), "-hls_list_size", "0"],
    ...["-hls_playlist_type", "event", "-hls_flags", "temp_file"],
    ...(init === null ? [] : ["-hls_fmp4_init_filename", init]),
    ...["-hls_segment_filename", `seg-%05d.${ending}`, RAW_PLAYLIST],
  ];
}

/** The filter to mono or stereo; also what is measured, since a downmix is not as loud. */
export const fold = (channels: number): string =>
  `aformat=channel_layouts=${channels === 1 ? "mono" : "stereo"}`;

/** In floats: 16 bits would round a raised quiet track to its own steps. */
const volume = (gainDb: number) => `volume=${gainDb}dB:precision=float`;

/** bit/s to tell before anything is measured: encoder and container on top of the sound. */
export function estimateBandwidth(rendition: Rendition): number {
  const { bitrate, sampleRate, channels, bits, form } = rendition;
  // FLAC makes about 0.65 of PCM on music; the first guess is on the safe side.
  return Math.round(
    bitrate > 0 ? bitrate * HLS_SHAPES[form].overhead : sampleRate * channels * bits * 0.75,
  );
}
