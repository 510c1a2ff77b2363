/** `/live/{id}/…`: what players of any kind open: HLS, and endless Opus and MP3 (L4). */
import { type Context, Hono } from "hono";
import { createHash } from "node:crypto";
import type { LiveRow } from "../db/live.ts";
import { Rejection } from "../domain/errors.ts";
import type { Endless, EndlessForm } from "../media/live/endless.ts";
import type { HlsListeners } from "../media/live/hls_listeners.ts";
import type { LiveWindow } from "../media/live/live_playlist.ts";
import type { AppEnv } from "./env.ts";
import { serve } from "./files.ts";
import type { LiveAccess } from "./live_access.ts";
import type { LiveEars } from "./live_ears.ts";

/** A file of a live stream's HLS, whole: two seconds of sound. */
export interface LiveFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Strong, with its quotes. */
  readonly etag: string;
}

export interface LiveListenOptions {
  readonly access: Pick<LiveAccess, "open">;
  readonly endless: Endless;
  readonly audience: { enter(streamId: string): () => void };
  readonly ears: Pick<LiveEars, "enter">;
  readonly listeners: Pick<HlsListeners, "heard">;
  /** Between two titles, in bytes. */
  readonly icyEvery: number;
  /** The newest of a stream's HLS; a second old at most. */
  readonly windowOf: (stream: Pick<LiveRow, "id" | "liveEpoch">) => Promise<LiveWindow>;
  /** Its list as it is at `now`, in ms since 1970. */
  readonly listOf: (window: LiveWindow, now: number, ended: boolean) => string;
  /** Null where there is no such file, or no longer. */
  readonly fileOf: (streamId: string, name: string) => Promise<LiveFile | null>;
  /** A playlist whose addresses carry a token. */
  readonly withToken: (playlist: string, token: string) => string;
  readonly contentType: (key: string) => string;
  /** What is played now, where the stream comes in from an encoder. */
  readonly playing: (streamId: string) => Promise<string | null>;
}

/** A file of a live stream's HLS: which connection of the host, which ffmpeg, which file. */
const FILE = /^\d{1,9}-\d{1,9}-(init\.mp4|seg-\d{5,9}\.(?:m4s|ts))$/;
const ENDLESS: Readonly<Record<EndlessForm, string>> = { opus: "audio/ogg", mp3: "audio/mpeg" };

/** Tells one listener of HLS from another: an account, else an address and a program there. */
function whoAsks(c: Context<AppEnv>): string {
  const viewer = c.get("viewer");
  if (viewer.kind === "user") return viewer.userId;
  const told = `${c.get("address")}\n${c.req.header("User-Agent") ?? ""}`;
  return createHash("sha256").update(told).digest("base64url");
}

/** As players read a head: UTF-8, of which `Headers` takes each byte as a character. */
const headerText = (text: string) =>
  String.fromCharCode(...new TextEncoder().encode(text.replace(/\p{Cc}+/gu, " ")));

export function liveListen(options: LiveListenOptions): Hono<AppEnv> {
  const { access, endless, audience, ears, listeners, icyEvery, contentType } = options;
  const app = new Hono<AppEnv>();

  app.get("/live/:id/index.m3u8", async (c) => {
    const { stream, token } = await access.open(c, c.req.param("id"));
    const window = await options.windowOf(stream);
    const ended = stream.status === "ended";
    if (window.segments.length === 0) {
      throw new Rejection("not_found", ended ? "The stream has ended" : "It is not on air yet");
    }
    if (!ended && c.req.method === "GET") listeners.heard(stream.id, whoAsks(c));
    const list = options.listOf(window, stream.endedAt ?? Date.now(), ended);
    return c.body(token === null ? list : options.withToken(list, token), 200, {
      "Content-Type": contentType("index.m3u8"),
      // one second: a list is a segment old at most, and a thousand players ask once for it
      "Cache-Control": stream.visibility === "private" ? "private, no-store" : "public, max-age=1",
    });
  });

  app.get("/live/:id/hls/:name", async (c) => {
    const { stream } = await access.open(c, c.req.param("id"));
    const name = c.req.param("name");
    const file = FILE.test(name) ? await options.fileOf(stream.id, name) : null;
    if (!file) throw new Rejection("not_found", "There is no such file, or no longer");
    const { bytes, etag } = file;
    return await serve(c, {
      size: bytes.length,
      etag,
      type: contentType(name),
      cacheControl: stream.visibility === "private"
        ? "private, no-cache"
        : "public, max-age=3600, immutable",
      open: (range) => Promise.resolve(range ? bytes.subarray(range.start, range.end + 1) : bytes),
    });
  });

  for (const kind of ["opus", "mp3"] as const) {
    app.get(`/live/:id/stream.${kind}`, async (c) => {
      const { stream: row } = await access.open(c, c.req.param("id") ?? "");
      if (row.status !== "live" && row.status !== "reconnecting") {
        throw new Rejection("not_found", "The stream is not on air");
      }
      const withTitles = c.req.header("Icy-MetaData") === "1";
      const headers = {
        "Content-Type": ENDLESS[kind],
        "Cache-Control": "no-store",
        // a proxy that gathers it first would be heard late
        "X-Accel-Buffering": "no",
        "icy-name": headerText(row.title),
        ...(withTitles && { "icy-metaint": String(icyEvery) }),
      };
      if (c.req.method === "HEAD") return c.body(null, 200, headers);
      const title = await options.playing(row.id) ?? row.title;
      const ear = ears.enter(row.id, { viewer: c.get("viewer"), token: c.req.query("t") });
      const uncount = audience.enter(row.id);
      const { stream: sound } = endless.listen(
        { streamId: row.id, form: kind, title, withTitles, signal: ear.signal },
        () => {
          ear.leave();
          uncount();
        },
      );
      return c.body(sound, 200, headers);
    });
  }
  return app;
}
