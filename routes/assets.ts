/** `/assets/…`: the bundled scripts, styles and fonts, named by their content, kept for a year. */
import { Hono } from "hono";
import { Rejection } from "../domain/errors.ts";
import type { AppEnv } from "./env.ts";
import { serve } from "./files.ts";
import { limit, limitKey } from "./middleware/limits.ts";

/** Names that the bundler makes; no dot files, no way up. */
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  woff2: "font/woff2",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  json: "application/json",
  map: "application/json",
};

/** Precompressed forms that lie beside a file, the best first. */
const ENCODINGS = [["br", ".br"], ["gzip", ".gz"]] as const;

async function sizeOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    const info = await Deno.lstat(path); // links are not followed out of the folder
    return info.isFile ? info : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/**
 * Serves the files of `dir` at `prefix`.
 *
 * @param options.immutable whether a file's name changes with its content
 */
export function assets(
  prefix: string,
  dir: string,
  { immutable }: { immutable: boolean },
) {
  const app = new Hono<AppEnv>();
  app.get(`${prefix}/:path{.+}`, async (c) => {
    limit(c, "static", `address ${limitKey(c.get("address"))}`);
    const name = c.req.param("path");
    if (!NAME.test(name)) throw new Rejection("not_found", "There is no such file");
    const accepted = c.req.header("Accept-Encoding") ?? "";
    // a range is of the plain bytes
    const wanted = c.req.header("Range")
      ? []
      : ENCODINGS.filter(([coding]) => accepted.includes(coding));
    for (const [coding, ending] of [...wanted, ["", ""] as const]) {
      const path = `${dir}/${name}${ending}`;
      const info = await sizeOf(path);
      if (!info) continue;
      if (coding) c.header("Content-Encoding", coding);
      c.header("Vary", "Accept-Encoding");
      return await serve(c, {
        size: info.size,
        etag: `"${info.size.toString(36)}-${(info.mtime?.getTime() ?? 0).toString(36)}${coding}"`,
        type: TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream",
        cacheControl: immutable ? "public, max-age=31536000, immutable" : "public, max-age=3600",
        open: async (range) => {
          const file = await Deno.open(path);
          if (!range) return file.readable;
          await file.seek(range.start, Deno.SeekMode.Start);
          return file.readable.pipeThrough(take(range.end - range.start + 1));
        },
      });
    }
    throw new Rejection("not_found", "There is no such file");
  });
  return app;
}

/** Lets the first `length` bytes through and ends the stream there. */
export function take(length: number): TransformStream<Uint8Array, Uint8Array> {
  let left = length;
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk.subarray(0, left));
      left -= Math.min(left, chunk.byteLength);
      if (left === 0) controller.terminate();
    },
  });
}
