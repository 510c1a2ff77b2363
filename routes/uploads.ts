/** `/api/v1/uploads`: tus 1.0, and what has become of an upload as JSON (U3). */
import { createMiddleware } from "hono/factory";
import { z } from "zod";
import { Rejection } from "../domain/errors.ts";
import { Id } from "../domain/ids.ts";
import { UploadState } from "../domain/uploads.ts";
import { endpoint, json, routes, signedIn, streamed } from "./endpoint.ts";
import type { AppEnv } from "./env.ts";
import type { Place } from "./intake.ts";
import type { ResumableUploads } from "./resumable_uploads.ts";
import { capabilities, methodOf, OFFSET_STREAM, VERSION } from "./tus.ts";
import { tusUploads } from "./tus_uploads.ts";

const OneUpload = z.object({ id: Id });
const tusOnly = { "Tus-Resumable": z.literal(VERSION) };
const bytes = {
  content: { [OFFSET_STREAM]: { schema: z.any().meta({ type: "string", format: "binary" }) } },
};

const options = endpoint({
  method: "options",
  path: "/uploads",
  tags: ["uploads"],
  operationId: "describeUploads",
  summary: "What of tus is spoken here",
  description: "Versions, extensions, checksums and the largest upload, in headers.",
  permission: "tracks:read",
  responses: { 204: { description: "Headers" } },
});

const list = endpoint({
  method: "get",
  path: "/uploads",
  tags: ["uploads"],
  operationId: "listUploads",
  summary: "Your unfinished uploads",
  description: "Those that still wait for bytes, the oldest first; there are never many.",
  permission: "uploads:own",
  responses: {
    200: json(z.object({ items: z.array(UploadState), nextCursor: z.null() }), "Uploads"),
  },
});

const create = endpoint({
  method: "post",
  path: "/uploads",
  tags: ["uploads"],
  operationId: "createUpload",
  summary: "Begin a resumable upload (tus: creation, creation-with-upload)",
  description:
    "`Upload-Metadata` takes filename, filetype, title, artist, genre, description, visibility and downloadable, each in base64. `Location` is where the bytes go.",
  permission: "tracks:create",
  problems: [400, 409, 412, 413, 415, 422, 460, 507],
  request: {
    headers: z.object({
      ...tusOnly,
      "Upload-Length": z.string(),
      "Upload-Metadata": z.string().optional(),
      "Upload-Checksum": z.string().optional(),
    }),
    body: bytes,
  },
  responses: { 201: { description: "Send the bytes to `Location`" } },
});

const get = endpoint({
  method: "get",
  path: "/uploads/{id}",
  tags: ["uploads"],
  operationId: "getUpload",
  summary: "An upload, and the track that it has become",
  description: "What was refused says why. What another sends is not there.",
  permission: "uploads:own",
  problems: [404],
  request: { params: OneUpload },
  responses: { 200: json(UploadState, "The upload") },
});

const head = endpoint({
  method: "head",
  path: "/uploads/{id}",
  tags: ["uploads"],
  operationId: "resumeUpload",
  summary: "Where to go on (tus)",
  description: "`Upload-Offset` are the bytes that are safe on disk.",
  permission: "uploads:own",
  problems: [400, 404, 409, 412, 413, 415, 507],
  request: { params: OneUpload, headers: z.object(tusOnly) },
  responses: { 200: { description: "Headers" } },
});

const patch = endpoint({
  method: "patch",
  path: "/uploads/{id}",
  tags: ["uploads"],
  operationId: "sendBytes",
  summary: "Send bytes (tus)",
  description:
    "What comes is kept even when the connection breaks; with a checksum it is taken whole or not at all. After the last byte `Veza-Track-Id` names the track, and `Veza-Duplicate-Of` one of yours with the same bytes.",
  permission: "uploads:own",
  problems: [400, 404, 409, 412, 413, 415, 422, 460, 507],
  request: {
    params: OneUpload,
    headers: z.object({
      ...tusOnly,
      "Upload-Offset": z.string(),
      "Upload-Checksum": z.string().optional(),
    }),
    body: bytes,
  },
  responses: { 204: { description: "Taken as far as `Upload-Offset`" } },
});

const remove = endpoint({
  method: "delete",
  path: "/uploads/{id}",
  tags: ["uploads"],
  operationId: "deleteUpload",
  summary: "End an upload that is not a track yet (tus: termination)",
  description: "Its bytes are removed at once.",
  permission: "uploads:own",
  problems: [400, 404, 409, 412],
  request: { params: OneUpload, headers: z.object(tusOnly) },
  responses: { 204: { description: "It is gone" } },
});

/** Tells with every OPTIONS what is spoken here; who answers it is another matter. */
export const describeUploads = ({ maxBytes }: { maxBytes: number }) =>
  createMiddleware<AppEnv>(async (c, next) => {
    for (const [name, value] of Object.entries(capabilities(maxBytes))) c.header(name, value);
    await next();
  });

export function uploads(
  { uploads, place }: {
    uploads: ResumableUploads;
    place: () => Place;
    /** Of one upload. */
    maxBytes: number;
  },
) {
  const app = routes();

  const tus = tusUploads(uploads);

  streamed(app, options, (c) => c.body(null, 204));

  app.openapi(list, async (c) => {
    return c.json({ items: await uploads.unfinished(signedIn(c)), nextCursor: null }, 200);
  });

  streamed(app, create, (c) => tus.begin(c, place()));

  // Hono answers HEAD with the handler of GET
  for (const route of [get, head]) {
    streamed(app, route, async (c) => {
      const id = c.req.param("id") ?? "";
      if (c.req.method === "HEAD") return await tus.answer(c, id);
      return c.json(await uploads.state(signedIn(c), id), 200);
    });
  }

  for (const route of [patch, remove]) {
    streamed(app, route, (c) => tus.answer(c, c.req.param("id") ?? ""));
  }

  // for clients that can only GET and POST (tus 1.0)
  app.post("/uploads/:id", (c) => {
    const method = methodOf(c.req.raw);
    if (method !== "PATCH" && method !== "DELETE") {
      throw new Rejection("method_not_allowed", "POST here wants X-HTTP-Method-Override");
    }
    return tus.answer(c, c.req.param("id"));
  });

  return app;
}
