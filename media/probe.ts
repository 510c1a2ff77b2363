/** What a file is, told by its content and never by its name (U2). */
import { fileTypeFromFile } from "file-type";
import { Rejection } from "../domain/errors.ts";
import { run, type Tool } from "./ffmpeg.ts";

/** Containers that are taken; `mp4` is judged by its streams, since M4A often calls itself so. */
export const TAKEN: ReadonlySet<string> = new Set([
  "wav",
  "aif",
  "flac",
  "mp3",
  "m4a",
  "m4b",
  "mp4",
  "aac",
  "ogg",
  "oga",
  "opus",
]);
export const TAKEN_WORDS = "WAV, AIFF, FLAC, MP3, M4A, AAC, ALAC, Ogg Vorbis and Opus";

/**
 * The container by content, as file-type's ending. Throws `empty_file`, `drm_protected` (M4P), or
 * `not_audio` that names what it seems to be.
 */
export async function sniff(path: string): Promise<string> {
  if ((await Deno.stat(path)).size === 0) throw new Rejection("empty_file");
  const type = await fileTypeFromFile(path) ?? await longWav(path);
  if (type?.ext === "m4p") throw new Rejection("drm_protected");
  if (!type || !TAKEN.has(type.ext)) {
    const seen = type ? `It seems to be ${type.mime}` : "Its content is of no known audio format";
    throw new Rejection("not_audio", `${seen}; taken are ${TAKEN_WORDS}`);
  }
  return type.ext;
}

/** WAV with 64-bit sizes (EBU Tech 3306), which file-type does not know. */
async function longWav(path: string): Promise<{ ext: string; mime: string } | null> {
  using file = await Deno.open(path, { read: true });
  const head = new Uint8Array(12);
  await file.read(head);
  const text = new TextDecoder("latin1").decode(head);
  return /^(RF64|BW64)....WAVE$/s.test(text) ? { ext: "wav", mime: "audio/wav" } : null;
}

/** What the container says of its sound. */
export interface Probe {
  /** ffmpeg's name, such as `pcm_s16le`, `mp3`, `aac`. */
  readonly codec: string;
  /** Hz */
  readonly sampleRate: number;
  readonly channels: number;
  /** Bits of a sample where they are known (PCM, FLAC, ALAC), otherwise 0. */
  readonly bits: number;
  /** As the container declares it, in milliseconds; null when it does not. It may lie. */
  readonly durationMs: number | null;
  /** Whether that duration is counted in samples, so that a shorter decode means a cut-off file. */
  readonly exact: boolean;
  readonly lossless: boolean;
}

interface Stream {
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly codec_tag_string?: string;
  readonly sample_rate?: string;
  readonly channels?: number;
  readonly bits_per_sample?: number;
  readonly bits_per_raw_sample?: string;
  readonly duration?: string;
  readonly disposition?: { readonly attached_pic?: number };
}

/** The sound of a file, which has at most `maxSeconds`: `not_audio`, `drm_protected`, `too_long`. */
export async function probe(
  tool: Tool,
  path: string,
  { maxSeconds, signal }: { readonly maxSeconds: number; readonly signal?: AbortSignal },
): Promise<Probe> {
  let text = "";
  const decoder = new TextDecoder();
  await run(tool, {
    program: "ffprobe",
    input: path,
    args: ["-show_streams", "-show_format", "-of", "json"],
    limits: { cpuSeconds: 60, wallSeconds: 60, fileBytes: 0 },
    ...(signal && { signal }),
    onOutput: (chunk) => {
      text += decoder.decode(chunk, { stream: true });
      // A file can declare any number of streams and tags.
      if (text.length > 1_000_000) throw new Rejection("not_audio", "It has too many streams");
    },
  });
  const told = readProbe(text);
  if (told.durationMs !== null && told.durationMs > maxSeconds * 1_000) throw tooLong(maxSeconds);
  return told;
}

export const tooLong = (maxSeconds: number) =>
  new Rejection("too_long", `It lasts longer than the ${maxSeconds} s that are taken`);

/** Pure: ffprobe's JSON as a {@linkcode Probe}. */
export function readProbe(json: string): Probe {
  const { streams = [], format = {} } = JSON.parse(json) as {
    streams?: readonly Stream[];
    format?: { readonly duration?: string; readonly format_name?: string };
  };
  if (streams.some((one) => one.codec_tag_string === "drms")) throw new Rejection("drm_protected");
  if (streams.some((one) => one.codec_type === "video" && !one.disposition?.attached_pic)) {
    throw new Rejection("not_audio", `It is a video; taken are ${TAKEN_WORDS}`);
  }
  const sound = streams.find((one) => one.codec_type === "audio");
  if (!sound) throw new Rejection("not_audio", `It has no sound in it; taken are ${TAKEN_WORDS}`);
  const codec = sound.codec_name ?? "unknown";
  const sampleRate = Number(sound.sample_rate);
  const channels = sound.channels ?? 0;
  if (!(sampleRate > 0) || !(channels > 0)) throw new Rejection("corrupt");
  const seconds = Number(sound.duration ?? format.duration);
  return {
    codec,
    sampleRate,
    channels,
    bits: Number(sound.bits_per_raw_sample) || sound.bits_per_sample || 0,
    durationMs: seconds > 0 ? Math.round(seconds * 1_000) : null,
    exact: /^(flac|wav|aiff|mov)/.test(format.format_name ?? ""),
    lossless: /^(pcm_(?!alaw|mulaw)|flac$|alac$)/.test(codec),
  };
}
