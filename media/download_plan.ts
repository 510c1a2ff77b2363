/** Pure: which downloads a track offers, and the ffmpeg arguments that make each (U7). */
import {
  type DownloadFormat,
  DOWNLOADS,
  isDownloadFormat,
  isLossless,
  offered,
} from "../domain/downloads.ts";
import { Rejection } from "../domain/errors.ts";

/** What is known of the original; `container` is `sniff`'s word for it. */
export interface Original {
  /** ffmpeg's name, such as `pcm_s16le`. */
  readonly codec: string;
  /** Hz */
  readonly sampleRate: number;
  readonly channels: number;
  readonly container?: string;
}

/** One download that can be made, or the original as it was. */
export type DownloadPlan =
  | { readonly format: "original"; readonly ending: string }
  | {
    readonly format: Exclude<DownloadFormat, "original">;
    /** kbit/s; null for FLAC. */
    readonly bitrate: number | null;
    /** Hz */
    readonly sampleRate: number;
    readonly channels: number;
    /** Of the file, without a dot. */
    readonly ending: string;
  };

/** Text written into the file. Empty or null is left out. */
export interface DownloadTags {
  readonly title: string;
  readonly artist?: string | null;
  readonly album?: string | null;
  readonly genre?: string | null;
  readonly comment?: string | null;
}

/** ffmpeg's encoder and muxer for each format, and the ending of its files. */
const MAKERS = {
  mp3: { encoder: "libmp3lame", muxer: "mp3", ending: "mp3" },
  aac: { encoder: "aac", muxer: "ipod", ending: "m4a" },
  vorbis: { encoder: "libvorbis", muxer: "ogg", ending: "ogg" },
  opus: { encoder: "libopus", muxer: "opus", ending: "opus" },
  flac: { encoder: "flac", muxer: "flac", ending: "flac" },
} as const;

/**
 * Formats whose files take a picture as ffmpeg writes them. Into Ogg, of Vorbis and Opus, it would
 * have to go as one argument of base64, and no argument may be as long as a cover is.
 */
const TAKES_COVER: readonly DownloadFormat[] = ["mp3", "aac", "flac"];

/** Whether the file that this plan makes has a place for a cover. */
export const takesCover = ({ format }: DownloadPlan): boolean => TAKES_COVER.includes(format);

/** Highest rate of a FLAC download, in Hz (U7). */
const FLAC_RATE = 192_000;
/** Bitrate in kbit/s above which encoders take no single channel: AAC ends at 264, Vorbis at 240. */
const MONO_BITRATE = 192;

/**
 * The download of this format and `bitrate` (kbit/s; null for FLAC and the original). Rates stay in
 * their family: 44.1 or 48 kHz, as the source has it; FLAC keeps the source's up to 192 kHz. Throws
 * `invalid`, naming what there is. FLAC is made of lossless sources alone: of others it would be a
 * larger file that says it is better.
 */
export function downloadPlan(
  format: string,
  bitrate: number | null,
  source: Original,
): DownloadPlan {
  if (!isDownloadFormat(format)) {
    throw invalid("format", `"${format}" is not offered; there is ${offered(source).join(", ")}`);
  }
  const { bitrates } = DOWNLOADS[format];
  const fits = bitrates.length === 0 ? bitrate === null : bitrates.some((one) => one === bitrate);
  if (!fits) {
    const given = bitrate === null ? "no bitrate" : `${bitrate} kbit/s`;
    const there = bitrates.length === 0 ? "it takes none" : `there is ${bitrates.join(", ")}`;
    throw invalid("bitrate", `${given} was asked of ${format}; ${there}`);
  }
  if (format === "original") return { format, ending: endingOf(source) };
  if (format === "flac" && !isLossless(source.codec)) {
    throw invalid(
      "format",
      `FLAC is made of lossless originals, and this one is ${source.codec}; ` +
        `there is ${offered(source).join(", ")}`,
    );
  }
  const { ending } = MAKERS[format];
  const family = source.sampleRate % 11_025 === 0 ? 44_100 : 48_000;
  if (format === "flac") {
    const sampleRate = source.sampleRate <= FLAC_RATE ? source.sampleRate : family * 4;
    // What FLAC takes at most.
    return { format, bitrate: null, sampleRate, channels: Math.min(source.channels, 8), ending };
  }
  const mono = source.channels === 1 && (bitrate ?? 0) <= MONO_BITRATE;
  return {
    format,
    bitrate,
    sampleRate: format === "opus" ? 48_000 : family,
    channels: mono ? 1 : 2,
    ending,
  };
}

const invalid = (path: string, message: string) =>
  new Rejection("invalid", message, { errors: [{ path, message }] });

/** The ending a player expects; by the container where it is known, or by the codec. */
function endingOf({ codec, container }: Original): string {
  if (container && /^[a-z0-9]{2,4}$/.test(container)) return container;
  if (/^pcm_.*be$/.test(codec)) return "aif";
  if (codec.startsWith("pcm_") || codec.startsWith("adpcm_")) return "wav";
  const byCodec: Readonly<Record<string, string>> = {
    ...{ mp3: "mp3", flac: "flac", aac: "m4a", alac: "m4a", vorbis: "ogg", opus: "opus" },
  };
  return byCodec[codec] ?? "bin";
}

/**
 * Arguments after the input, to write `file` in the working directory; not gained (U8). With
 * `covered` the second input is a picture that goes in as it is.
 */
export function downloadArgs(
  plan: Exclude<DownloadPlan, { format: "original" }>,
  tags: DownloadTags,
  file: string,
  covered = false,
): string[] {
  const { encoder, muxer } = MAKERS[plan.format];
  return [
    // Only the tags that we name: others of the original may tell more than its owner knows.
    ...["-y", "-map", "0:a:0", ...(covered ? COVER_ARGS : ["-vn"])],
    ...["-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"],
    ...metadataArgs(tags),
    ...["-c:a", encoder, ...bitrateArgs(plan)],
    ...["-ar", String(plan.sampleRate), "-ac", String(plan.channels)],
    ...(plan.format === "mp3" ? ["-id3v2_version", "3"] : []),
    ...(plan.format === "aac" ? ["-movflags", "+faststart"] : []),
    ...["-f", muxer, file],
  ];
}

/** ID3 and FLAC know a front cover by this comment of its stream. */
const COVER_ARGS = "-map 1:v:0 -c:v copy -disposition:v:0 attached_pic".split(" ")
  .concat("-metadata:s:v:0", "comment=Cover (front)");

/**
 * What makes an encoder spend what was asked for, however simple the sound, so that the size that is
 * told before is the size that comes. MP3 is constant by itself.
 */
function bitrateArgs({ format, bitrate }: Exclude<DownloadPlan, { format: "original" }>): string[] {
  if (bitrate === null) return [];
  const asked = ["-b:a", `${bitrate}k`];
  if (format === "opus") return [...asked, "-vbr", "constrained"];
  // Without a floor libvorbis chooses by quality, and comes out up to a third below.
  if (format === "vorbis") return [...asked, "-minrate", `${Math.round(bitrate * 0.9)}k`];
  // Its own limit, the whole band, leaves it nothing to spend above 240 kbit/s.
  if (format === "aac" && bitrate >= 256) return [...asked, "-cutoff", "20000"];
  return asked;
}

/** An argument holds a key of ours, "=", and data up to its end: nothing in that is a command. */
function metadataArgs(tags: DownloadTags): string[] {
  return (["title", "artist", "album", "genre", "comment"] as const).flatMap((key) => {
    const value = tags[key];
    return value ? ["-metadata", `${key}=${value}`] : [];
  });
}
