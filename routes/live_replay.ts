/** `/api/v1/live/{id}/replay`: the chat of a stream beside its recording (L7, X5). */
import type { LiveReplayStore } from "../db/live_replay.ts";
import type { LiveTakeStore } from "../db/live_takes.ts";
import type { Viewer } from "../domain/auth.ts";
import { isRejection, Rejection } from "../domain/errors.ts";
import { maySeeLive } from "../domain/live.ts";
import {
  AFTERWARDS_MS,
  LiveReplay,
  positionIn,
  REPLAY_FIRST,
  ReplayId,
  ReplayQuery,
} from "../domain/live_replay.ts";
import type { StoredTrack } from "../domain/tracks.ts";
import { endpoint, json, routes } from "./endpoint.ts";

const replay = endpoint({
  method: "get",
  path: "/live/{id}/replay",
  tags: ["live"],
  operationId: "getLiveReplay",
  summary: "The chat of a stream on the time line of its recording",
  description:
    "For whoever may see both. Messages from the beginning of the recording to a minute " +
    "after its end, in the order of the room's log; `after_seq` is exclusive. 404 until the stream " +
    "has become a track, and when that track shows another version.",
  permission: "live:listen",
  problems: [404],
  request: { params: ReplayId, query: ReplayQuery },
  responses: { 200: json(LiveReplay, "The messages") },
});

export interface ReplayParts {
  readonly replayOf: LiveTakeStore["replayOf"];
  readonly said: LiveReplayStore["said"];
  /** Rejects who may not see the track. */
  readonly track: (viewer: Viewer, id: string) => Promise<StoredTrack>;
}

/** What the REST route and the page of a track share. */
export function replayDesk({ replayOf, said, track }: ReplayParts) {
  const desk = {
    /**
     * A page of it, by the stream or by the track that its recording is.
     *
     * @throws {Rejection} `not_found` where there is none that the viewer may see
     */
    async read(
      viewer: Viewer,
      by: { readonly streamId: string } | { readonly trackId: string },
      { afterSeq = 0, limit }: { readonly afterSeq?: number; readonly limit: number },
    ): Promise<LiveReplay> {
      const found = await replayOf(by);
      if (!found || !maySeeLive(viewer, found)) throw new Rejection("not_found", "No such replay");
      const { streamId, trackId, roomId, startedAt, durationMs } = found;
      await track(viewer, trackId);
      const until = new Date(startedAt.getTime() + durationMs + AFTERWARDS_MS);
      const rows = await said(roomId, { from: startedAt, until, afterSeq, limit: limit + 1 });
      const span = { startedAt: startedAt.getTime(), durationMs };
      const items = rows.slice(0, limit).map(({ createdAt, ...row }) => ({
        ...row,
        atMs: positionIn(span, createdAt.getTime()),
      }));
      return {
        ...{ streamId, trackId, startedAt: startedAt.toISOString(), durationMs, items },
        nextSeq: rows.length > limit ? items.at(-1)?.seq ?? null : null,
      };
    },

    /** Its first page, for the page of a track; null for one that is no recording of a stream. */
    async find(viewer: Viewer, trackId: string): Promise<LiveReplay | null> {
      try {
        return await desk.read(viewer, { trackId }, { limit: REPLAY_FIRST });
      } catch (error) {
        if (isRejection(error, "not_found")) return null;
        throw error;
      }
    },
  };
  return desk;
}
export type ReplayDesk = ReturnType<typeof replayDesk>;

export function liveReplay(desk: ReplayDesk) {
  const app = routes();
  app.openapi(replay, async (c) => {
    const { id: streamId } = c.req.valid("param");
    const { after_seq: afterSeq, limit } = c.req.valid("query");
    return c.json(await desk.read(c.get("viewer"), { streamId }, { afterSeq, limit }), 200);
  });
  return app;
}
