/** `/live/{id}/…`: what players of any kind open: HLS, and endless Opus and MP3 (L4). */
import { type Context, Hono } from "hono";
import { Rejection } from "../domain/errors.ts";
import type { HlsForm } from "../domain/hls_form.ts";
import { isId } from "../domain/ids.ts";
import type { LiveRow } from "../db/live.ts";
import type { Blobs } from "../media/blobs.ts";
import type { Endless, EndlessForm } from "../media/live/endless.ts";
import type { LiveWindow } from "../media/live/live_playlist.ts";
import type { AppEnv } from "./env.ts";
import { serve } from "./files.ts";
import type { LiveDesk } from "./live_desk.ts";

export interface LiveListenOptions {
  readonly desk: Pick<LiveDesk, "row">;
  readonly endless: Endless;
  readonly blobs: Pick<Blobs, "stat" | "open">;
  readonly audience: { enter(streamId: string): () => void };
  /** Between two titles, in bytes. */
  readonly icyEvery: number;
  readonly form: HlsForm;
  readonly readWindow: (streamId: string, form: HlsForm) => Promise<LiveWindow>;
  readonly livePlaylist: (window: LiveWindow, ended: boolean) => string;
  readonly hlsKey: (streamId: string, name: string) => string;
  readonly contentType: (key: string) => string;
  /** What is played now, where the stream comes in from an encoder. */
  readonly playing: (streamId: string) => Promise<string | null>;
}

/** A file of a live stream's HLS: which connection of the host, which ffmpeg, which file. */
const FILE = /^\d{1,9}-\d{1,9}-(init\.mp4|seg-\d{5,9}\.(?:m4s|ts))$/;
const ENDLESS: Readonly<Record<EndlessForm, string>> = { opus: "audio/ogg", mp3: "audio/mpeg" };

export function liveListen(options: LiveListenOptions): Hono<AppEnv> {
  const { desk, endless, blobs, audience, icyEvery, form, contentType } = options;
  const app = new Hono<AppEnv>();

  /** The stream, for who may hear it. */
  const stream = async (c: Context<AppEnv>): Promise<LiveRow> => {
    const id = c.req.param("id") ?? "";
    if (!isId(id)) throw new Rejection("not_found", "There is no such stream");
    return await desk.row(c.get("viewer"), id);
  };

  app.get("/live/:id/index.m3u8", async (c) => {
    const row = await stream(c);
    const window = await options.readWindow(row.id, form);
    const ended = row.status === "ended";
    if (window.segments.length === 0) {
      throw new Rejection("not_found", ended ? "The stream has ended" : "It is not on air yet");
    }
    return c.body(options.livePlaylist(window, ended), 200, {
      "Content-Type": contentType("index.m3u8"),
      // one second: a list is a segment old at most, and a thousand players ask once for it
      "Cache-Control": row.visibility === "private" ? "private, no-store" : "public, max-age=1",
    });
  });

  app.get("/live/:id/hls/:name", async (c) => {
    const row = await stream(c);
    const name = c.req.param("name");
    const key = options.hlsKey(row.id, name);
    const found = FILE.test(name) ? await blobs.stat(key) : null;
    if (!found) throw new Rejection("not_found", "There is no such file, or no longer");
    return await serve(c, {
      size: found.size,
      etag: found.etag,
      type: contentType(key),
      cacheControl: row.visibility === "private" ? "private, no-cache" : "public, max-age=3600",
      open: async (range) => (await blobs.open(key, range)).stream,
    });
  });

  for (const kind of ["opus", "mp3"] as const) {
    app.get(`/live/:id/stream.${kind}`, async (c) => {
      const row = await stream(c);
      if (row.status !== "live" && row.status !== "reconnecting") {
        throw new Rejection("not_found", "The stream is not on air");
      }
      const withTitles = c.req.header("Icy-MetaData") === "1";
      const headers = {
        "Content-Type": ENDLESS[kind],
        "Cache-Control": "no-store",
        // a proxy that gathers it first would be heard late
        "X-Accel-Buffering": "no",
        "icy-name": encodeURI(row.title),
        ...(withTitles && { "icy-metaint": String(icyEvery) }),
      };
      if (c.req.method === "HEAD") return c.body(null, 200, headers);
      const title = await options.playing(row.id) ?? row.title;
      const { stream: sound } = endless.listen(
        { streamId: row.id, form: kind, title, withTitles },
        audience.enter(row.id),
      );
      return c.body(sound, 200, headers);
    });
  }
  return app;
}
