/** `/api/v1/tracks/{id}/download`: a track as a file to keep (U7). */
import { z } from "zod";
import { DOWNLOADS } from "../domain/downloads.ts";
import { Rejection } from "../domain/errors.ts";
import { Id } from "../domain/ids.ts";
import type { Blobs } from "../media/blobs.ts";
import { endpoint, json, routes } from "./endpoint.ts";
import { serve } from "./files.ts";
import { type MediaAccess, MediaToken } from "./media_access.ts";
import type { TrackDownloads } from "./track_downloads.ts";

/** When to ask again for a file that is being made, in seconds. */
const ASK_AGAIN_S = 2;

const file = (description: string) => ({
  description,
  content: { "audio/*": { schema: z.any().meta({ type: "string", format: "binary" }) } },
});

const download = endpoint({
  method: "get",
  path: "/tracks/{id}/download",
  tags: ["tracks"],
  operationId: "downloadTrack",
  summary: "A track as a file to keep",
  description:
    "Made of the original at the first request, with title and artist in its tags and without gain. " +
    "Bitrates in kbit/s, the highest where none is asked for: " +
    Object.entries(DOWNLOADS).filter(([, { bitrates }]) => bitrates.length > 0)
      .map(([format, { bitrates }]) => `${format} ${bitrates.join(", ")}`).join("; ") +
    ". FLAC only of lossless originals; the original only for its owner. " +
    "Others may take files where `downloadable` is true. 202: it is still being made, ask again.",
  permission: "tracks:read",
  problems: [403, 404, 416, 503, 507],
  request: {
    params: z.object({ id: Id }),
    query: z.object({
      format: z.string().max(20).default("mp3"),
      bitrate: z.coerce.number().int().optional(),
      t: MediaToken,
    }),
  },
  responses: {
    200: file("The file"),
    206: file("A part of it"),
    202: json(z.object({ status: z.literal("making") }), "It is being made; ask again"),
    304: { description: "It has not changed" },
  },
});

export function downloads(
  { access, files, blobs, contentType, contentDisposition }: {
    access: MediaAccess;
    files: TrackDownloads;
    blobs: Blobs;
    /** The media type for a key. */
    contentType: (key: string) => string;
    contentDisposition: (filename: string) => string;
  },
) {
  const app = routes();
  app.openapi(download, async (c) => {
    const { format, bitrate } = c.req.valid("query");
    const { track } = await access.open(c, c.req.valid("param").id, "session");
    const found = await files.get(c.get("viewer"), track, { format, bitrate });
    if (!found) {
      c.header("Retry-After", String(ASK_AGAIN_S));
      c.header("Cache-Control", "no-store");
      return c.json({ status: "making" as const }, 202);
    }
    const { key, bytes: size, filename, ending } = found;
    const stat = await blobs.stat(key);
    if (!stat) throw new Rejection("not_found", "The file went in this moment; ask again");
    c.header("Content-Disposition", contentDisposition(filename));
    return await serve(c, {
      size,
      etag: stat.etag,
      type: contentType(`file.${ending}`),
      // it is another file when the title has changed, or the recording
      cacheControl: track.visibility === "public" ? "no-cache" : "private, no-cache",
      open: async (range) => (await blobs.open(key, range)).stream,
    });
  });
  return app;
}
