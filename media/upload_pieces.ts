/** The bytes of unfinished uploads on this machine's disk: appended, fsynced, handed on (U3). */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Rejection } from "../domain/errors.ts";
import type { Checksum } from "../domain/uploads.ts";
import type { Blobs } from "./blobs.ts";
import { diskError, missing, removeIfThere, syncFolder } from "./files.ts";
import { growingFile } from "./growing_file.ts";
import { runningHashes } from "./running_hashes.ts";
import type { Hold } from "./upload_holds.ts";

/** What came is fsynced and told after this many bytes, or this time in ms, whichever is first. */
const FLUSH_BYTES = 16 * 1024 ** 2;
const FLUSH_MS = 2_000;
/** Ending of the second name under which a whole file goes to the blobs. */
const TWIN = ".whole";

/** Bytes as they arrive; a chunk may be overwritten by the next. */
export interface Incoming {
  /** Null at the end. Throws `upload_interrupted` when it breaks off. */
  read(): Promise<Uint8Array | null>;
  /** Reads no further; a read that waits ends. */
  cancel(): Promise<void>;
}

/** One request's bytes, and where they belong. */
export interface Piece {
  readonly id: string;
  /** Where the first byte goes; what lies behind it was never told to anybody. */
  readonly offset: number;
  readonly source: Incoming;
  readonly checksum?: Checksum | undefined;
  /** Saves that the first `received` bytes are fsynced. */
  readonly save: (received: number) => Promise<void>;
}

export interface UploadPieces {
  /**
   * Appends, and answers with the new offset. What breaks off keeps what had come, unless the piece
   * has a checksum: that is taken whole or not at all.
   *
   * @throws {Rejection} `upload_interrupted`, `disk_full`, `checksum_mismatch`, and why `hold` ended
   */
  append(piece: Piece, hold: Hold): Promise<number>;
  /** Bytes that lie on the disk; 0 where there is no file. */
  size(id: string): Promise<number>;
  /** Puts the whole file among the blobs and keeps it here too, until it is removed. */
  hand(id: string, bytes: number, blobs: Blobs, key: string): Promise<{ sha256: string }>;
  remove(id: string): Promise<void>;
  /** The ids of all files that nobody has touched since `before`. */
  untouched(before: Date): Promise<string[]>;
}

/** Keeps a file per upload in `dir`, named by its id. */
export function uploadPieces(dir: string): UploadPieces {
  const pathOf = (id: string) => join(dir, id);
  const hashes = runningHashes();

  async function append({ id, offset, source, checksum, save }: Piece, hold: Hold) {
    await Deno.mkdir(dir, { recursive: true });
    const path = pathOf(id);
    using file = await Deno.open(path, { write: true, create: true })
      .catch((error) => Promise.reject(diskError(error)));
    if (offset === 0) await syncFolder(dir); // the name must outlive a power cut, as the bytes do
    const hash = await hashes.take(path, offset);
    const check = checksum && createHash(checksum.algorithm);
    const before = check && hash.copy(); // for a piece that is taken back
    const grown = await growingFile({ file, hash, offset, save });

    const stop = () => void source.cancel();
    hold.signal.addEventListener("abort", stop, { once: true });
    try {
      for (;;) {
        hold.signal.throwIfAborted();
        hold.waiting();
        const chunk = await source.read();
        hold.working();
        hold.signal.throwIfAborted(); // what was cancelled looks like an end
        if (chunk === null) break;
        await grown.write(chunk);
        check?.update(chunk);
        const isDue = grown.at - grown.safe >= FLUSH_BYTES ||
          Date.now() - grown.flushedAt >= FLUSH_MS;
        if (!check && isDue) await grown.flush();
      }
      if (check && check.digest("base64") !== checksum?.digest) {
        throw new Rejection("checksum_mismatch", `The bytes have another ${checksum?.algorithm}`);
      }
      await grown.flush();
      hashes.keep(path, grown.at, hash);
      return grown.at;
    } catch (error) {
      hold.working();
      if (before) {
        await grown.takeBack();
        hashes.keep(path, grown.safe, before);
      } else if (grown.failed) await grown.takeBack();
      else {
        await grown.flush(); // what broke off is kept as far as it came
        hashes.keep(path, grown.at, hash);
      }
      throw hold.signal.aborted ? hold.signal.reason : error;
    } finally {
      hold.signal.removeEventListener("abort", stop);
    }
  }

  return {
    append,
    async size(id) {
      try {
        return (await Deno.stat(pathOf(id))).size;
      } catch (error) {
        if (missing(error)) return 0;
        throw error;
      }
    },
    async hand(id, bytes, blobs, key) {
      const path = pathOf(id);
      const twin = path + TWIN;
      if (bytes === 0) { // nobody has ever written to it
        await Deno.mkdir(dir, { recursive: true });
        await Deno.writeFile(path, new Uint8Array());
      }
      const hash = await hashes.take(path, bytes);
      await removeIfThere(twin, false); // left by one who was killed here
      await Deno.link(path, twin);
      await blobs.adopt(twin, key);
      return { sha256: hash.digest("hex") };
    },
    async remove(id) {
      hashes.forget(pathOf(id));
      await removeIfThere(pathOf(id) + TWIN, false);
      await removeIfThere(pathOf(id), false);
    },
    async untouched(before) {
      const ids = new Set<string>();
      try {
        for await (const { name } of Deno.readDir(dir)) {
          const info = await Deno.lstat(join(dir, name)).catch((error) => {
            if (!missing(error)) throw error; // it has just gone
          });
          if (info?.isFile && (info.mtime ?? before) < before) ids.add(name.replace(TWIN, ""));
        }
      } catch (error) {
        if (!missing(error)) throw error; // nothing has ever come
      }
      return [...ids];
    },
  };
}
