/** A stored blob as a file on this machine, for programs that read files. */
import { join } from "node:path";
import { isRejection, Rejection } from "../domain/errors.ts";
import type { Blobs } from "./blobs.ts";

/**
 * The path of the blob `key`: in place where the store is a disk of ours, or a copy in `scratch`,
 * a folder that the caller removes. Throws `unavailable` when it is not there, which may
 * be the store's fault, or the reason of `signal`.
 */
export async function localSource(
  blobs: Pick<Blobs, "localPath" | "open" | "stat">,
  key: string,
  scratch: string,
  signal: AbortSignal,
): Promise<string> {
  const path = blobs.localPath(key);
  if (path !== null) {
    if (await blobs.stat(key) === null) throw away();
    return path;
  }
  const copy = join(scratch, "source");
  const { stream } = await blobs.open(key).catch((error) => {
    throw isRejection(error, "not_found") ? away() : error;
  });
  await stream.pipeTo((await Deno.create(copy)).writable, { signal });
  return copy;
}

const away = () => new Rejection("unavailable", "The original is not there at the moment");
