/** Blobs in an S3-compatible store (U13); see docs/decisions/0007-s3-client.md. */
import { createHash } from "node:crypto";
import { ownerOf } from "../domain/blob_keys.ts";
import { Rejection } from "../domain/errors.ts";
import { type Blobs, type BlobStat, checkKey, type PutOptions } from "./blobs.ts";
import { contentType } from "./content_types.ts";
import { pour } from "./pour.ts";
import { s3Client, S3Error, type S3Options } from "./s3_client.ts";
import { s3Writer } from "./s3_writer.ts";
import { deleteXml, readDeleteError, readPage, readUploads } from "./s3_xml.ts";

/** What a store in S3 has beside the rest. */
export interface S3Blobs extends Blobs {
  /** An address that lets anyone read `key` for `seconds` (1 to 604,800). */
  presign(key: string, seconds: number): Promise<string>;
  /** Whether the bucket answers; `unavailable`, or an S3Error that says what is set wrongly. */
  ping(): Promise<void>;
}

const MIB = 1024 ** 2;
/** Parts of one blob on their way at a time; each takes its size twice. */
const IN_FLIGHT = 2;

/**
 * Blobs in the bucket of `options`. Errors are those of `Blobs`, and `unavailable` when the store
 * does not answer; what an administrator must mend is an S3Error.
 */
export function s3Blobs(options: S3Options): S3Blobs {
  const client = s3Client(options);
  const { encryption = "AES256", pageSize = 1_000, partBytes = 5 * MIB } = options;
  const encrypted: Record<string, string> = encryption === "off"
    ? {}
    : { "x-amz-server-side-encryption": encryption };
  const warn = options.warn ?? (() => undefined);

  const writer = (key: string, put: PutOptions = {}) =>
    s3Writer(client, checkKey(key), put, {
      partBytes,
      inFlight: IN_FLIGHT,
      headers: { ...encrypted, "content-type": contentType(key) },
      warn,
    });

  const put: Blobs["put"] = async (key, data, how = {}) => {
    await using out = writer(key, how);
    return await pour(out, data, how.signal);
  };

  async function stat(key: string): Promise<BlobStat | null> {
    try {
      const { headers } = await client.call({ method: "HEAD", key: checkKey(key) });
      return about(headers, Number(headers.get("content-length")));
    } catch (error) {
      if (error instanceof Rejection && error.code === "not_found") return null;
      throw error;
    }
  }

  /** The refusal of a range of a blob that is there; else `not_found`. */
  async function outside(key: string): Promise<Rejection> {
    const found = await stat(key);
    if (!found) return new Rejection("not_found");
    return new Rejection("range_not_satisfiable", `The file has ${found.size} bytes`);
  }

  const open: Blobs["open"] = async (key, range) => {
    checkKey(key);
    if (range && (range.start < 0 || range.end < range.start)) throw await outside(key);
    const asked = range && { headers: { range: `bytes=${range.start}-${range.end}` } };
    const answer = await client.open({ method: "GET", key, ...asked }).catch(async (error) => {
      throw error instanceof S3Error && error.status === 416 ? await outside(key) : error;
    });
    const whole = /\/(\d+)$/.exec(answer.headers.get("content-range") ?? "")?.[1];
    const size = Number(whole ?? answer.headers.get("content-length"));
    const stream = answer.body ?? new Response("").body;
    if (!stream) throw new Error(`GET "${key}" was answered without a body`);
    // S3 shortens a range that ends too late.
    if (range && (whole === undefined || range.end >= size)) {
      await stream.cancel();
      throw new Rejection("range_not_satisfiable", `The file has ${size} bytes`);
    }
    return { ...about(answer.headers, size), stream };
  };

  /** Pages of keys below the folder, in order, each after the last key of the one before. */
  async function* pages(folder: string): AsyncGenerator<string[]> {
    const prefix = folder === "" ? "" : `${checkKey(folder)}/`;
    let marker = "";
    while (true) {
      const query = { prefix, marker, "max-keys": String(pageSize) };
      const { keys, more } = readPage((await client.call({ method: "GET", query })).text);
      if (keys.length > 0) yield keys;
      const last = keys.at(-1);
      if (!more || last === undefined) return;
      marker = last;
    }
  }

  async function deleteAll(keys: readonly string[]): Promise<void> {
    const body = new TextEncoder().encode(deleteXml(keys));
    const { text } = await client.call({
      method: "POST",
      query: { delete: "" },
      body,
      sha256: createHash("sha256").update(body).digest("hex"),
      // S3 wants it for this one request
      headers: { "content-md5": createHash("md5").update(body).digest("base64") },
    });
    const wrong = readDeleteError(text);
    if (wrong !== null) throw new Error(`Not all of ${keys.length} blobs were deleted: ${wrong}`);
  }

  return {
    writer: (key, how) => new Promise((resolve) => resolve(writer(key, how))),
    put,
    open,
    stat,
    read: async (key) => await new Response((await open(key)).stream).bytes(),
    async delete(key) {
      await client.call({ method: "DELETE", key: checkKey(key) }).catch((error) => {
        if (!(error instanceof Rejection && error.code === "not_found")) throw error;
      });
    },
    async deletePrefix(prefix) {
      checkKey(prefix);
      for await (const keys of pages(prefix)) await deleteAll(keys);
    },
    list: async (prefix) => (await Array.fromAsync(pages(prefix))).flat().sort(),
    async *keys(prefix) {
      for await (const page of pages(prefix)) yield* page;
    },
    async adopt(localFile, key) {
      checkKey(key);
      // Written by an encoder: a link in its place could name any file of ours.
      if (!(await Deno.lstat(localFile)).isFile) {
        throw new Error(`"${localFile}" is not a regular file; wanted a finished local file`);
      }
      const { bytes } = await put(key, (await Deno.open(localFile, { read: true })).readable);
      await Deno.remove(localFile);
      return { bytes };
    },
    localPath: () => null,
    presign: async (key, seconds) => await client.presign(checkKey(key), seconds),
    ping: async () => void await client.call({ method: "GET", query: { "max-keys": "1" } }),
    async sweep(before) {
      let ended = 0;
      let marker: Record<string, string> = {};
      while (true) {
        const query = { uploads: "", ...marker };
        const page = readUploads((await client.call({ method: "GET", query })).text);
        for (const { key, id, begun } of page.uploads) {
          // the bucket may be others' too, and an upload of theirs may take days
          if (begun >= before || ownerOf(key) === null) continue;
          await client.call({ method: "DELETE", key, query: { uploadId: id } });
          ended += 1;
        }
        const last = page.uploads.at(-1);
        if (!page.more || !last) return ended;
        marker = { "key-marker": last.key, "upload-id-marker": last.id };
      }
    },
  };
}

function about(headers: Headers, size: number): BlobStat {
  const etag = headers.get("etag") ?? "";
  const lastModified = new Date(headers.get("last-modified") ?? 0);
  return { size, etag: etag.startsWith('"') ? etag : `"${etag}"`, lastModified };
}
