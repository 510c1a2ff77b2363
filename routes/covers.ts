/** `/api/v1/tracks/{id}/cover`: the picture of a track, shown, set and taken away (U9). */
import { z } from "zod";
import { type Role, rolesOf } from "../domain/auth.ts";
import { COVER_MAX_BYTES, COVER_SIZES, COVER_TYPES } from "../domain/covers.ts";
import { coverFile } from "../domain/blob_keys.ts";
import { Rejection } from "../domain/errors.ts";
import { Id } from "../domain/ids.ts";
import { refuseUnsafe } from "../domain/safety.ts";
import { Track } from "../domain/tracks.ts";
import type { UploadRules } from "../domain/upload_rules.ts";
import type { Blobs } from "../media/blobs.ts";
import type { CoverWriter, TrackCovers } from "../media/track_covers.ts";
import type { Catalogue } from "./catalogue.ts";
import { endpoint, json, routes, streamed } from "./endpoint.ts";
import { serve } from "./files.ts";
import { type MediaAccess, MediaToken } from "./media_access.ts";
import { readInPlace, receiveForm } from "./multipart.ts";

const OneTrack = z.object({ id: Id });
/** What a form has beside its picture, in bytes. */
const FORM_BYTES = 64 * 1024;
const PIXELS = COVER_SIZES.map(({ px }) => px);

const binary = { schema: z.any().meta({ type: "string", format: "binary" }) };
const picture = (description: string) => ({ description, content: { "image/webp": binary } });

const get = endpoint({
  method: "get",
  path: "/tracks/{id}/cover",
  tags: ["tracks"],
  operationId: "getCover",
  summary: "The cover of a track",
  description:
    "Square WebP. `coverUrl` names the picture by `v`: at that address it never changes.",
  permission: "tracks:read",
  problems: [403, 404, 416],
  request: {
    params: OneTrack,
    query: z.object({
      size: z.enum(PIXELS.map(String), `wanted ${PIXELS.join(", ")}`).default("320")
        .meta({ description: "The side at most, in pixels" }),
      v: z.string().max(40).optional(),
      t: MediaToken,
    }),
  },
  responses: {
    200: picture("The picture"),
    206: picture("A part of it"),
    304: { description: "It has not changed" },
  },
});

const put = endpoint({
  method: "put",
  path: "/tracks/{id}/cover",
  tags: ["tracks"],
  operationId: "setCover",
  summary: "Set the cover of a track",
  description:
    `A picture as the body, or as the field \`file\` of a form: JPEG, PNG, WebP or GIF (its first ` +
    `picture), at most ${COVER_MAX_BYTES / 1024 ** 2} MiB. It is cut to its centre.`,
  permission: "tracks:update-own",
  problems: [400, 404, 413, 415, 422, 503, 507],
  request: {
    params: OneTrack,
    body: {
      required: true,
      content: {
        ...Object.fromEntries(COVER_TYPES.map((type) => [type, binary])),
        "multipart/form-data": { schema: z.object({ file: binary.schema }) },
      },
    },
  },
  responses: { 200: json(Track, "The track as it is now") },
});

const remove = endpoint({
  method: "delete",
  path: "/tracks/{id}/cover",
  tags: ["tracks"],
  operationId: "removeCover",
  summary: "Take the cover of a track away",
  description: "What the file itself carries does not come back.",
  permission: "tracks:update-own",
  problems: [404],
  request: { params: OneTrack },
  responses: { 204: { description: "It is gone" } },
});

/** Writes the picture of a request to what `open` gives, and commits it; whichever way it came. */
export async function receiveCover(
  request: Request,
  open: () => Promise<CoverWriter>,
): Promise<void> {
  const type = (request.headers.get("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type === "multipart/form-data") {
    await receiveForm(request, { open, maxBytes: COVER_MAX_BYTES + FORM_BYTES });
    return;
  }
  if (!COVER_TYPES.some((one) => one === type)) {
    throw new Rejection("unsupported_type", `Send a picture (${COVER_TYPES.join(", ")}) or a form`);
  }
  if (!request.body) throw new Rejection("empty_file");
  const body = readInPlace(request.body);
  await using writer = await open();
  try {
    for (let piece = await body.read(); piece; piece = await body.read()) await writer.write(piece);
  } catch (error) {
    await body.cancel();
    throw error;
  }
  await writer.commit();
}

export function covers(
  { access, catalogue, covers, blobs, rulesOf }: {
    access: MediaAccess;
    catalogue: Catalogue;
    covers: TrackCovers;
    blobs: Blobs;
    rulesOf: (roles: readonly Role[]) => UploadRules;
  },
) {
  const app = routes();

  app.openapi(get, async (c) => {
    const { size, v } = c.req.valid("query");
    const { track } = await access.open(c, c.req.valid("param").id, "session");
    const { coverKey } = track;
    const name = COVER_SIZES.find(({ px }) => String(px) === size)?.name;
    if (!coverKey || !name) throw new Rejection("not_found", "The track has no cover");
    const key = coverFile(coverKey, name);
    const found = await blobs.stat(key);
    if (!found) throw new Rejection("not_found", "The cover was changed in this moment");
    const isPublic = track.visibility === "public";
    return await serve(c, {
      size: found.size,
      etag: found.etag,
      type: "image/webp",
      cacheControl: !isPublic
        ? "private, no-cache"
        : coverKey.endsWith(`/${v}`)
        ? "public, max-age=31536000, immutable"
        : "no-cache",
      open: async (range) => (await blobs.open(key, range)).stream,
    });
  });

  streamed(app, put, async (c) => {
    const viewer = c.get("viewer");
    const { id } = await catalogue.editable(viewer, c.req.param("id") ?? "");
    refuseUnsafe(rulesOf(rolesOf(viewer)).dangers); // ffmpeg reads pictures too
    await receiveCover(c.req.raw, () => covers.writer(id));
    return c.json(await access.represent(viewer, await catalogue.get(viewer, id)), 200);
  });

  app.openapi(remove, async (c) => {
    const { id } = await catalogue.editable(c.get("viewer"), c.req.valid("param").id);
    await covers.remove(id);
    return c.body(null, 204);
  });

  return app;
}
