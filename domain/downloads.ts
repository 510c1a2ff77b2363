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

/** About how many bytes a download has, for a person to choose by. */
export function estimateBytes(
  format: DownloadFormat,
  bitrate: number | null,
  source: { readonly sampleRate: number; readonly channels: number; readonly bytes: number },
  durationMs: number,
): number {
  if (format === "original") return source.bytes;
  const seconds = durationMs / 1_000;
  if (bitrate !== null) return seconds * bitrate * 1_000 / 8;
  // FLAC makes about six tenths of 16-bit samples, of music
  return seconds * source.sampleRate * source.channels * 2 * 0.6;
}
