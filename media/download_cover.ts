/** The cover as a file to put into a download: our own picture, as the JPEG that players know (U7). */
import { join } from "node:path";
import { coverFile } from "../domain/blob_keys.ts";
import { COVER_MAX_BYTES } from "../domain/covers.ts";
import type { Blobs } from "./blobs.ts";
import { run, type Tool } from "./ffmpeg.ts";
import { localSource } from "./local_source.ts";

/** Transparent parts become black: JPEG has none, and what lies under them was never seen. */
const DRAWING = "format=gbrap,premultiply=inplace=1,format=yuvj420p";
/** mjpeg's scale, 2 (best) to 31: 50 to 150 kB for 1024 pixels a side. */
const QUALITY = "3";

/**
 * Draws the cover whose folder among the blobs is `coverKey` again, in the folder `scratch`, which
 * the caller removes; its path. Null when it is gone: another has taken its place meanwhile. Never
 * is what was uploaded itself put into a file: only what our own drawing made of it.
 */
export async function downloadCover(
  { blobs, ffmpeg }: { readonly blobs: Blobs; readonly ffmpeg: Tool },
  coverKey: string,
  scratch: string,
  signal: AbortSignal,
): Promise<string | null> {
  const key = coverFile(coverKey, "large");
  if (await blobs.stat(key) === null) return null;
  const outDir = join(scratch, "out");
  await Deno.mkdir(outDir, { recursive: true });
  await run(ffmpeg, {
    kind: "image",
    input: await localSource(blobs, key, scratch, signal),
    inputArgs: ["-threads", "1", "-f", "webp_pipe"],
    args: [
      ...["-y", "-map", "0:v:0", "-frames:v", "1", "-map_metadata", "-1", "-vf", DRAWING],
      ...["-c:v", "mjpeg", "-q:v", QUALITY, "-f", "mjpeg", "cover.jpg"],
    ],
    outDir,
    limits: { cpuSeconds: 30, wallSeconds: 30, fileBytes: COVER_MAX_BYTES },
    signal,
  });
  return join(outDir, "cover.jpg");
}
