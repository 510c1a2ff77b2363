/** tus 1.0 by hand: single requests, so that each may be wrong in its own way. */
import { equal } from "node:assert/strict";
import type { Source, Track } from "../../domain/tracks.ts";
import { type Answer, ask } from "./client.ts";

export const UPLOADS = "/api/v1/uploads";
export const OFFSET_STREAM = "application/offset+octet-stream";

/** `Upload-Metadata` of these names. */
export const metadata = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name} ${new TextEncoder().encode(value).toBase64()}`)
    .join(",");

/** A caller of one node. Headers given win over those that every request has. */
export const tusClient = (base: string, token: string) => {
  const send = <T = { code: string; detail: string }>(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body?: BodyInit,
  ): Promise<Answer<T>> =>
    ask<T>(base, path, {
      method,
      ...(token && { token }),
      ...(body !== undefined && { body }),
      headers: { "Tus-Resumable": "1.0.0", ...headers },
    });
  return {
    send,
    /** Makes an upload and answers with its path. */
    async create(length: number, fields: Readonly<Record<string, string>> = {}): Promise<string> {
      const { status, headers, body } = await send("POST", UPLOADS, {
        "Upload-Length": String(length),
        "Upload-Metadata": metadata({ filename: "song.wav", ...fields }),
      });
      equal(status, 201, JSON.stringify(body));
      return headers.get("Location") ?? "";
    },
    patch: (
      path: string,
      offset: number,
      body: BodyInit,
      headers: Readonly<Record<string, string>> = {},
    ) =>
      send(
        "PATCH",
        path,
        { "Upload-Offset": String(offset), "Content-Type": OFFSET_STREAM, ...headers },
        body,
      ),
    /** The offset that the node tells, or the status where it tells none. */
    async offset(path: string): Promise<number> {
      const { status, headers } = await send("HEAD", path);
      equal(status, 200, `HEAD ${path} answered ${status}`);
      return Number(headers.get("Upload-Offset"));
    },
  };
};

export type TusClient = ReturnType<typeof tusClient>;

/** The id in an upload's path. */
export const idOf = (path: string): string => path.split("/").at(-1) ?? "";

/** What a track was made from, as soon as that is known: what comes after it takes longer. */
export async function sourceOf(base: string, token: string, trackId: string): Promise<Source> {
  const until = Date.now() + 30_000;
  while (Date.now() < until) {
    const { body } = await ask<Track>(base, `/api/v1/tracks/${trackId}`, { token });
    if (body.source) return body.source;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Track ${trackId} was never probed`);
}
