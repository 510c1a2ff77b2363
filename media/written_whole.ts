/**
 * Whether what ffmpeg wrote is whole. Its HLS muxer passes over a disk that is full in silence:
 * segments end in the middle, the playlist is empty, and the exit code is 0 (measured with 5.1).
 */
import { join } from "node:path";
import { Rejection } from "../domain/errors.ts";
import { diskError, removeIfThere } from "./files.ts";

/** What is tried to write, to tell a disk that is full; bytes. */
const TRIAL = 1024 ** 2;
/** A packet of MPEG-TS, in bytes. */
const PACKET = 188;

/** Throws as {@linkcode unfinished} does for a segment, or an init, that is cut off. */
export async function checkSegment(folder: string, name: string): Promise<void> {
  using file = await Deno.open(join(folder, name), { read: true });
  const { size } = await file.stat();
  const whole = name.endsWith(".ts")
    ? size > 0 && size % PACKET === 0
    : size > 0 && await boxesEnd(file, size) === size;
  if (!whole) throw await unfinished(folder, name);
}

/** Throws for the playlist of an encoder that ended well, unless it has an end. */
export async function checkPlaylist(folder: string, name: string, text: string): Promise<void> {
  if (!text.includes("#EXT-X-ENDLIST")) throw await unfinished(folder, name);
}

/** Where the last top-level box of an MP4 file ends, as the boxes' own sizes tell. */
async function boxesEnd(file: Deno.FsFile, size: number): Promise<number> {
  let at = 0;
  const head = new DataView(new ArrayBuffer(16));
  while (at < size) {
    await file.seek(at, Deno.SeekMode.Start);
    const got = await file.read(new Uint8Array(head.buffer)) ?? 0;
    if (got < 8) return -1;
    const short = head.getUint32(0);
    const length = short === 1 && got === 16 ? Number(head.getBigUint64(8)) : short;
    if (length < 8) return -1;
    at += length;
  }
  return at;
}

/** `disk_full` when the disk is; otherwise a plain error: it may have been, and another try tells. */
async function unfinished(folder: string, name: string): Promise<Error> {
  const trial = join(folder, "trial");
  try {
    await Deno.writeFile(trial, new Uint8Array(TRIAL));
  } catch (error) {
    const known = diskError(error);
    if (known instanceof Rejection) return known;
    throw error;
  } finally {
    await removeIfThere(trial, false);
  }
  return new Error(`ffmpeg left ${name} unfinished`);
}
