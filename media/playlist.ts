/** Pure: reads the playlist that ffmpeg writes, and writes the ones that listeners get (U7). */
import { HLS_SHAPES, type HlsForm, isSegment } from "../domain/hls_form.ts";
import type { Rendition } from "./plan.ts";

/** One segment. `seconds` as ffmpeg measured it; `bytes` of its file. */
export interface Segment {
  readonly name: string;
  readonly seconds: number;
  readonly bytes: number;
}

/**
 * Segments that ffmpeg's playlist names, in order; unknown names are a defect. A last line without
 * its end is still being written (older builds do not rename) and is left for the next look.
 */
export function readSegments(
  text: string,
  form: HlsForm = "fmp4",
): Omit<Segment, "bytes">[] {
  const segments: Omit<Segment, "bytes">[] = [];
  let seconds = 0;
  for (const line of text.split("\n").slice(0, -1).map((one) => one.trim())) {
    const told = /^#EXTINF:(\d+(?:\.\d+)?)/.exec(line);
    if (told) seconds = Number(told[1]);
    else if (line !== "" && !line.startsWith("#")) {
      if (!isSegment(HLS_SHAPES[form], line)) {
        const { ending } = HLS_SHAPES[form];
        throw new Error(`ffmpeg's playlist names "${line}"; wanted seg-00000.${ending} and so on`);
      }
      segments.push({ name: line, seconds });
    }
  }
  return segments;
}

/**
 * A media playlist. It starts at its beginning also while it grows (a player would start at the
 * end of an event); `whole` ends it.
 */
export function mediaPlaylist(
  segments: readonly Segment[],
  whole: boolean,
  form: HlsForm = "fmp4",
): string {
  const { segmentSeconds, init } = HLS_SHAPES[form];
  // Fixed from the start, since it may not change; rounding is RFC 8216 4.3.3.1's.
  const target = Math.max(segmentSeconds, ...segments.map((one) => Math.round(one.seconds)));
  return [
    ...head(form),
    `#EXT-X-TARGETDURATION:${target}`,
    "#EXT-X-MEDIA-SEQUENCE:0",
    `#EXT-X-PLAYLIST-TYPE:${whole ? "VOD" : "EVENT"}`,
    "#EXT-X-START:TIME-OFFSET=0",
    ...(init === null ? [] : [`#EXT-X-MAP:URI="${init}"`]),
    ...segments.flatMap((one) => [`#EXTINF:${one.seconds.toFixed(6)},`, one.name]),
    ...(whole ? ["#EXT-X-ENDLIST"] : []),
    "",
  ].join("\n");
}

/** How either kind of playlist begins. */
const head = (form: HlsForm) => [
  "#EXTM3U",
  `#EXT-X-VERSION:${HLS_SHAPES[form].version}`,
  // A tag of version 6 and later.
  ...(HLS_SHAPES[form].version < 6 ? [] : ["#EXT-X-INDEPENDENT-SEGMENTS"]),
];

/** What the master playlist tells of a rendition, in bit/s. */
export interface Bandwidth {
  readonly bandwidth: number;
  readonly averageBandwidth: number;
}

/**
 * True figures from the segments, after RFC 8216 4.3.4.2: the peak is the largest rate of any run
 * of segments that lasts 0.5 to 1.5 target durations, so that a last crumb does not count.
 */
export function measureBandwidth(
  segments: readonly Segment[],
  form: HlsForm = "fmp4",
): Bandwidth {
  const { segmentSeconds } = HLS_SHAPES[form];
  const rate = (some: readonly Segment[]) => {
    const seconds = some.reduce((sum, one) => sum + one.seconds, 0);
    return seconds > 0 ? some.reduce((sum, one) => sum + one.bytes, 0) * 8 / seconds : 0;
  };
  const average = rate(segments);
  let peak = average;
  for (let from = 0; from < segments.length; from++) {
    for (let to = from + 1, seconds = 0; to <= segments.length; to++) {
      seconds += segments[to - 1]?.seconds ?? 0;
      if (seconds > 1.5 * segmentSeconds) break;
      if (seconds >= 0.5 * segmentSeconds) peak = Math.max(peak, rate(segments.slice(from, to)));
    }
  }
  return { bandwidth: Math.ceil(peak), averageBandwidth: Math.ceil(average) };
}

/** A line of the master playlist. */
export interface Variant extends Bandwidth {
  readonly rendition: Rendition;
  /** In which it lies; default: its name. */
  readonly folder?: string;
}

/** The master playlist; the first line is what a player starts with. */
export function masterPlaylist(entries: readonly Variant[]): string {
  return [
    ...head(entries[0]?.rendition.form ?? "fmp4"),
    ...entries.flatMap(({ rendition, folder = rendition.name, bandwidth, averageBandwidth }) => [
      `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth},AVERAGE-BANDWIDTH=${averageBandwidth},` +
      `CODECS="${rendition.codecs}"`,
      `${folder}/index.m3u8`,
    ]),
    "",
  ].join("\n");
}
