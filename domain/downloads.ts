/** Downloads: the formats there are, what a track offers to whom, and about how large each is (U7). */
import { may, rolesOf, type Viewer } from "./auth.ts";
import type { TrackAccess } from "./tracks.ts";

/** The formats, each with its bitrates in kbit/s; lossless ones have none. */
export const DOWNLOADS = {
  original: { bitrates: [] },
  mp3: { bitrates: [128, 192, 256, 320] },
  aac: { bitrates: [128, 192, 256, 320] },
  vorbis: { bitrates: [128, 192, 256, 320] },
  opus: { bitrates: [64, 96, 128, 192] },
  flac: { bitrates: [] },
} as const;
export type DownloadFormat = keyof typeof DOWNLOADS;

/** Whether `name` is one of the formats. */
export const isDownloadFormat = (name: string): name is DownloadFormat =>
  Object.hasOwn(DOWNLOADS, name);

/** Whether a codec, by ffmpeg's name, keeps every sample as it was. */
export const isLossless = (codec: string): boolean =>
  /^(pcm_(?!alaw|mulaw)|flac$|alac$)/.test(codec);

/** The formats that a source can be had in. */
export function offered({ codec }: { readonly codec: string }): DownloadFormat[] {
  const all = Object.keys(DOWNLOADS).filter(isDownloadFormat);
  return isLossless(codec) ? all : all.filter((one) => one !== "flac");
}

/**
 * What this viewer may take of a track: its owner everything, others what is made of it, where the
 * owner lets them. The original stays with its owner: it may tell more than was meant to be told,
 * such as where a picture in it was taken.
 */
export function mayTake(
  viewer: Viewer,
  track: TrackAccess & { readonly downloadable: boolean },
): "all" | "made" | "nothing" {
  const owns = viewer.kind === "user" && viewer.userId === track.creatorId;
  if (owns || may(rolesOf(viewer), "tracks:delete-any")) return "all";
  return track.downloadable ? "made" : "nothing";
}

/** What a size is told by; `codec` is ffmpeg's name. */
export interface Measured {
  readonly codec: string;
  /** Hz */
  readonly sampleRate: number;
  readonly channels: number;
  readonly bytes: number;
}

/**
 * About how many bytes a download has, for a person to choose by. `loudness` as it was measured;
 * without it music of a common level is assumed.
 */
export function estimateBytes(
  format: DownloadFormat,
  bitrate: number | null,
  source: Measured,
  durationMs: number,
  loudness: { readonly integratedLufs: number | null } | null = null,
): number {
  if (format === "original") return source.bytes;
  const seconds = durationMs / 1_000;
  if (bitrate !== null) {
    // ffmpeg's AAC finds little to spend its highest bitrate on: 260 to 300 kbit/s were measured.
    const spent = format === "aac" && bitrate === 320 ? 288 : bitrate;
    return seconds * spent * 1_000 / 8;
  }
  // The same samples, packed as well.
  if (source.codec === "flac" || source.codec === "alac") return source.bytes;
  // What has more comes down to 192 kHz.
  const samples = seconds * Math.min(source.sampleRate, 192_000) * source.channels;
  return samples * flacBits(source.codec, loudness?.integratedLufs) / 8;
}

/** Level of most music as it is sent, in LUFS. */
const COMMON_LUFS = -14;
/** Bits that FLAC saves on each sample of music at that level: ten of sixteen stay. */
const SAVED = 6;

/** Bits that FLAC keeps of a PCM sample: one less for each 6 dB that the music is quieter. */
function flacBits(codec: string, lufs: number | null = COMMON_LUFS): number {
  // Silence packs to next to nothing.
  if (lufs === null) return 0.1;
  // FLAC of ffmpeg has 16 bits or 24; eight are packed as sixteen, of which half say nothing.
  const depth = /^pcm_[us]8/.test(codec) ? 8 : /^pcm_s16/.test(codec) ? 16 : 24;
  const kept = depth - SAVED + (lufs - COMMON_LUFS) / 6.02;
  return Math.min(depth, Math.max(depth / 8, kept));
}
