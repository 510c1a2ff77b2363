/** `/api/v1/tracks/{id}/versions`: other files for the same track, the old ones kept (U1). */
import { z } from "zod";
import type { VersionStore } from "../db/versions.ts";
import { Rejection } from "../domain/errors.ts";
import type { EventMetadata } from "../domain/events.ts";
import { Id } from "../domain/ids.ts";
import { PageQuery } from "../domain/pages.ts";
import { TrackVersion } from "../domain/tracks.ts";
import type { Catalogue } from "./catalogue.ts";
import { causeOf } from "./cause.ts";
import { endpoint, json, routes, streamed } from "./endpoint.ts";
import type { Receiver } from "./receive.ts";

const OneTrack = z.object({ id: Id });
const OneVersion = z.object({ id: Id, versionId: Id });
const VersionList = z.object({ items: z.array(TrackVersion), nextCursor: z.string().nullable() });

const list = endpoint({
  method: "get",
  path: "/tracks/{id}/versions",
  tags: ["tracks"],
  operationId: "listVersions",
  summary: "The versions of a track, the newest first",
  description: "For its owner. `current` is the one that is played.",
  permission: "tracks:update-own",
  problems: [404],
  request: { params: OneTrack, query: PageQuery },
  responses: { 200: json(VersionList, "Versions") },
});

const create = endpoint({
  method: "post",
  path: "/tracks/{id}/versions",
  tags: ["tracks"],
  operationId: "createVersion",
  summary: "Upload a new version of a track",
  description:
    "What is there is played until the new one can be; then the track plays that. If it fails, the " +
    "track stays as it is, and the version tells why. Title, visibility and counts stay.",
  permission: "tracks:update-own",
  problems: [400, 404, 413, 415, 422, 503, 507],
  request: {
    params: OneTrack,
    body: {
      required: true,
      content: {
        "multipart/form-data": {
          schema: z.object({ file: z.any().meta({ type: "string", format: "binary" }) }),
        },
      },
    },
  },
  responses: {
    202: json(
      z.object({ upload: z.object({ id: z.string(), trackId: z.string() }) }),
      "The version, which is being processed; its id is the upload's",
    ),
  },
});

const makeCurrent = endpoint({
  method: "post",
  path: "/tracks/{id}/versions/{versionId}/current",
  tags: ["tracks"],
  operationId: "makeVersionCurrent",
  summary: "Play this version from now on",
  description: "It must be ready.",
  permission: "tracks:update-own",
  problems: [404, 409],
  request: { params: OneVersion },
  responses: { 200: json(VersionList, "The versions as they are now") },
});

const remove = endpoint({
  method: "delete",
  path: "/tracks/{id}/versions/{versionId}",
  tags: ["tracks"],
  operationId: "deleteVersion",
  summary: "Delete a version that is not played",
  description: "With its file and all that was made of it. What is being processed stops.",
  permission: "tracks:update-own",
  problems: [404, 409],
  request: { params: OneVersion },
  responses: { 204: { description: "It is gone" } },
});

/** The first page of a list. */
const FIRST = { limit: 20 } as const;

export function versions(
  { versions, discardVersion, catalogue, receiver }: {
    versions: Pick<VersionStore, "list" | "status" | "makeCurrent">;
    /** Stops what is being made of a version, and removes its rows and blobs. */
    discardVersion: (trackId: string, id: string, cause: EventMetadata) => Promise<void>;
    catalogue: Pick<Catalogue, "editable">;
    receiver: Receiver;
  },
) {
  const app = routes();

  app.openapi(list, async (c) => {
    const { id } = await catalogue.editable(c.get("viewer"), c.req.valid("param").id);
    return c.json(await versions.list(id, c.req.valid("query")), 200);
  });

  streamed(app, create, async (c) => {
    const viewer = c.get("viewer");
    const { id } = await catalogue.editable(viewer, c.req.param("id") ?? "");
    const { trackId, uploadId } = await receiver.receive(c.req.raw, viewer, {
      cause: causeOf(c),
      versionOf: id,
    });
    return c.json({ upload: { id: uploadId, trackId } }, 202);
  });

  app.openapi(makeCurrent, async (c) => {
    const { id, versionId } = c.req.valid("param");
    await catalogue.editable(c.get("viewer"), id);
    if (!await versions.makeCurrent(id, versionId)) {
      const known = await versions.status(id, versionId);
      throw known === null
        ? new Rejection("not_found", `The track has no version ${versionId}`)
        : new Rejection(
          "conflict",
          `The version is ${known}; only one that is ready can be played`,
        );
    }
    return c.json(await versions.list(id, FIRST), 200);
  });

  app.openapi(remove, async (c) => {
    const { id, versionId } = c.req.valid("param");
    await catalogue.editable(c.get("viewer"), id);
    await discardVersion(id, versionId, causeOf(c));
    return c.body(null, 204);
  });

  return app;
}
