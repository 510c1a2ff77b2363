/** `/api/v1/tracks`: uploaded, listed, played, changed and deleted. */
import type { TypedResponse } from "hono";
import { z } from "zod";
import { Id } from "../domain/ids.ts";
import { PageQuery } from "../domain/pages.ts";
import { Track, TrackFields, TrackPatch, Waveform } from "../domain/tracks.ts";
import { DuplicateOf } from "../domain/uploads.ts";
import type { TrackStore } from "../db/tracks.ts";
import { body, endpoint, json, routes, streamed } from "./endpoint.ts";
import type { Catalogue } from "./catalogue.ts";
import { causeOf } from "./cause.ts";
import { type MediaAccess, MediaToken } from "./media_access.ts";
import type { Receiver } from "./receive.ts";
import { type TrackMedia, waveformCache } from "./track_media.ts";

const OneTrack = z.object({ id: Id });
const TrackList = z.object({ items: z.array(Track), nextCursor: z.string().nullable() });
const list = endpoint({
  method: "get",
  path: "/tracks",
  tags: ["tracks"],
  operationId: "listTracks",
  summary: "Public tracks that can be played",
  description: "Newest first, or by title. `q` finds words in title, artist and genre.",
  permission: "tracks:read",
  request: {
    query: PageQuery.extend({
      q: z.string().max(200).optional(),
      sort_by: z.enum(["created_at", "title"]).default("created_at"),
      order: z.enum(["asc", "desc"]).optional(),
    }),
  },
  responses: { 200: json(TrackList, "Tracks") },
});

const create = endpoint({
  method: "post",
  path: "/tracks",
  tags: ["tracks"],
  operationId: "createTrack",
  summary: "Upload a file and make a track of it",
  description: "Fields may come in any order. The answer comes when the last byte is safe on disk.",
  permission: "tracks:create",
  problems: [400, 413, 415, 422, 503, 507],
  request: {
    body: {
      required: true,
      content: {
        "multipart/form-data": {
          schema: TrackFields.partial().extend({
            file: z.any().meta({ type: "string", format: "binary" }),
          }),
        },
      },
    },
  },
  responses: {
    202: json(
      z.object({
        track: Track,
        upload: z.object({ id: z.string(), trackId: z.string() }),
        duplicateOf: DuplicateOf.nullable().meta({
          description: "What you made of the same bytes before: keep both, or delete the new one",
        }),
      }),
      "The track, which is being processed",
    ),
  },
});

const get = endpoint({
  method: "get",
  path: "/tracks/{id}",
  tags: ["tracks"],
  operationId: "getTrack",
  summary: "A track",
  description: "A private track is not there for anyone but its owner.",
  permission: "tracks:read",
  problems: [404],
  request: { params: OneTrack },
  responses: { 200: json(Track, "The track") },
});

const patch = endpoint({
  method: "patch",
  path: "/tracks/{id}",
  tags: ["tracks"],
  operationId: "updateTrack",
  summary: "Change what is said of a track, or who may see it",
  description: "Fields that are left out stay as they are.",
  permission: "tracks:update-own",
  problems: [404],
  request: { params: OneTrack, body: body(TrackPatch) },
  responses: { 200: json(Track, "The track as it is now") },
});

const remove = endpoint({
  method: "delete",
  path: "/tracks/{id}",
  tags: ["tracks"],
  operationId: "deleteTrack",
  summary: "Delete a track and all that was made of it",
  description:
    "The row, the original and everything that was made of it. What is being processed stops.",
  permission: "tracks:delete-own",
  problems: [404],
  request: { params: OneTrack },
  responses: { 204: { description: "It is gone" } },
});

const waveform = endpoint({
  method: "get",
  path: "/tracks/{id}/waveform",
  tags: ["tracks"],
  operationId: "getWaveform",
  summary: "The peaks of a track",
  description: "As many peaks as `points` asks for, the lowest and the highest of each piece.",
  permission: "tracks:read",
  problems: [403, 404],
  request: {
    params: OneTrack,
    query: z.object({
      points: z.coerce.number().int().min(1).max(10_000).default(1_000),
      t: MediaToken,
    }),
  },
  responses: { 200: json(Waveform, "Peaks of the signal as it is played") },
});

const waveformFile = endpoint({
  method: "get",
  path: "/tracks/{id}/waveform.dat",
  tags: ["tracks"],
  operationId: "getWaveformFile",
  summary: "The peaks of a track in a short binary form",
  description:
    "The .dat form of audiowaveform (version 2, 8 bits): a header of 24 bytes, then the lowest and " +
    "the highest value of each pixel. Of three zooms the coarsest that has `points` pixels.",
  permission: "tracks:read",
  problems: [403, 404, 416],
  request: waveform.request,
  responses: {
    200: {
      description: "All of it",
      content: {
        "application/octet-stream": {
          schema: z.any().meta({ type: "string", format: "binary" }),
        },
      },
    },
    206: { description: "The range that was asked for" },
    304: { description: "It is as the caller has it" },
  },
});

const plays = endpoint({
  method: "post",
  path: "/tracks/{id}/plays",
  tags: ["tracks"],
  operationId: "countPlay",
  summary: "Tell that the track was played",
  description: "Asked once when playing begins.",
  permission: "tracks:read",
  problems: [404],
  request: { params: OneTrack },
  responses: { 204: { description: "Counted" } },
});

/** The JSON of a public track is made once, for it is the same for all who ask. */
const texts = new WeakMap<Track, string>();
function asJson(track: Track) {
  const text = texts.get(track) ?? JSON.stringify(track);
  texts.set(track, text);
  // as c.json, without copying headers twice: of all answers this one is asked for most
  const answer = new Response(text, { headers: { "Content-Type": "application/json" } });
  return answer as Response & TypedResponse<Track, 200, "json">;
}

export function tracks(
  { tracks, catalogue, receiver, access, media }: {
    tracks: TrackStore;
    catalogue: Catalogue;
    access: MediaAccess;
    receiver: Receiver;
    media: TrackMedia;
  },
) {
  const app = routes();

  app.openapi(list, async (c) => {
    const { sort_by: sortBy, order, ...query } = c.req.valid("query");
    const page = await tracks.list(c.get("viewer"), { ...query, sortBy, ...(order && { order }) });
    return c.json(await access.representAll(c.get("viewer"), page), 200);
  });

  streamed(app, create, async (c) => {
    const { trackId, uploadId, duplicateOf } = await receiver.receive(
      c.req.raw,
      c.get("viewer"),
      { cause: causeOf(c) },
    );
    const stored = await catalogue.get(c.get("viewer"), trackId);
    const track = await access.represent(c.get("viewer"), stored);
    return c.json({ track, upload: { id: uploadId, trackId }, duplicateOf }, 202);
  });

  app.openapi(get, async (c) => {
    const track = await catalogue.get(c.get("viewer"), c.req.valid("param").id);
    return asJson(await access.represent(c.get("viewer"), track));
  });

  app.openapi(patch, async (c) => {
    const { id } = c.req.valid("param");
    const track = await catalogue.update(c.get("viewer"), id, c.req.valid("json"));
    return c.json(await access.represent(c.get("viewer"), track), 200);
  });

  app.openapi(remove, async (c) => {
    await catalogue.remove(c.get("viewer"), c.req.valid("param").id, causeOf(c));
    return c.body(null, 204);
  });

  app.openapi(waveform, async (c) => {
    const { track } = await access.open(c, c.req.valid("param").id, "session");
    const peaks = await media.waveform(track, c.req.valid("query").points);
    c.header("Cache-Control", waveformCache(track));
    return c.json(peaks, 200);
  });

  app.openapi(waveformFile, async (c) => {
    const { track } = await access.open(c, c.req.valid("param").id, "session");
    return await media.waveformFile(c, track, c.req.valid("query").points);
  });

  app.openapi(plays, async (c) => {
    const viewer = c.get("viewer");
    const { id } = await catalogue.get(viewer, c.req.valid("param").id);
    const listenerId = viewer.kind === "user" ? viewer.userId : null;
    await tracks.countPlay(id, listenerId, causeOf(c));
    return c.body(null, 204);
  });

  app.get("/tracks/:id/stream/:path{.+}", async (c) => {
    const path = c.req.param("path");
    const or = path === "master.m3u8" ? "session" : undefined;
    const opened = await access.open(c, c.req.param("id"), or);
    return await media.stream(c, opened, path);
  });

  return app;
}
