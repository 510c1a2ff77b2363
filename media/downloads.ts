/** Makes downloads of originals on demand, each once, and keeps them among the blobs (U7). */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { downloadsFolder } from "../domain/blob_keys.ts";
import { type Danger, refuseUnsafe } from "../domain/safety.ts";
import type { Blobs } from "./blobs.ts";
import { cleanText } from "./clean_text.ts";
import { downloadCover } from "./download_cover.ts";
import { downloadArgs, type DownloadPlan, type DownloadTags, takesCover } from "./download_plan.ts";
import { run, type Tool } from "./ffmpeg.ts";
import { localSource } from "./local_source.ts";
import { readAlbum } from "./metadata.ts";
import { workQueue } from "./work_queue.ts";

/** What to make of which original. Ids become part of a blob key: lower case, digits, hyphens. */
export interface DownloadRequest {
  readonly trackId: string;
  readonly uploadId: string;
  readonly sourceKey: string;
  readonly plan: DownloadPlan;
  /** Without the album: the original itself tells that. */
  readonly tags: Omit<DownloadTags, "album">;
  /** The folder of the track's cover among the blobs; null where it has none. */
  readonly coverKey: string | null;
  /** Why this original is nothing for the ffmpeg of this node (U12); empty where it is. */
  readonly dangers: readonly Danger[];
}

/** A download that is there. `bytes` of the blob. */
export interface Download {
  readonly key: string;
  readonly bytes: number;
}

export interface Downloads extends AsyncDisposable {
  /**
   * The blob of a download, made now if it was not before. Callers who want the same one at the
   * same time share the work; it ends when the last of them has left by its `signal`. Throws
   * `unavailable` when the original cannot be read now, `unsafe_media` when ffmpeg would have to run
   * and may not, `busy`, `disk_full`, `corrupt`, `processing_failed`, `shutting_down`, or the reason
   * of `signal`.
   */
  make(request: DownloadRequest, signal?: AbortSignal): Promise<Download>;
}

export interface DownloadsDeps {
  readonly blobs: Blobs;
  readonly ffmpeg: Tool;
  /** Scratch on this machine, best on the file system of the blobs. */
  readonly workDir: string;
  /** Downloads that are encoded at once, beside the ladders. */
  readonly concurrency?: number;
  /** Downloads that may wait; the next is `busy`. */
  readonly capacity?: number;
}

/** Most bytes of a download: originals have 2 GiB, and packed PCM can grow in FLAC. */
const MOST_BYTES = 4 * 1024 ** 3;
/** Longest tags that are written, in characters. */
const TAG_LENGTH = 200;
const COMMENT_LENGTH = 1_000;

/** Downloads on demand in this process; another node that makes the same one writes the same. */
export function downloads(
  { blobs, ffmpeg, workDir, concurrency = 2, capacity = 100 }: DownloadsDeps,
): Downloads {
  type Work = DownloadRequest & { readonly key: string };
  const queue = workQueue({ concurrency, capacity });

  async function encode(work: Work, signal: AbortSignal): Promise<Download> {
    const { plan, key, sourceKey, tags, coverKey } = work;
    if (plan.format === "original") return await there(sourceKey);
    const scratch = join(workDir, `download-${randomUUID()}`);
    const drawing = join(scratch, "cover");
    for (const name of ["cover", "out"]) await Deno.mkdir(join(scratch, name), { recursive: true });
    try {
      const file = `download.${plan.ending}`;
      const input = await localSource(blobs, sourceKey, scratch, signal);
      const album = await readAlbum(input);
      const cover = coverKey !== null && takesCover(plan)
        ? await downloadCover({ blobs, ffmpeg }, coverKey, drawing, signal)
        : null;
      await run(ffmpeg, {
        input,
        ...(cover !== null && { cover }),
        args: downloadArgs(plan, { ...tags, album }, file, cover !== null),
        outDir: join(scratch, "out"),
        limits: { fileBytes: MOST_BYTES },
        signal,
      });
      const { bytes } = await blobs.adopt(join(scratch, "out", file), key);
      await dropOutdated(work);
      return { key, bytes };
    } finally {
      await Deno.remove(scratch, { recursive: true });
    }
  }

  /** Those of the same kind with other tags: the title, or the cover, was changed since. */
  async function dropOutdated({ key, trackId, uploadId }: Work): Promise<void> {
    const kind = key.slice(0, key.lastIndexOf("-") + 1);
    const keys = await blobs.list(downloadsFolder(trackId, uploadId));
    for (const one of keys) if (one.startsWith(kind) && one !== key) await blobs.delete(one);
  }

  async function there(key: string): Promise<Download> {
    const { size, stream } = await blobs.open(key);
    await stream.cancel();
    return { key, bytes: size };
  }

  interface Shared {
    readonly done: Promise<Download>;
    readonly stop: AbortController;
    callers: number;
  }
  const live = new Map<string, Shared>();

  function share(work: Work): Shared {
    const known = live.get(work.key);
    if (known && !known.stop.signal.aborted) return known;
    const stop = new AbortController();
    const done = queue.run((signal) => encode(work, signal), stop.signal);
    const shared: Shared = { done, stop, callers: 0 };
    live.set(work.key, shared);
    const forget = () => {
      if (live.get(work.key) === shared) live.delete(work.key);
    };
    // Each caller hears of a failure by its own await.
    done.then(forget, forget);
    return shared;
  }

  return {
    async make(request, signal) {
      signal?.throwIfAborted();
      const { plan, sourceKey } = request;
      if (plan.format === "original") return await there(sourceKey);
      const tags = cleanTags(request.tags);
      const key = await keyOf({ ...request, tags });
      const stat = await blobs.stat(key);
      if (stat) return { key, bytes: stat.size };
      refuseUnsafe(request.dangers);
      const shared = share({ ...request, tags, key });
      shared.callers++;
      try {
        return await orAborted(shared.done, signal);
      } finally {
        // Nobody waits for it any more; when it is done already, this does nothing.
        if (--shared.callers === 0) shared.stop.abort(signal?.reason);
      }
    },
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  };
}

/** What `work` comes to, or the reason of `signal`, whichever is first. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await work;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function cleanTags({ title, artist, genre, comment }: DownloadRequest["tags"]) {
  const line = (text: string | null | undefined, max = TAG_LENGTH) => cleanText(text ?? "", max);
  return {
    title: line(title),
    artist: line(artist),
    genre: line(genre),
    comment: line(comment, COMMENT_LENGTH),
  };
}

/**
 * Told by all that decides the content, tags and cover among it: `…/mp3-320-1f3a9c04.mp3`. The album
 * is the upload's, and never another.
 */
async function keyOf(
  { trackId, uploadId, plan, tags, coverKey }: DownloadRequest,
): Promise<string> {
  const { title, artist, genre, comment } = tags;
  const cover = takesCover(plan) ? coverKey : null;
  const words = new TextEncoder().encode(JSON.stringify([title, artist, genre, comment, cover]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", words)).toHex().slice(0, 8);
  const bitrate = plan.format === "original" || plan.bitrate === null ? "" : `-${plan.bitrate}`;
  return `${downloadsFolder(trackId, uploadId)}/${plan.format}${bitrate}-${hash}.${plan.ending}`;
}
