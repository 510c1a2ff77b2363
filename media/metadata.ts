/** Reads a file's tags and its embedded cover; a guess at what the owner means, never trusted (U9). */
import { fileTypeFromTokenizer } from "file-type";
import type { IAudioMetadata } from "music-metadata";
import { BoundedTokenizer, type Budget } from "./bounded_tokenizer.ts";
import { COVER_MAX_BYTES } from "../domain/covers.ts";
import { cleanText } from "./clean_text.ts";
import { TAKEN } from "./probe.ts";

/** A picture inside a file. What it claims to be is not passed on: its content decides. */
export interface EmbeddedCover {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The content type as the tag claims it, cleaned; `makeCovers` looks at the bytes. */
  readonly type: string;
}

/** Tags as cleaned, bounded lines of text; null where there are none. */
export interface Metadata {
  readonly title: string | null;
  readonly artist: string | null;
  readonly album: string | null;
  readonly genre: string | null;
  readonly comment: string | null;
  /** 1 to 9999 */
  readonly year: number | null;
  /** 1 to 9999 */
  readonly trackNumber: number | null;
  /** As the container declares it, in milliseconds. It may lie. */
  readonly durationMs: number | null;
  /** The front cover, or the first picture; null also when it has more than `COVER_MAX_BYTES`. */
  readonly cover: EmbeddedCover | null;
}

/** Longest texts, in characters; those of a track's fields (`domain/tracks.ts`). */
const LENGTHS = { title: 200, artist: 200, album: 200, genre: 60, comment: 1_000, type: 100 };

/** An ID3 tag is read as one piece, with all its pictures. */
const BUDGET: Budget = { pieceBytes: 24 * 1024 ** 2, totalBytes: 96 * 1024 ** 2, ms: 5_000 };

/** The name of the record that the file at `path` says it is from; null where it says none. */
export async function readAlbum(path: string): Promise<string | null> {
  using file = await Deno.open(path, { read: true });
  const { size } = await file.stat();
  const text = await parse(file, size, BUDGET, true);
  return text && readTags(text).album;
}

/**
 * The tags of the file at `path`; null when there are none to be read, whatever the reason: a file
 * without proper tags is still music. Throws only when the file cannot be opened, or the reason of
 * `signal`.
 */
export async function readMetadata(
  path: string,
  { signal, budget = BUDGET }: { readonly signal?: AbortSignal; readonly budget?: Budget } = {},
): Promise<Metadata | null> {
  using file = await Deno.open(path, { read: true });
  const { size } = await file.stat();
  // Text first: a monstrous picture must not cost the title where the container keeps them apart.
  const text = await parse(file, size, budget, true);
  signal?.throwIfAborted();
  if (!text) return null;
  const whole = await parse(file, size, budget, false);
  signal?.throwIfAborted();
  return { ...readTags(text), cover: whole && coverOf(whole) };
}

async function parse(
  file: Deno.FsFile,
  size: number,
  budget: Budget,
  skipCovers: boolean,
): Promise<IAudioMetadata | null> {
  // loaded with the first file: parsers of a dozen formats are not what a node starts with
  const { parseFromTokenizer } = await import("music-metadata");
  const tokenizer = new BoundedTokenizer(file, size, budget);
  try {
    const type = await fileTypeFromTokenizer(tokenizer);
    if (!type || !TAKEN.has(type.ext)) return null; // other parsers are needed for no file of ours
    tokenizer.setPosition(0);
    tokenizer.fileInfo.mimeType = type.mime;
    return await parseFromTokenizer(tokenizer, { skipCovers, duration: false });
  } catch {
    // Garbage throws anything from the depths of the library, a RangeError as well as its own
    // errors; none of it is a reason to refuse the music.
    return null;
  }
}

/** Pure: what the library read, cleaned. */
export function readTags(read: IAudioMetadata): Omit<Metadata, "cover"> {
  const { common, format } = read;
  const line = (text: unknown, max: number) =>
    (typeof text === "string" && cleanText(text, max)) || null;
  const count = (value: unknown) =>
    typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 9_999
      ? value
      : null;
  const seconds = format.duration ?? 0;
  return {
    title: line(common.title, LENGTHS.title),
    artist: line(artistOf(read), LENGTHS.artist),
    album: line(common.album, LENGTHS.album),
    genre: line(common.genre?.[0], LENGTHS.genre),
    comment: line(common.comment?.[0]?.text, LENGTHS.comment),
    year: count(common.year),
    trackNumber: count(common.track?.no),
    durationMs: seconds > 0 && Number.isFinite(seconds) ? Math.round(seconds * 1_000) : null,
  };
}

/**
 * All artists. The library cuts those of ID3v2.2 and 2.3 at each slash, as the standard has it, and
 * tells the first; next to nobody means that, and AC/DC least of all.
 */
function artistOf({ common, native }: IAudioMetadata): string | undefined {
  const cut = [...native["ID3v2.3"] ?? [], ...native["ID3v2.2"] ?? []]
    .filter(({ id }) => id === "TPE1" || id === "TP1").map(({ value }) => String(value));
  if (cut.length > 0) return cut.join("/");
  return common.artists?.join(", ") ?? common.artist;
}

function coverOf({ common: { picture = [] } }: IAudioMetadata): EmbeddedCover | null {
  const fits = picture.filter(({ data }) => data?.length > 0 && data.length <= COVER_MAX_BYTES);
  const found = fits.find(({ type }) => type === "Cover (front)") ?? fits[0];
  // A copy: the picture is a view of all that was read.
  return found ? { bytes: found.data.slice(), type: cleanText(found.format, LENGTHS.type) } : null;
}
