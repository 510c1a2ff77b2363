/**
 * Where everything lies among the blobs: the one place that knows the keys, so that what is made,
 * served, deleted and collected is always the same (U13, U15).
 */

/** The file as it was received; several uploads of one account may name the same (U4). */
export const originalKey = (uploadId: string): string => `originals/${uploadId}`;

/** The folder of all that one attempt makes of an upload; `attempt` counts from 1. */
export const attemptFolder = (trackId: string, uploadId: string, attempt: number): string =>
  `tracks/${trackId}/${uploadId}/${attempt}`;

/** The folder of an upload's downloads, or of all downloads of its track. */
export const downloadsFolder = (trackId: string, uploadId?: string): string =>
  uploadId === undefined ? `downloads/${trackId}` : `downloads/${trackId}/${uploadId}`;

/** The folder of a track's covers. */
export const coversFolder = (trackId: string): string => `covers/${trackId}`;

/** One size of the cover whose folder is `coverKey`. */
export const coverFile = (coverKey: string, size: string): string => `${coverKey}/${size}.webp`;

/** The folder of all that a live stream makes while it lasts. */
export const liveFolder = (streamId: string): string => `live/${streamId}`;

/** The folder of a stream's recording, in parts, until it has become an original. */
export const recordingFolder = (streamId: string): string => `${liveFolder(streamId)}/parts`;

/** Part `number`, from 0, of what the connection `epoch` of a stream's host has sent. */
export const recordingPart = (streamId: string, epoch: number, number: number): string =>
  `${recordingFolder(streamId)}/${epoch}-${number}`;

/** All that belongs to a track alone, as places: originals may be shared and are not among it. */
export const placesOfTrack = (trackId: string): string[] =>
  [`tracks/${trackId}`, downloadsFolder(trackId), coversFolder(trackId)].map(folderPlace);

/** All that belongs to one upload of a track alone, as places. */
export const placesOfUpload = (trackId: string, uploadId: string): string[] =>
  [`tracks/${trackId}/${uploadId}`, downloadsFolder(trackId, uploadId)].map(folderPlace);

/** A place is a key, or a folder with a slash at its end: something to remove. */
export const folderPlace = (folder: string): string => `${folder}/`;

/** What a key is part of, and which row has to name it. */
export type Owner =
  | { readonly kind: "original"; readonly key: string }
  | {
    readonly kind: "attempt";
    readonly trackId: string;
    readonly uploadId: string;
    readonly attempt: number;
  }
  | { readonly kind: "download"; readonly trackId: string; readonly uploadId: string }
  | { readonly kind: "cover"; readonly trackId: string; readonly key: string }
  | { readonly kind: "live"; readonly streamId: string; readonly isRecording: boolean };

/** The folders of all that rows name. */
export const FOLDERS = ["originals", "tracks", "downloads", "covers", "live"] as const;

/** The folder of the marks: one of each site that has its blobs in this store. */
export const SITES = "sites";

/** What tells the store's owners apart; it names no row, and is never collected. */
export const siteMark = (siteId: string): string => `${SITES}/${siteId}`;

const ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const pattern = (...parts: string[]) => new RegExp(`^${parts.join("/")}$`);
const ORIGINAL = pattern("originals", ID);
const ATTEMPT = pattern("tracks", `(${ID})`, `(${ID})`, "(\\d{1,9})", ".+");
const DOWNLOAD = pattern("downloads", `(${ID})`, `(${ID})`, ".+");
const COVER = pattern("covers", `(${ID})`, ".+");
const LIVE = pattern("live", `(${ID})`, "(.+)");
const SITE = pattern(SITES, `(${ID})`);

/** The site whose mark `key` is; null for any other key. */
export const siteOf = (key: string): string | null => SITE.exec(key)?.[1] ?? null;

/** What `key` is part of; null for one that is none of ours. */
export function ownerOf(key: string): Owner | null {
  if (ORIGINAL.test(key)) return { kind: "original", key };
  const [, trackId = "", uploadId = "", attempt] = ATTEMPT.exec(key) ?? DOWNLOAD.exec(key) ?? [];
  if (attempt !== undefined) {
    return { kind: "attempt", trackId, uploadId, attempt: Number(attempt) };
  }
  if (uploadId) return { kind: "download", trackId, uploadId };
  const [, streamId, rest = ""] = LIVE.exec(key) ?? [];
  if (streamId) return { kind: "live", streamId, isRecording: rest.startsWith("parts/") };
  const [, covered] = COVER.exec(key) ?? [];
  return covered === undefined ? null : { kind: "cover", trackId: covered, key };
}
