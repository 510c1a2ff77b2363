/**
 * Packages a host's connection as HLS: segments of two seconds among the blobs, so that every node
 * serves them (L4). It takes what the listeners get, and never holds that up.
 */
import { join } from "node:path";
import { liveFolder } from "../../domain/blob_keys.ts";
import { isRejection } from "../../domain/errors.ts";
import { HLS_SHAPES, type HlsForm } from "../../domain/hls_form.ts";
import type { AudioFrame } from "../../domain/live_frames.ts";
import type { Blobs } from "../blobs.ts";
import { run, type Tool } from "../ffmpeg.ts";
import type { OnAir, Sink } from "./broadcast.ts";
import { feed } from "./feed.ts";
import { emptyWindow, LIVE_SEGMENT_SECONDS, LiveWindow, withSegment } from "./live_playlist.ts";
import { OpusMux } from "./ogg_opus.ts";
import { AT_ONCE, ENDLESS } from "./transcoder.ts";

export interface HlsDeps {
  readonly blobs: Blobs;
  readonly ffmpeg: Tool;
  /** Scratch on this machine. */
  readonly workDir: string;
  readonly form: HlsForm;
  readonly warn: (message: string, details: Record<string, unknown>) => void;
}

/** A file of a stream's HLS; `name` as in its playlist, without the folder. */
export const liveHlsKey = (streamId: string, name: string): string =>
  `${liveFolder(streamId)}/hls/${name}`;
/** What {@linkcode LiveWindow} is kept as. */
export const WINDOW_NAME = "window.json";

/** What waits for ffmpeg, in bytes: more than ten seconds at 510 kbit/s. */
const WAITING = 1024 ** 2;
/** How often it is looked for new segments, in ms. */
const LOOK_MS = 200;
/** After a failure it waits so long, in ms. */
const PAUSE_MS = 2_000;
const RAW = "raw.m3u8";
const SEGMENT = /^seg-\d{5,9}\.(m4s|ts)$/;

/** Makes the sink of a connection. */
export const hlsPackager = (deps: HlsDeps) => (onAir: OnAir): Sink => {
  const { streamId, epoch } = onAir;
  const { warn } = deps;
  let made = 0;
  let current: ReturnType<typeof packaging> | undefined;
  let pausedUntil = 0;
  let dropped = 0;

  const start = () => {
    made++;
    const one = packaging(deps, onAir, `${epoch}-${made}`);
    current = one;
    one.over.catch((error) => {
      warn("HLS of a live stream failed and is started again", { streamId, error });
      if (current === one) current = undefined;
      pausedUntil = performance.now() + PAUSE_MS;
    });
    return one;
  };

  return {
    frame(frame) {
      if (!current && performance.now() < pausedUntil) return;
      if (!(current ?? start()).frame(frame) && dropped++ % 500 === 0) {
        warn("HLS of a live stream falls behind", { streamId, dropped });
      }
    },
    original() {},
    async end() {
      const last = current;
      current = undefined;
      last?.close();
      await last?.over.catch(() => {}); // told already
    },
  };
};

/** One ffmpeg, its scratch, and what is put away of it. */
function packaging(
  { blobs, ffmpeg, workDir, form }: HlsDeps,
  { streamId }: OnAir,
  label: string,
) {
  const pages = feed(WAITING);
  const mux = new OpusMux({ channels: 2, serial: 1 });
  mux.heads([], 0).forEach((page) => pages.push(page));
  const { init, ending } = HLS_SHAPES[form];
  const scratch = join(workDir, `live-${streamId}-${label}`);
  let taken = 0;

  const work = async () => {
    await Deno.mkdir(scratch, { recursive: true });
    let window = await readWindow(blobs, streamId, form);
    const keep = async () => {
      const bytes = new TextEncoder().encode(JSON.stringify(window));
      await blobs.put(liveHlsKey(streamId, WINDOW_NAME), bytes);
    };
    const collect = async () => {
      const fresh = newSegments(await readIfThere(join(scratch, RAW)), taken);
      for (const { name, seconds, number } of fresh) {
        const put = async (from: string, to: string) =>
          await blobs.adopt(join(scratch, from), liveHlsKey(streamId, to));
        const map = init && `${label}-${init}`;
        if (init && map && taken === 0) await put(init, map);
        await put(name, `${label}-${name}`);
        const added = withSegment(window, {
          ...{ name: `${label}-${name}`, seconds, init: map },
          isBreak: taken === 0 && window.segments.length > 0,
        });
        window = added.window;
        taken = number + 1;
        await keep();
        for (const gone of added.gone) await blobs.delete(liveHlsKey(streamId, gone));
      }
    };
    const over = new AbortController();
    const looking = (async () => {
      while (!over.signal.aborted) {
        await collect();
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    })();
    looking.catch((error) => over.abort(error)); // such as a store that is away
    try {
      await run(ffmpeg, {
        kind: "live",
        feed: pages.stream,
        inputArgs: [...AT_ONCE, "-f", "ogg"],
        args: [
          ...["-map", "0:a:0", "-vn", "-map_metadata", "-1", "-ac", "2", "-ar", "48000"],
          ...["-c:a", "aac", "-b:a", "128k", "-f", "hls"],
          ...["-hls_segment_type", init === null ? "mpegts" : "fmp4"],
          ...["-hls_time", String(LIVE_SEGMENT_SECONDS), "-hls_list_size", "30"],
          ...["-hls_flags", "temp_file+omit_endlist"],
          ...(init === null ? [] : ["-hls_fmp4_init_filename", init]),
          ...["-hls_segment_filename", `seg-%05d.${ending}`, RAW],
        ],
        outDir: scratch,
        limits: ENDLESS,
        signal: over.signal,
      });
    } finally {
      over.abort();
      await looking.catch(() => {}); // it has ended the run
    }
    await collect(); // what was written last
  };

  return {
    /** False when it could not be taken. */
    frame({ packet, samples }: AudioFrame): boolean {
      return mux.push(packet, samples).map((page) => pages.push(page)).every(Boolean);
    },
    close() {
      mux.flush(true).forEach((page) => pages.push(page));
      pages.close();
    },
    over: work().finally(async () => {
      pages.close();
      await Deno.remove(scratch, { recursive: true });
    }),
  };
}

/** What a stream's window was; a fresh one where there is none, or of another form. */
export async function readWindow(
  blobs: Pick<Blobs, "read">,
  streamId: string,
  form: HlsForm,
): Promise<LiveWindow> {
  try {
    const bytes = await blobs.read(liveHlsKey(streamId, WINDOW_NAME));
    const window = LiveWindow.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return window.form === form ? window : emptyWindow(form);
  } catch (error) {
    if (isRejection(error, "not_found")) return emptyWindow(form);
    throw error;
  }
}

/** Segments of ffmpeg's own playlist whose number is `from` or more; a cut last line is left. */
function newSegments(text: string | null, from: number) {
  const found: { name: string; seconds: number; number: number }[] = [];
  let seconds = 0;
  for (const line of (text ?? "").split("\n").slice(0, -1)) {
    const told = /^#EXTINF:(\d+(?:\.\d+)?)/.exec(line);
    if (told) seconds = Number(told[1]);
    else if (SEGMENT.test(line)) {
      const number = Number(line.slice(4, line.indexOf(".")));
      if (number >= from) found.push({ name: line, seconds, number });
    }
  }
  return found;
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
