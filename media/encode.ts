/** Encodes one rendition and puts its segments among the blobs as they come (U7, U10). */
import { join } from "node:path";
import { Rejection } from "../domain/errors.ts";
import { HLS_SHAPES } from "../domain/hls_form.ts";
import type { Blobs } from "./blobs.ts";
import { run, type Tool } from "./ffmpeg.ts";
import { encodeArgs, RAW_PLAYLIST, type Rendition } from "./plan.ts";
import { measureBandwidth, mediaPlaylist, readSegments, type Segment } from "./playlist.ts";
import { checkPlaylist, checkSegment } from "./written_whole.ts";

export interface EncodeDeps {
  readonly blobs: Blobs;
  readonly ffmpeg: Tool;
  /** The source, a local file. */
  readonly source: string;
  /** A folder of its own, made here; removed by the caller. */
  readonly scratch: string;
  /** The folder of the blobs. */
  readonly prefix: string;
  readonly gainDb: number;
  readonly maxSeconds: number;
  /** Looks for the first segment at once rather than now and then. */
  readonly eager: boolean;
  readonly signal: AbortSignal;
  /** Told the position encoded, in milliseconds. */
  readonly onProgress: (atMs: number) => void;
  /** Called once, when the first segment can be played; its failure ends the encoding. */
  readonly onFirst: () => Promise<void>;
}

/** How long to wait before looking for segments again, in milliseconds. */
const EAGER_MS = 10;
const CALM_MS = 250;

/** Runs one encoder beside a collector of what it writes; returns its true figures. */
export async function encodeRendition(rendition: Rendition, deps: EncodeDeps) {
  const { blobs, prefix, scratch } = deps;
  const { form } = rendition;
  const { init } = HLS_SHAPES[form];
  await Deno.mkdir(scratch, { recursive: true });
  const segments: Segment[] = [];

  /** Each segment is there before the playlist that names it. */
  const collect = async (whole: boolean) => {
    const raw = await readIfThere(join(scratch, RAW_PLAYLIST));
    const fresh = readSegments(raw ?? "", form).slice(segments.length);
    if (fresh.length === 0 && !whole) return;
    if (whole && raw === null) {
      throw new Rejection("processing_failed", "ffmpeg ended well and made nothing");
    }
    if (whole) await checkPlaylist(scratch, RAW_PLAYLIST, raw ?? "");
    const before = segments.length;
    if (before === 0 && init !== null) await checkSegment(scratch, init);
    for (const { name } of fresh) await checkSegment(scratch, name);
    const [adopted] = await Promise.all([
      Promise.all(fresh.map(({ name }) => blobs.adopt(join(scratch, name), `${prefix}/${name}`))),
      before === 0 && init !== null ? blobs.adopt(join(scratch, init), `${prefix}/${init}`) : null,
    ]);
    fresh.forEach((one, at) => segments.push({ ...one, bytes: adopted[at]!.bytes }));
    const text = mediaPlaylist(segments, whole, form);
    await blobs.put(`${prefix}/index.m3u8`, new TextEncoder().encode(text));
    if (before === 0) await deps.onFirst();
  };

  const failed = new AbortController();
  const ended = new AbortController();
  const running = run(deps.ffmpeg, {
    input: deps.source,
    args: encodeArgs(rendition, deps.gainDb, deps.maxSeconds),
    outDir: scratch,
    signal: AbortSignal.any([deps.signal, failed.signal]),
    onProgress: deps.onProgress,
  }).finally(() => ended.abort());
  const collecting = (async () => {
    while (!ended.signal.aborted) {
      await collect(false);
      await pause(deps.eager && segments.length === 0 ? EAGER_MS : CALM_MS, ended.signal);
    }
  })().catch((error) => {
    failed.abort(error);
    throw error;
  });
  const outcomes = await Promise.allSettled([running, collecting]);
  for (const one of outcomes) if (one.status === "rejected") throw one.reason;
  await collect(true);
  return {
    name: rendition.name,
    ...measureBandwidth(segments, form),
    bytes: segments.reduce((sum, one) => sum + one.bytes, 0),
    segments: segments.length,
  };
}

/** Waits `ms`, or less when `signal` is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
