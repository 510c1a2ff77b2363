/** Serves a blob or an asset: Range, If-Range, ETag, HEAD (U14; RFC 9110, 13 and 14). */
import type { Context } from "hono";
import { Rejection } from "../domain/errors.ts";
import type { AppEnv } from "./env.ts";

/** What can be served. `open` gives the bytes from `start` to `end`, both included. */
export interface Servable {
  readonly size: number;
  /** Strong, with its quotes. */
  readonly etag: string;
  readonly type: string;
  readonly cacheControl: string;
  open(range?: { start: number; end: number }): Promise<
    ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>
  >;
}

/**
 * The one byte range that `header` asks of `size` bytes. Null: serve all, as for several ranges or
 * a form we do not know (RFC 9110, 14.2 lets a server ignore these).
 *
 * @throws {Rejection} `range_not_satisfiable`
 */
export function byteRange(header: string, size: number): { start: number; end: number } | null {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (!found || (found[1] === "" && found[2] === "")) return null;
  const [first, last] = [found[1] ?? "", found[2] ?? ""];
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < start) return null;
  if (start >= size || (first === "" && Number(last) === 0)) {
    throw new Rejection("range_not_satisfiable", `The file has ${size} bytes`);
  }
  return { start, end };
}

const matches = (header: string, etag: string) =>
  header.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === etag);

/** Answers a GET or HEAD for `file`. */
export async function serve(c: Context<AppEnv>, file: Servable): Promise<Response> {
  const headers = new Headers({
    "Accept-Ranges": "bytes",
    "Cache-Control": file.cacheControl,
    "Content-Type": file.type,
    ETag: file.etag,
  });
  const noneMatch = c.req.header("If-None-Match");
  if (noneMatch !== undefined && matches(noneMatch, file.etag)) {
    return c.newResponse(null, { status: 304, headers });
  }
  const wanted = c.req.header("Range");
  // If-Range with another version means: the client's part is stale, send all
  const current = (c.req.header("If-Range") ?? file.etag) === file.etag;
  let range: { start: number; end: number } | null = null;
  if (wanted !== undefined && current) {
    try {
      range = byteRange(wanted, file.size);
    } catch (error) {
      c.header("Content-Range", `bytes */${file.size}`);
      throw error;
    }
  }
  headers.set("Content-Length", String(range ? range.end - range.start + 1 : file.size));
  if (range) headers.set("Content-Range", `bytes ${range.start}-${range.end}/${file.size}`);
  const body = c.req.method === "HEAD" ? null : await file.open(range ?? undefined);
  return c.newResponse(body, { status: range ? 206 : 200, headers });
}
