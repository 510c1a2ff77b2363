/** What is heard and seen of a track: its HLS playlists, segments and waveform, out of the blobs. */
import type { Context } from "hono";
import { attemptFolder } from "../domain/blob_keys.ts";
import { Rejection } from "../domain/errors.ts";
import { isId } from "../domain/ids.ts";
import type { StoredTrack, Waveform } from "../domain/tracks.ts";
import type { Blobs } from "../media/blobs.ts";
import type { AppEnv } from "./env.ts";
import { serve } from "./files.ts";
import type { Opened } from "./media_access.ts";

export interface TrackMedia {
  /** Answers for a path below `tracks/{id}/stream/`. */
  stream(c: Context<AppEnv>, opened: Opened, path: string): Promise<Response>;
  /** @throws {Rejection} `not_found` until it is drawn */
  waveform(track: StoredTrack, points: number): Promise<Waveform>;
  /** Answers with the same peaks as they are stored, at least `points` where there are as many. */
  waveformFile(c: Context<AppEnv>, track: StoredTrack, points: number): Promise<Response>;
}

/** The files that processing makes; nothing else is served, whatever else lies there. */
const RENDITION_FILE = /^([a-z0-9][a-z0-9-]*)\/(index\.m3u8|init\.mp4|seg-\d{5,7}\.(?:m4s|ts))$/;
/** A segment up to this size goes out in one piece, which costs half of what a stream does; bytes. */
const ONE_PIECE = 512 * 1024;
/** Not for ever: another version of the track has another waveform at the same address. */
export const waveformCache = ({ visibility }: StoredTrack): string =>
  visibility === "public" ? "public, max-age=3600" : "private, no-cache";

/** A version names the upload and attempt that made the files, so that a file never changes. */
const VERSION = /^v\/([0-9a-f-]{36})\.(\d{1,9})\/(.+)$/;

/** `tracks/{track}/{upload}/{attempt}` as the version in URLs. */
const versionOf = (mediaKey: string) => mediaKey.split("/").slice(-2).join(".");

/** Frames a pixel at each zoom, the finest first, as `media/waveform.ts` draws them. */
const ZOOMS = [256, 2_048, 16_384];
/** The coarsest zoom that still has a pixel for each of `points`. */
function zoomFor(durationMs: number, points: number): number {
  const frames = durationMs * 44.1;
  return Math.max(0, ZOOMS.findLastIndex((perPixel) => frames / perPixel >= points));
}

const drawnKey = ({ waveformKey, durationMs }: StoredTrack, points: number): string => {
  if (!waveformKey) throw new Rejection("not_found", "The waveform is not drawn yet");
  return `${waveformKey}/waveform-${zoomFor(durationMs ?? 0, points)}.dat`;
};

/**
 * Serves tracks. The master playlist has one fixed address; each line of it points below `v/…`,
 * where segments may be cached for ever, because another version has another address.
 */
export function trackMedia(
  { blobs, contentType, withToken, resamplePeaks }: {
    blobs: Blobs;
    /** The media type for a key. */
    contentType: (key: string) => string;
    /** A playlist with the token on every address in it. */
    withToken: (playlist: string, token: string) => string;
    resamplePeaks: (dat: Uint8Array, points: number) => { min: number[]; max: number[] };
  },
): TrackMedia {
  const text = async (key: string) => new TextDecoder().decode(await blobs.read(key));

  /** A playlist as this caller gets it; `no-cache`, because it grows while the encoder is at work. */
  const playlist = async (c: Context<AppEnv>, body: string, opened: Opened) => {
    const token = await opened.token();
    c.header("Content-Type", contentType("index.m3u8"));
    c.header("Cache-Control", token === null ? "no-cache" : "private, no-cache");
    return c.body(token === null ? body : withToken(body, token));
  };

  const master = async (c: Context<AppEnv>, mediaKey: string, opened: Opened) => {
    const version = versionOf(mediaKey);
    const lines = (await text(`${mediaKey}/master.m3u8`)).split("\n")
      .map((line) => line === "" || line.startsWith("#") ? line : `v/${version}/${line}`);
    return await playlist(c, lines.join("\n"), opened);
  };

  const file = async (c: Context<AppEnv>, opened: Opened, key: string) => {
    const found = await blobs.stat(key);
    if (!found) throw new Rejection("not_found", "There is no such file");
    const isPlaylist = key.endsWith(".m3u8");
    const isPublic = opened.track.visibility === "public";
    if (isPlaylist && !isPublic) return await playlist(c, await text(key), opened);
    return await serve(c, {
      size: found.size,
      etag: found.etag,
      type: contentType(key),
      cacheControl: isPlaylist
        ? "no-cache"
        : isPublic
        ? "public, max-age=31536000, immutable"
        : "private, no-cache",
      open: async (range) =>
        range === undefined && !isPlaylist && found.size <= ONE_PIECE
          ? await blobs.read(key)
          : (await blobs.open(key, range)).stream,
    });
  };

  return {
    async stream(c, opened, path) {
      const { track } = opened;
      if (!track.mediaKey) throw new Rejection("not_found", "The track cannot be played yet");
      if (path === "master.m3u8") return await master(c, track.mediaKey, opened);
      const [, upload, attempt, rest = ""] = VERSION.exec(path) ?? [];
      if (!isId(upload ?? "") || !RENDITION_FILE.test(rest)) {
        throw new Rejection("not_found", "There is no such file");
      }
      const folder = attemptFolder(track.id, upload ?? "", Number(attempt));
      return await file(c, opened, `${folder}/${rest}`);
    },

    async waveform(track, points) {
      const dat = await blobs.read(drawnKey(track, points));
      return { durationMs: track.durationMs ?? 0, points, ...resamplePeaks(dat, points) };
    },

    async waveformFile(c, track, points) {
      const key = drawnKey(track, points);
      const found = await blobs.stat(key);
      if (!found) throw new Rejection("not_found", "There is no such file");
      return await serve(c, {
        size: found.size,
        etag: found.etag,
        type: contentType(key),
        cacheControl: waveformCache(track),
        open: async (range) => (await blobs.open(key, range)).stream,
      });
    },
  };
}
