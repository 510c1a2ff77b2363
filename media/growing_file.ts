/** A file that bytes are appended to: how far it is written, and how far that is safe (U3). */
import type { Hash } from "node:crypto";
import { diskError } from "./files.ts";

export interface GrowingFile {
  /** Bytes that are written. */
  readonly at: number;
  /** Bytes that are fsynced, and told. */
  readonly safe: number;
  /** When `safe` last moved, in ms since 1970. */
  readonly flushedAt: number;
  /** A flush did not end well: what lies behind `safe` may be anything. */
  readonly failed: boolean;
  /** Takes as much as the disk has room for. @throws {Rejection} `disk_full` */
  write(chunk: Uint8Array): Promise<void>;
  /** Makes safe what is written. @throws {Rejection} `disk_full`, and what `save` throws */
  flush(): Promise<void>;
  /** Cuts off what is not safe. */
  takeBack(): Promise<void>;
}

/**
 * Goes on at `offset`, whatever lies behind it.
 *
 * @param file open for writing; its owner closes it
 * @param hash of the bytes before `offset`; it is gone on with, and always that of `at` bytes
 * @param save keeps the number of bytes that are fsynced
 */
export async function growingFile(
  { file, hash, offset, save }: {
    file: Deno.FsFile;
    hash: Hash;
    offset: number;
    save: (safe: number) => Promise<void>;
  },
): Promise<GrowingFile> {
  let at = offset;
  let safe = offset;
  let flushedAt = Date.now();
  let failed = false;
  const told = (error: unknown) => Promise.reject(diskError(error));
  await file.truncate(offset);
  await file.seek(offset, Deno.SeekMode.Start);
  return {
    get at() {
      return at;
    },
    get safe() {
      return safe;
    },
    get flushedAt() {
      return flushedAt;
    },
    get failed() {
      return failed;
    },
    async write(chunk) {
      for (let done = 0; done < chunk.byteLength;) {
        const n = await file.write(chunk.subarray(done)).catch(told);
        hash.update(chunk.subarray(done, done + n));
        done += n;
        at += n;
      }
    },
    async flush() {
      if (at === safe) return;
      failed = true;
      await file.sync().catch(told);
      await save(at);
      failed = false;
      safe = at;
      flushedAt = Date.now();
    },
    takeBack: () => file.truncate(safe),
  };
}
