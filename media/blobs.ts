/** Blobs by content key: the interface of the store, and the store on a disk (U13). */
import { createHash, randomUUID } from "node:crypto";
import { join } from "node:path";
import { Rejection } from "../domain/errors.ts";
import {
  diskError,
  firstBytes,
  missing,
  prune,
  removeIfThere,
  removeOlder,
  rename,
  walk,
} from "./files.ts";
import { pour } from "./pour.ts";

/** Bytes from `start` to `end`, both included, as in an HTTP Range. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What is known of a blob without reading it. `size` in bytes. */
export interface BlobStat {
  readonly size: number;
  /** A strong entity tag, quoted, as HTTP wants it. */
  readonly etag: string;
  readonly lastModified: Date;
}

/** A blob opened for reading. `stream` must be read to its end or cancelled. */
export interface OpenBlob extends BlobStat {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** How much was stored, and its SHA-256 in lower-case hex. */
export interface Stored {
  readonly bytes: number;
  readonly sha256: string;
}

/** Bounds of a write: `maxBytes` ends in `too_large`, `signal` in `upload_interrupted`. */
export interface PutOptions {
  readonly signal?: AbortSignal;
  readonly maxBytes?: number;
}

/** A blob being written piece by piece; visible only after `commit`. */
export interface BlobWriter extends AsyncDisposable {
  /** Bytes taken so far. */
  readonly bytes: number;
  /** The chunk is the caller's again, to be overwritten, when this resolves. */
  write(chunk: Uint8Array): Promise<void>;
  /** Makes it durable and visible under its key, in the place of what was there. */
  commit(): Promise<Stored>;
}

/** A store of blobs. A blob is whole or not there; keys are checked by {@linkcode checkKey}. */
export interface Blobs {
  writer(key: string, options?: PutOptions): Promise<BlobWriter>;
  /**
   * Streams `data` in. Throws `Rejection` `too_large`, `disk_full`, or `upload_interrupted` when
   * the stream breaks; nothing is left then.
   */
  put(
    key: string,
    data: ReadableStream<Uint8Array> | Uint8Array,
    options?: PutOptions,
  ): Promise<Stored>;
  /** Opens a blob or a part of it; `not_found`, or `range_not_satisfiable` past its end. */
  open(key: string, range?: ByteRange): Promise<OpenBlob>;
  /** A whole, small blob; `not_found` when there is none. */
  read(key: string): Promise<Uint8Array<ArrayBuffer>>;
  stat(key: string): Promise<BlobStat | null>;
  /** Removes a blob; one that is not there is no error. */
  delete(key: string): Promise<void>;
  /** Removes all blobs under the folder `prefix` (a key without a slash at its end). */
  deletePrefix(prefix: string): Promise<void>;
  /** All keys under the folder `prefix`, sorted; `""` is the whole store. */
  list(prefix: string): Promise<string[]>;
  /** The same in no promised order and without holding them; ones that come or go may be missed. */
  keys(prefix: string): AsyncIterable<string>;
  /** Takes a finished local file as the blob `key`; the local file is gone afterwards. */
  adopt(localFile: string, key: string): Promise<{ readonly bytes: number }>;
  /**
   * Removes what writes have left that no one ends any more, after a kill: those not touched (on a
   * disk) or begun (in S3) since `before`, which must lie further back than the longest write
   * takes. How many.
   */
  sweep(before: Date): Promise<number>;
  /** Where the blob lies on this machine's disk; null for a store that is elsewhere. */
  localPath(key: string): string | null;
}

const KEY = /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/;
/** Longest key, in characters: what a path on ext4 and an S3 key take with room to spare. */
const KEY_LENGTH = 512;
/** Unfinished blobs; no key can start with a dot, so they can never be met as blobs. */
const TEMP = ".tmp";

/** Throws a plain error for a key that could leave the store: a defect, never a user's doing. */
export function checkKey(key: string): string {
  if (key.length > KEY_LENGTH || key.includes("..") || !KEY.test(key)) {
    throw new TypeError(`The blob key ${JSON.stringify(key)} is malformed: wanted a/b-1/c.ext`);
  }
  return key;
}

/**
 * Blobs as files under `dir`, which is made when it is not there. A blob is written to a temporary
 * name on the same file system, hashed on the way, fsynced and renamed (U13).
 */
export function diskBlobs(dir: string): Blobs {
  const root = dir.replace(/\/+$/, "");
  const pathOf = (key: string) => join(root, checkKey(key));
  const temp = async () => {
    await Deno.mkdir(join(root, TEMP), { recursive: true });
    return join(root, TEMP, randomUUID());
  };

  async function writer(key: string, { signal, maxBytes }: PutOptions = {}): Promise<BlobWriter> {
    const to = pathOf(key);
    const from = await temp();
    const file = await Deno.open(from, { write: true, createNew: true })
      .catch((error) => Promise.reject(diskError(error)));
    const hash = createHash("sha256");
    let bytes = 0;
    let open = true;
    const close = () => {
      if (open) file.close();
      open = false;
    };
    return {
      get bytes() {
        return bytes;
      },
      async write(chunk) {
        if (signal?.aborted) throw new Rejection("upload_interrupted");
        bytes += chunk.byteLength;
        if (maxBytes !== undefined && bytes > maxBytes) {
          throw new Rejection("too_large", `It has more than the ${maxBytes} bytes that are taken`);
        }
        hash.update(chunk);
        try {
          for (let done = 0; done < chunk.byteLength;) {
            done += await file.write(chunk.subarray(done));
          }
        } catch (error) {
          throw diskError(error);
        }
      },
      async commit() {
        try {
          if (signal?.aborted) throw new Rejection("upload_interrupted");
          await file.sync();
          close();
          await rename(root, from, to);
        } catch (error) {
          throw diskError(error);
        }
        return { bytes, sha256: hash.digest("hex") };
      },
      async [Symbol.asyncDispose]() {
        close();
        // Gone already after a commit.
        await Deno.remove(from).catch((error) => {
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        });
      },
    };
  }

  async function put(
    key: string,
    data: ReadableStream<Uint8Array> | Uint8Array,
    options: PutOptions = {},
  ): Promise<Stored> {
    await using out = await writer(key, options);
    return await pour(out, data, options.signal);
  }

  async function stat(key: string): Promise<BlobStat | null> {
    try {
      return statOf(await Deno.stat(pathOf(key)));
    } catch (error) {
      if (missing(error)) return null;
      throw error;
    }
  }

  async function open(key: string, range?: ByteRange): Promise<OpenBlob> {
    const file = await Deno.open(pathOf(key), { read: true }).catch((error) => {
      throw missing(error) ? new Rejection("not_found") : error;
    });
    try {
      const info = await file.stat();
      if (!info.isFile) throw new Rejection("not_found");
      const about = statOf(info);
      if (!range) return { ...about, stream: file.readable };
      const { start, end } = range;
      if (start < 0 || end < start || end >= about.size) {
        throw new Rejection("range_not_satisfiable", `The file has ${about.size} bytes`);
      }
      await file.seek(start, Deno.SeekMode.Start);
      return { ...about, stream: file.readable.pipeThrough(firstBytes(end - start + 1)) };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  const keys = (prefix: string) => walk(prefix === "" ? root : pathOf(prefix), prefix);

  return {
    writer,
    put,
    stat,
    open,
    read: (key) =>
      Deno.readFile(pathOf(key)).catch((error) => {
        throw missing(error) ? new Rejection("not_found") : error;
      }),
    delete: async (key) => {
      await removeIfThere(pathOf(key), false);
      await prune(root, pathOf(key));
    },
    deletePrefix: async (prefix) => {
      await removeIfThere(pathOf(prefix), true);
      await prune(root, pathOf(prefix));
    },
    list: async (prefix) => (await Array.fromAsync(keys(prefix))).sort(),
    keys,
    adopt: async (localFile, key) => {
      const to = pathOf(key);
      try {
        // Written by an encoder: a link in its place could name any file of ours.
        if (!(await Deno.lstat(localFile)).isFile) {
          throw new Error(`"${localFile}" is not a regular file; wanted a finished local file`);
        }
        let bytes: number;
        {
          using file = await Deno.open(localFile, { read: true, write: true });
          await file.sync();
          bytes = (await file.stat()).size;
          // its age as a blob begins now: the collector asks for it
          await file.utime(new Date(), new Date());
        }
        await rename(root, localFile, to);
        return { bytes };
      } catch (error) {
        // Scratch on another file system: copied in, with the same guarantees.
        if ((error as { code?: unknown }).code !== "EXDEV") throw diskError(error);
        const { bytes } = await put(key, (await Deno.open(localFile, { read: true })).readable);
        await Deno.remove(localFile);
        return { bytes };
      }
    },
    sweep: (before) => removeOlder(join(root, TEMP), before),
    localPath: pathOf,
  };
}

function statOf(info: Deno.FileInfo): BlobStat {
  const lastModified = info.mtime ?? new Date(0);
  const tag = `${info.size.toString(36)}-${lastModified.getTime().toString(36)}-${info.ino ?? 0}`;
  return { size: info.size, etag: `"${tag}"`, lastModified };
}
