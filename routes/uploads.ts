/** `/api/v1/uploads`: tus 1.0, and what has become of an upload as JSON (U3). */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { z } from "zod";
import { isRejection, Rejection } from "../domain/errors.ts";
import { Id } from "../domain/ids.ts";
import { parseChecksum, UploadState } from "../domain/uploads.ts";
import { endpoint, json, routes, signedIn, streamed } from "./endpoint.ts";
import type { AppEnv } from "./env.ts";
import type { Place } from "./intake.ts";
import type { Found, ResumableUploads } from "./resumable_uploads.ts";
import {
  answerTus,
  capabilities,
  demandVersion,
  methodOf,
  OFFSET_STREAM,
  type TusTarget,
  VERSION,
} from "./tus.ts";

const PATH = "/api/v1/uploads";
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
    "`Upload-Metadata` takes filename, filetype, title, artist, genre, description and visibility, each in base64. `Location` is where the bytes go.",
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

/** Refuses a body that is none of tus (415); creation may come without one. */
function demandBytes(request: Request): void {
  const type = request.headers.get("Content-Type");
  if (type !== OFFSET_STREAM) {
    throw new Rejection("unsupported_type", `Bytes are sent as ${OFFSET_STREAM}`);
  }
}

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

  /** One request about one upload; `made` is where a new one goes. */
  async function tus(c: Context<AppEnv>, id: string, made?: Place): Promise<Response> {
    const user = signedIn(c);
    const request = c.req.raw;
    for (const name of ["Tus-Resumable", "Tus-Version"]) c.header(name, VERSION); // on refusals too
    demandVersion(request);
    const given = request.headers.get("Upload-Checksum");
    const checksum = given === null ? undefined : parseChecksum(given);
    const method = methodOf(request);
    const writes = method === "PATCH" || made !== undefined;
    if (method === "PATCH") demandBytes(request);
    let found: Found | undefined = made ? undefined : await uploads.find(user, id);
    if (found?.status === "refused" && method !== "DELETE") {
      const { code, detail } = found.failure ?? { code: "not_found", detail: undefined };
      throw new Rejection(method === "PATCH" ? code : "not_found", detail);
    }
    using hold = writes && found?.status !== "accepted" ? await uploads.holds.take(id) : undefined;
    let writing: Promise<number> | undefined;
    const target: TusTarget = {
      id,
      create: async (upload) => {
        if (made) await uploads.create(user, made, upload);
      },
      find: async () => found = await uploads.find(user, id),
      async write(source, offset) {
        if (!hold || found?.offset === found?.length && found) return offset;
        const { save } = await uploads.open(id);
        return await (writing = uploads.pieces.append(
          { id, offset, source, checksum, save },
          hold,
        ));
      },
      remove: () => uploads.remove(user, id),
      finish: async () => void (found = await uploads.finish(id)),
    };
    try {
      const answer = await answerTus(request, PATH, target);
      tell(c, method === "DELETE" ? undefined : found ?? await uploads.find(user, id));
      return c.newResponse(answer.body, answer);
    } catch (error) {
      // the library knows a write that failed only as a stream that ended
      await writing?.catch((ours) => {
        if (!isRejection(ours, "upload_interrupted") || !isRejection(error)) throw ours;
      });
      throw error;
    } finally {
      await Promise.allSettled([writing]); // the hold ends after the last write, never before
    }
  }

  /** Headers of ours beside the protocol's. */
  function tell(c: Context<AppEnv>, upload: Found | undefined): void {
    if (upload?.status === "receiving") {
      c.header("Upload-Expires", uploads.expiresAt(upload).toUTCString());
    }
    if (upload?.status === "accepted") {
      c.header("Veza-Track-Id", upload.trackId);
      if (upload.duplicateOf) c.header("Veza-Duplicate-Of", upload.duplicateOf.id);
    }
  }

  streamed(app, options, (c) => c.body(null, 204));

  app.openapi(list, async (c) => {
    return c.json({ items: await uploads.unfinished(signedIn(c)), nextCursor: null }, 200);
  });

  streamed(app, create, (c) => {
    const made = place();
    return tus(c, made.uploadId, made);
  });

  // Hono answers HEAD with the handler of GET
  for (const route of [get, head]) {
    streamed(app, route, async (c) => {
      const id = c.req.param("id") ?? "";
      if (c.req.method === "HEAD") return await tus(c, id);
      return c.json(await uploads.state(signedIn(c), id), 200);
    });
  }

  for (const route of [patch, remove]) streamed(app, route, (c) => tus(c, c.req.param("id") ?? ""));

  // for clients that can only GET and POST (tus 1.0)
  app.post("/uploads/:id", (c) => {
    const method = methodOf(c.req.raw);
    if (method !== "PATCH" && method !== "DELETE") {
      throw new Rejection("method_not_allowed", "POST here wants X-HTTP-Method-Override");
    }
    return tus(c, c.req.param("id"));
  });

  return app;
}
