/** Pure: the two forms of HLS that a track can be made in (U7). */

export const HLS_FORMS = ["fmp4", "ts"] as const;
export type HlsForm = typeof HLS_FORMS[number];

/** What sets a form apart. A track keeps the form it was made in: its files tell which it is. */
export interface HlsShape {
  /** EXT-X-VERSION, the least that what is in the playlists needs (RFC 8216, 7). */
  readonly version: number;
  /** Wanted length of a segment, in seconds; all renditions are cut at its multiples. */
  readonly segmentSeconds: number;
  /** The file that goes before the first segment; null where each segment stands by itself. */
  readonly init: string | null;
  /** The ending of a segment's name. */
  readonly ending: "m4s" | "ts";
  /** bit/s and factor that the container adds at most to the sound, for a first guess. */
  readonly overhead: number;
}

export const HLS_SHAPES: Readonly<Record<HlsForm, HlsShape>> = {
  fmp4: { version: 7, segmentSeconds: 6, init: "init.mp4", ending: "m4s", overhead: 1.1 },
  // For clients of before 2016: version 3 has neither EXT-X-MAP nor codecs other than AAC and MP3.
  ts: { version: 3, segmentSeconds: 10, init: null, ending: "ts", overhead: 1.2 },
};

/** What a segment is called, for checking names that come back from ffmpeg. */
export const isSegment = ({ ending }: HlsShape, name: string): boolean =>
  /^seg-\d{5}\.[a-z0-9]+$/.test(name) && name.endsWith(`.${ending}`);
