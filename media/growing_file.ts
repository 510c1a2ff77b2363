/** A file that bytes are appended to: how far it is written, and how far that is safe (U3). */
import type { Hash } from "node:crypto";
import { diskError } from "./files.ts";

export interface GrowingFile {
  /** Bytes that are written. */
  readonly at: number;
  /** Bytes that are fsynced, and told. */
  readonly safe: number;
  /** When `safe` was last told, in ms since 1970. */
  readonly toldAt: number;
  /** A flush did not end well: what lies behind `safe` may be anything. */
  readonly failed: boolean;
  /** Takes as much as the disk has room for. @throws {Rejection} `disk_full` */
  write(chunk: Uint8Array): Promise<void>;
  /** Makes safe what is written. @throws {Rejection} `disk_full`, and what `save` throws */
  flush(): Promise<void>;
  /** Tells `safe` once more: somebody is at work on it. @throws what `save` throws */
  tellAgain(): Promise<void>;
}

/**
 * Goes on at `offset`: what lies behind it was never told to anybody, and is cut off. It is cut here
 * and nowhere else: who begins holds the file, and has just been told by its row where it ends.
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
  let toldAt = Date.now();
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
    get toldAt() {
      return toldAt;
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
      toldAt = Date.now();
    },
    async tellAgain() {
      failed = true;
      await save(safe);
      failed = false;
      toldAt = Date.now();
    },
  };
}
