/** `/api/v1/tracks/{id}/events`: how the processing of a track goes, while it goes. */
import { streamSSE } from "hono/streaming";
import { z } from "zod";
import { Id } from "../domain/ids.ts";
import type { Progress } from "../domain/tracks.ts";
import type { Topic } from "../actors/runtime/topic.ts";
import type { VersionStore } from "../db/versions.ts";
import type { Catalogue } from "./catalogue.ts";
import { endpoint, routes, streamed } from "./endpoint.ts";

/** A comment line this often keeps proxies from closing a quiet stream, in ms. */
const HEARTBEAT_MS = 15_000;
/** Then the stream ends and the client connects again: by then it may no longer be allowed, in ms. */
const STREAM_MS = 300_000;

const events = endpoint({
  method: "get",
  path: "/tracks/{id}/events",
  tags: ["tracks"],
  operationId: "trackEvents",
  summary: "How processing goes, as server-sent events",
  description:
    "`progress` events, and at last `done` or `failed`, each with the same data. They tell of the " +
    "newest version.",
  permission: "tracks:read",
  problems: [404],
  request: { params: z.object({ id: Id }) },
  responses: {
    200: { description: "Events", content: { "text/event-stream": { schema: z.string() } } },
  },
});

const nameOf = ({ status }: Progress): "progress" | "done" | "failed" =>
  status === "failed" ? "failed" : status === "ready" ? "done" : "progress";

export function trackEvents({ versions, catalogue, progress, closing }: {
  versions: Pick<VersionStore, "newest">;
  catalogue: Catalogue;
  progress: Topic<Progress>;
  /** Aborts when the node is to end. */
  closing: AbortSignal;
}) {
  const app = routes();

  streamed(app, events, async (c) => {
    const viewer = c.get("viewer");
    const { id } = await catalogue.get(viewer, c.req.param("id") ?? "");
    if (c.req.method === "HEAD") return c.body(null, 200, { "Content-Type": "text/event-stream" });
    c.header("X-Accel-Buffering", "no"); // nginx would hold the events back
    return streamSSE(c, async (stream) => {
      const over = Promise.withResolvers<void>();
      over.promise.catch(() => {}); // it may fail before anybody waits for it
      let told: Progress | null = null;
      const send = async (event: Progress) => {
        // of two versions that are made at once the newer counts; ids sort by time
        if ((event.uploadId ?? "~") < (told?.uploadId ?? "")) return;
        told = event;
        await stream.writeSSE({ event: nameOf(event), data: JSON.stringify(event) });
        if (nameOf(event) !== "progress") over.resolve();
      };
      // subscribe first, then look: what happens in between is told twice rather than never
      const subscription = progress.subscribe(
        id,
        ({ event }) => void send(event).catch(over.reject),
      );
      stream.onAbort(() => over.resolve());
      const longEnough = AbortSignal.any([closing, AbortSignal.timeout(STREAM_MS)]);
      longEnough.addEventListener("abort", () => over.resolve());
      /** What the rows say: the beginning, and what another node tells to its own callers only. */
      const look = async () => {
        const now = await versions.newest(id);
        if (now && (now.percent > (told?.percent ?? -1) || now.status !== told?.status)) {
          await send(now);
        }
      };
      const heartbeat = setInterval(() => {
        void stream.write(": still here\n\n").then(look).catch(over.reject);
      }, HEARTBEAT_MS);
      try {
        await look();
        await over.promise;
      } finally {
        clearInterval(heartbeat);
        subscription.close();
      }
    });
  });

  return app;
}
