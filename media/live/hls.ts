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
import { hlsArgs, writtenSegments } from "./hls_output.ts";
import { isSilence, type MadeSilence } from "./hls_silence.ts";
import { emptyWindow, filled, LiveWindow, silentAt, withSegment } from "./live_playlist.ts";
import { OpusMux } from "./ogg_opus.ts";
import { AT_ONCE, ENDLESS } from "./transcoder.ts";

export interface HlsDeps {
  readonly blobs: Blobs;
  readonly ffmpeg: Tool;
  /** Scratch on this machine. */
  readonly workDir: string;
  readonly form: HlsForm;
  /** What is listed while no host is heard. */
  readonly silence: () => Promise<MadeSilence>;
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
/** What the clocks of two nodes may be apart by, in ms. */
const CLOCKS_MS = 500;

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
  { blobs, ffmpeg, workDir, form, silence, warn }: HlsDeps,
  { streamId }: OnAir,
  label: string,
) {
  const pages = feed(WAITING);
  const mux = new OpusMux({ channels: 2, serial: 1 });
  mux.heads([], 0).forEach((page) => pages.push(page));
  const { init } = HLS_SHAPES[form];
  const scratch = join(workDir, `live-${streamId}-${label}`);
  let taken = 0;

  const work = async () => {
    silence().catch(() => {}); // so that it is there with the first segment, which tells of it
    await Deno.mkdir(scratch, { recursive: true });
    let window = emptyWindow(form);
    /** What others have listed before us, and silence to go on with should we fall silent. */
    const begin = async () => {
      window = await readWindow(blobs, streamId, form);
      try {
        window = { ...window, silence: (await silence()).silence };
      } catch (error) {
        warn("HLS will stand still while the host is away", { streamId, error });
      }
    };
    const keep = async () => {
      const bytes = new TextEncoder().encode(JSON.stringify(window));
      await blobs.put(liveHlsKey(streamId, WINDOW_NAME), bytes);
    };
    const collect = async () => {
      for (const { name, seconds, number } of await writtenSegments(scratch, taken)) {
        const isFirst = taken === 0;
        // not before: until then another node may have been at it
        if (isFirst) await begin();
        const put = async (from: string, to: string) =>
          await blobs.adopt(join(scratch, from), liveHlsKey(streamId, to));
        const map = init && `${label}-${init}`;
        if (init && map && isFirst) await put(init, map);
        await put(name, `${label}-${name}`);
        // what was listed meanwhile stays listed; who listed it may have had a faster clock
        const before = filled(window, Date.now() + (isFirst ? CLOCKS_MS : 0));
        const added = withSegment(before.window, {
          ...{ name: `${label}-${name}`, seconds, init: map },
          // it goes on neither with another connection, nor with silence
          isBreak: (isFirst && window.segments.length > 0) || silentAt(before.window) >= 0,
        });
        window = { ...added.window, at: Date.now() };
        taken = number + 1;
        await keep();
        for (const gone of [...before.gone, ...added.gone]) {
          if (!isSilence(gone)) await blobs.delete(liveHlsKey(streamId, gone));
        }
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
        args: hlsArgs(form),
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
