/** The bytes of unfinished uploads on a disk: appended, fsynced, handed on by one at a time (U3). */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Rejection } from "../domain/errors.ts";
import type { Checksum } from "../domain/uploads.ts";
import type { Blobs } from "./blobs.ts";
import { missing, removeIfThere, syncFolder } from "./files.ts";
import { growingFile } from "./growing_file.ts";
import { lockFile } from "./locked_file.ts";
import { type Hashed, runningHashes } from "./running_hashes.ts";
import type { Hold } from "./upload_holds.ts";

/** What came is fsynced and told after this many bytes, or this time in ms, whichever is first. */
const FLUSH_BYTES = 16 * 1024 ** 2;
const TELL_MS = 2_000;
/** Ending of the second name under which a whole file goes to the blobs. */
const TWIN = ".whole";
/** Another node that writes, or ends it, is soon done; in ms. */
const RETRY_MS = 3_000;
/** So many whole files may wait for their end before one of them is handed again. */
const MOST_HANDED = 1_000;

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
  /** Becomes the writer in the upload's row. Called when nobody else can change the file. */
  readonly open: () => Promise<Opened>;
}

/** The right to move an upload's row. */
export interface Opened {
  /** Raised by each that opens it. */
  readonly writer: number;
  /** Bytes that are fsynced, as the row says. */
  readonly received: number;
  /** Saves that the first `received` bytes are fsynced, and that bytes come. */
  readonly save: (received: number) => Promise<void>;
}

export interface UploadPieces {
  /**
   * Appends, and answers with the new offset. What breaks off keeps what had come, unless the piece
   * has a checksum: that is taken whole or not at all.
   *
   * @throws {Rejection} `conflict` while another node has the file, or when `offset` is not its end;
   * `upload_interrupted`, `disk_full`, `checksum_mismatch`, and why `hold` ended
   */
  append(piece: Piece, hold: Hold): Promise<number>;
  /** Bytes that lie on the disk; 0 where there is no file. */
  size(id: string): Promise<number>;
  /** Keeps all others from the file, on other nodes too; null while another has it. */
  lock(id: string): Promise<Disposable | null>;
  /**
   * Puts the whole file among the blobs and keeps it here too, until it is removed. For who has the
   * lock. Asked again it does nothing, as long as the blob is the one that it has put there.
   *
   * @param whole all bytes, and who was the last to write
   */
  hand(id: string, whole: Hashed, blobs: Blobs, key: string): Promise<{ sha256: string }>;
  remove(id: string): Promise<void>;
  /** The ids of all files that nobody has touched since `before`. */
  untouched(before: Date): Promise<string[]>;
}

/** Keeps a file per upload in `dir`, named by its id. */
export function uploadPieces(dir: string, { tellMs = TELL_MS } = {}): UploadPieces {
  const pathOf = (id: string) => join(dir, id);
  const hashes = runningHashes();
  /** The blobs that were made of whole files, by path. */
  const handed = new Map<string, { readonly writer: number; readonly etag: string }>();

  async function sizeOf(path: string): Promise<number> {
    try {
      return (await Deno.stat(path)).size;
    } catch (error) {
      if (missing(error)) return 0;
      throw error;
    }
  }

  async function lock(id: string) {
    await Deno.mkdir(dir, { recursive: true });
    return await lockFile(pathOf(id));
  }

  async function append({ id, offset, source, checksum, open }: Piece, hold: Hold) {
    using locked = await lock(id);
    if (!locked) {
      throw new Rejection("conflict", "Another node is taking bytes of this upload", {
        retryAfterMs: RETRY_MS,
      });
    }
    const path = pathOf(id);
    const { file } = locked;
    const { writer, received, save } = await open();
    const end = Math.min(received, (await file.stat()).size);
    if (offset !== end) { // another node was here since the offset was told
      throw new Rejection("conflict", `The upload has ${end} bytes by now, not ${offset}`);
    }
    if (offset === 0) await syncFolder(dir); // the name must outlive a power cut, as the bytes do
    const hash = await hashes.take(path, { bytes: offset, writer: writer - 1 });
    const check = checksum && createHash(checksum.algorithm);
    const before = check && hash.copy(); // for a piece that is not taken
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
        const isTime = Date.now() - grown.toldAt >= tellMs;
        if (check && isTime) await grown.tellAgain();
        else if (!check && (isTime || grown.at - grown.safe >= FLUSH_BYTES)) await grown.flush();
      }
      if (check && check.digest("base64") !== checksum?.digest) {
        throw new Rejection("checksum_mismatch", `The bytes have another ${checksum?.algorithm}`);
      }
      await grown.flush();
      hashes.keep(path, { bytes: grown.at, writer }, hash);
      return grown.at;
    } catch (error) {
      hold.working();
      // what is not told stays where it is: the next writer cuts it off, when the row is its own
      if (before) hashes.keep(path, { bytes: grown.safe, writer }, before);
      else if (!grown.failed) {
        await grown.flush(); // what broke off is kept as far as it came
        hashes.keep(path, { bytes: grown.at, writer }, hash);
      }
      throw hold.signal.aborted ? hold.signal.reason : error;
    } finally {
      hold.signal.removeEventListener("abort", stop);
    }
  }

  return {
    append,
    lock,
    size: (id) => sizeOf(pathOf(id)),
    async hand(id, whole, blobs, key) {
      const path = pathOf(id);
      const twin = path + TWIN;
      const hash = await hashes.take(path, whole);
      const sha256 = hash.copy().digest("hex");
      hashes.keep(path, whole, hash); // for the case that the end fails, and is tried again
      const before = handed.get(path);
      if (before?.writer === whole.writer && (await blobs.stat(key))?.etag === before.etag) {
        return { sha256 };
      }
      const size = await sizeOf(path);
      if (size !== whole.bytes) throw new Error(`"${path}" has ${size} bytes, not ${whole.bytes}`);
      await removeIfThere(twin, false); // left by one who was killed here
      await Deno.link(path, twin);
      const { bytes } = await blobs.adopt(twin, key);
      const blob = await blobs.stat(key);
      if (bytes !== size || blob?.size !== size) {
        throw new Error(`The blob "${key}" has ${blob?.size} bytes, not the ${size} of "${path}"`);
      }
      handed.delete(path);
      handed.set(path, { writer: whole.writer, etag: blob.etag });
      if (handed.size > MOST_HANDED) handed.delete(handed.keys().next().value!);
      return { sha256 };
    },
    async remove(id) {
      hashes.forget(pathOf(id));
      handed.delete(pathOf(id));
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
