/** A stored blob as a file on this machine, for programs that read files. */
import { join } from "node:path";
import { Rejection } from "../domain/errors.ts";
import type { Blobs } from "./blobs.ts";

/**
 * The path of the blob `key`: in place where the store is a disk of ours, or a copy in `scratch`,
 * a folder that the caller removes. Throws `not_found`, or the reason of `signal`.
 */
export async function localSource(
  blobs: Pick<Blobs, "localPath" | "open" | "stat">,
  key: string,
  scratch: string,
  signal: AbortSignal,
): Promise<string> {
  const path = blobs.localPath(key);
  if (path !== null) {
    if (await blobs.stat(key) === null) throw new Rejection("not_found", "The upload is gone");
    return path;
  }
  const copy = join(scratch, "source");
  const { stream } = await blobs.open(key);
  await stream.pipeTo((await Deno.create(copy)).writable, { signal });
  return copy;
}
