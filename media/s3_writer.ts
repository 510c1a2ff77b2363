/** Writes one blob to S3: in one piece when it is small, else in parts, with bounded memory. */
import { createHash, type Hash, randomUUID } from "node:crypto";
import { isRejection, Rejection } from "../domain/errors.ts";
import type { BlobWriter, PutOptions, Stored } from "./blobs.ts";
import { type S3Client, S3Error } from "./s3_client.ts";
import { partsXml, readError, readUploadId } from "./s3_xml.ts";

/** How blobs are written. */
export interface Writing {
  /** Size of a part, in bytes. At most `inFlight + 1` of them are held in memory. */
  readonly partBytes: number;
  /** Parts on their way at a time. */
  readonly inFlight: number;
  /** Sent when a blob is begun: its type, its encryption. */
  readonly headers: Readonly<Record<string, string>>;
  readonly warn: (message: string) => void;
}

/** S3 takes no more parts than this. */
const MOST_PARTS = 10_000;
/** The first buffer of a blob, in bytes: most are segments, far smaller than a part. */
const FIRST_BUFFER = 64 * 1024;
/** Names the write in the blob's metadata: tells whether it is ours that is there. */
const WRITE_ID = "x-amz-meta-write";
/** How often an upload is completed when the store says 200 and yet fails. */
const COMPLETIONS = 3;

/** The bytes that will be sent next. */
interface Part {
  buffer: Uint8Array<ArrayBuffer>;
  used: number;
  hash: Hash;
}

/** A writer of the blob `key`; the rules are those of `Blobs.writer`. */
export function s3Writer(
  client: S3Client,
  key: string,
  { signal, maxBytes }: PutOptions,
  { partBytes, inFlight, headers, warn }: Writing,
): BlobWriter {
  const total = createHash("sha256");
  const writeId = randomUUID();
  const flying = new Set<Promise<void>>();
  const spare: Uint8Array<ArrayBuffer>[] = [];
  const etags: string[] = [];
  const stop = new AbortController();
  let part: Part = { buffer: new Uint8Array(), used: 0, hash: createHash("sha256") };
  let bytes = 0;
  let sent = 0;
  let uploadId: string | undefined;
  let done = false;
  let failed: { readonly error: unknown } | undefined;

  const interrupt = () => stop.abort();
  signal?.addEventListener("abort", interrupt, { once: true });

  const check = () => {
    if (signal?.aborted) throw new Rejection("upload_interrupted");
    if (failed) throw failed.error;
  };

  /** Makes room in the part, which grows by doubling up to its full size. */
  function grow(wanted: number): void {
    const { buffer, used } = part;
    if (buffer.length - used >= wanted || buffer.length === partBytes) return;
    const length = Math.max(FIRST_BUFFER, buffer.length * 2, used + wanted);
    const larger = spare.pop() ?? new Uint8Array(Math.min(length, partBytes));
    larger.set(buffer.subarray(0, used));
    part.buffer = larger;
  }

  /** Sends the part, as soon as one of those on their way has arrived. */
  async function flush(): Promise<void> {
    if (uploadId === undefined) {
      const begun = await client.call({
        method: "POST",
        key,
        query: { uploads: "" },
        headers: { ...headers, [WRITE_ID]: writeId },
        signal: stop.signal,
        once: true, // begun twice, one of the two would stay behind
      });
      uploadId = readUploadId(begun.text);
    }
    while (flying.size >= inFlight) await Promise.race(flying);
    check();
    const at = sent++;
    if (sent > MOST_PARTS) {
      throw new Rejection("too_large", `At most ${MOST_PARTS * partBytes} bytes are stored`);
    }
    const { buffer, used, hash } = part;
    part = { buffer: spare.pop() ?? new Uint8Array(), used: 0, hash: createHash("sha256") };
    const flight = client.call({
      method: "PUT",
      key,
      query: { partNumber: String(at + 1), uploadId },
      body: buffer.subarray(0, used),
      sha256: hash.digest("hex"),
      signal: stop.signal,
    }).then(({ headers }) => {
      etags[at] = headers.get("etag") ?? "";
      if (buffer.length === partBytes) spare.push(buffer);
    }, (error) => {
      failed ??= { error };
      stop.abort();
    }).finally(() => flying.delete(flight));
    flying.add(flight);
  }

  /** Whether the blob that is there is the one of this write. */
  async function isOurs(): Promise<boolean> {
    const { headers } = await client.call({ method: "HEAD", key, signal: stop.signal });
    return headers.get(WRITE_ID) === writeId;
  }

  async function complete(id: string): Promise<void> {
    const body = new TextEncoder().encode(partsXml(etags));
    const sha256 = createHash("sha256").update(body).digest("hex");
    const { signal } = stop;
    const request = { method: "POST", key, query: { uploadId: id }, body, sha256, signal } as const;
    for (let attempt = 1;; attempt++) {
      const said = await client.call(request).then(
        ({ text }) => readError(text).code,
        async (error) => {
          // The first answer may have been lost on its way, after the deed.
          const again = error instanceof S3Error && error.code === "NoSuchUpload";
          if (again && await isOurs()) return "";
          throw error;
        },
      );
      if (said === "") return;
      if (attempt === COMPLETIONS) {
        throw new Rejection("unavailable", `The media store could not join "${key}": ${said}`);
      }
    }
  }

  return {
    get bytes() {
      return bytes;
    },
    async write(chunk) {
      check();
      bytes += chunk.byteLength;
      if (maxBytes !== undefined && bytes > maxBytes) {
        throw new Rejection("too_large", `It has more than the ${maxBytes} bytes that are taken`);
      }
      total.update(chunk);
      for (let at = 0; at < chunk.byteLength;) {
        if (part.used === partBytes) await flush();
        grow(Math.min(chunk.byteLength - at, partBytes - part.used));
        const piece = chunk.subarray(at, at + part.buffer.length - part.used);
        part.buffer.set(piece, part.used);
        part.hash.update(piece);
        part.used += piece.byteLength;
        at += piece.byteLength;
      }
    },
    async commit(): Promise<Stored> {
      check();
      const sha256 = total.digest("hex");
      if (uploadId === undefined) {
        const body = part.buffer.subarray(0, part.used);
        await client.call({ method: "PUT", key, body, sha256, headers, signal: stop.signal });
      } else {
        await flush();
        await Promise.all(flying);
        check();
        await complete(uploadId);
      }
      done = true;
      return { bytes, sha256 };
    },
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener("abort", interrupt);
      if (done || uploadId === undefined) return;
      stop.abort();
      await Promise.all(flying); // a part that arrives after the end would stay
      await client.call({ method: "DELETE", key, query: { uploadId } }).catch((error) => {
        if (error instanceof S3Error && error.code === "NoSuchUpload") return;
        // What broke the write is told by it; the parts go with the next sweep.
        if (isRejection(error)) warn(`Parts of "${key}" stay in the store: ${error.message}`);
        else throw error;
      });
    },
  };
}
