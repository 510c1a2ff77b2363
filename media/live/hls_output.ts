/** What ffmpeg is told in order to write the HLS of a live stream, and what it has written. */
import { HLS_SHAPES, type HlsForm } from "../../domain/hls_form.ts";
import { LIVE_SEGMENT_SECONDS } from "./live_playlist.ts";

/** A segment as ffmpeg names it; `number` from 0. */
export interface WrittenSegment {
  readonly name: string;
  readonly seconds: number;
  readonly number: number;
}

/** Its own playlist, which nobody is shown. */
const RAW = "raw.m3u8";
const SEGMENT = /^seg-\d{5,9}\.(m4s|ts)$/;

/** Arguments that follow the input; it writes into its working directory. */
export function hlsArgs(form: HlsForm, seconds = LIVE_SEGMENT_SECONDS): string[] {
  const { init, ending } = HLS_SHAPES[form];
  return [
    ...["-map", "0:a:0", "-vn", "-map_metadata", "-1", "-ac", "2", "-ar", "48000"],
    ...["-c:a", "aac", "-b:a", "128k", "-f", "hls"],
    ...["-hls_segment_type", init === null ? "mpegts" : "fmp4"],
    ...["-hls_time", String(seconds), "-hls_list_size", "30"],
    ...["-hls_flags", "temp_file+omit_endlist"],
    ...(init === null ? [] : ["-hls_fmp4_init_filename", init]),
    ...["-hls_segment_filename", `seg-%05d.${ending}`, RAW],
  ];
}

/** The segments in `folder` whose number is `from` or more; none while there is no list of them. */
export async function writtenSegments(folder: string, from = 0): Promise<WrittenSegment[]> {
  try {
    return segmentsIn(await Deno.readTextFile(`${folder}/${RAW}`), from);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** A last line that is cut is left. */
function segmentsIn(text: string, from: number): WrittenSegment[] {
  const found: WrittenSegment[] = [];
  let seconds = 0;
  for (const line of text.split("\n").slice(0, -1)) {
    const told = /^#EXTINF:(\d+(?:\.\d+)?)/.exec(line);
    if (told) seconds = Number(told[1]);
    else if (SEGMENT.test(line)) {
      const number = Number(line.slice(4, line.indexOf(".")));
      if (number >= from) found.push({ name: line, seconds, number });
    }
  }
  return found;
}
