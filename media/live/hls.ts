/**
 * Packages a host's connection as HLS: segments of two seconds among the blobs, so that every node
 * serves them (L4). It takes what the listeners get, and never holds that up.
 */
import { join } from "node:path";
import { liveFolder } from "../../domain/blob_keys.ts";
import { HLS_SHAPES, type HlsForm } from "../../domain/hls_form.ts";
import type { AudioFrame } from "../../domain/live_frames.ts";
import type { Blobs } from "../blobs.ts";
import { run, type Tool } from "../ffmpeg.ts";
import { overWithin } from "../over_within.ts";
import type { OnAir, Sink } from "./broadcast.ts";
import { feed } from "./feed.ts";
import { hlsArgs, writtenSegments } from "./hls_output.ts";
import { isSilence, type MadeSilence } from "./hls_silence.ts";
import { readWindow, writeWindow } from "./hls_window.ts";
import { filled, type Silence, withSegment } from "./live_playlist.ts";
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
  /** For tests: in place of {@linkcode END_MS}. */
  readonly endMs?: number;
}

/** A file of a stream's HLS; `name` as in its playlist, without the folder. */
export const liveHlsKey = (streamId: string, name: string): string =>
  `${liveFolder(streamId)}/hls/${name}`;

/** What waits for ffmpeg, in bytes: more than ten seconds at 510 kbit/s. */
const WAITING = 1024 ** 2;
/** How often it is looked for new segments, in ms. */
const LOOK_MS = 200;
/** After a failure it waits so long, in ms. */
const PAUSE_MS = 2_000;
/** What the clocks of two nodes may be apart by, in ms. */
const CLOCKS_MS = 500;
/** What is left of the connection before may take so long to be listed, in ms; then it is left out. */
const BEFORE_MS = 3_000;

/** What is left at the end of a connection may take so long, in ms: a node that stops waits for it. */
const END_MS = 5_000;

/** Makes the sinks of connections. */
export function hlsPackager(deps: HlsDeps): (onAir: OnAir) => Sink {
  /** What still packages here, by the stream. */
  const atWork = new Map<string, Promise<void>>();
  return (onAir) => hlsSink(deps, onAir, atWork);
}

function hlsSink(deps: HlsDeps, onAir: OnAir, atWork: Map<string, Promise<void>>): Sink {
  const { streamId, epoch } = onAir;
  const { warn, endMs = END_MS } = deps;
  let made = 0;
  let current: ReturnType<typeof packaging> | undefined;
  let pausedUntil = 0;
  let dropped = 0;
  let isOvertaken = false;

  const start = () => {
    made++;
    const one = packaging(deps, onAir, {
      label: `${epoch}-${made}`,
      before: atWork.get(streamId),
      overtaken() {
        isOvertaken = true;
        warn("a newer connection of the host has gone on with HLS", { streamId, epoch });
      },
    });
    current = one;
    const over = one.over.catch(() => {}) // told below
      .then(() => void (atWork.get(streamId) === over && atWork.delete(streamId)));
    atWork.set(streamId, over);
    one.over.catch((error) => {
      warn("HLS of a live stream failed and is started again", { streamId, error });
      if (current === one) current = undefined;
      pausedUntil = performance.now() + PAUSE_MS;
    });
    return one;
  };

  return {
    frame(frame) {
      if (isOvertaken) return;
      if (!current && performance.now() < pausedUntil) return;
      if (!(current ?? start()).frame(frame) && dropped++ % 500 === 0) {
        warn("HLS of a live stream falls behind", { streamId, dropped });
      }
    },
    original() {},
    async end() {
      const last = current;
      current = undefined;
      if (!last) return;
      last.close();
      if (await overWithin(last.over, endMs)) return; // a failure of it was told already
      last.giveUp();
      warn("the end of a connection is left out of HLS: it took too long", { streamId, epoch });
    },
  };
}

/** One ffmpeg, its scratch, and what is put away of it. */
function packaging(
  { blobs, ffmpeg, workDir, form, silence, warn }: HlsDeps,
  { streamId, epoch }: OnAir,
  { label, before, overtaken }: {
    label: string;
    /** Over when the one before it here has listed its last. */
    before: Promise<void> | undefined;
    /** Is told when a newer connection has listed its own: this one lists no more. */
    overtaken: () => void;
  },
) {
  const pages = feed(WAITING);
  const mux = new OpusMux({ channels: 2, serial: 1 });
  mux.heads([], 0).forEach((page) => pages.push(page));
  const { init } = HLS_SHAPES[form];
  const scratch = join(workDir, `live-${streamId}-${label}`);
  const over = new AbortController();
  /** Nothing more of it is listed. */
  let isStopped = false;
  let taken = 0;

  const work = async () => {
    silence().catch(() => {}); // so that it is there with the first segment, which tells of it
    await Deno.mkdir(scratch, { recursive: true });
    let quiet: Silence | null = null;
    const begin = async () => {
      if (before) await overWithin(before, BEFORE_MS);
      try {
        quiet = (await silence()).silence;
      } catch (error) {
        warn("HLS will stand still while the host is away", { streamId, error });
      }
    };
    /** Lists one more; false when what follows it is listed already, for no list goes back. */
    const list = async (name: string, seconds: number, map: string | null, isFirst: boolean) => {
      // as late as can be: another node may be at it, with the rest of the connection before
      const stored = await readWindow(blobs, streamId, form);
      if (stored.epoch > epoch) return false;
      // what was listed meanwhile stays listed; who listed it may have had a faster clock
      const listed = filled(
        { ...stored.window, silence: quiet ?? stored.window.silence },
        Date.now() + (isFirst ? CLOCKS_MS : 0),
      );
      const last = listed.window.segments.at(-1);
      const added = withSegment(listed.window, {
        ...{ name, seconds, init: map },
        // it goes on neither with another connection, nor with silence
        isBreak: last !== undefined && !last.name.startsWith(`${label}-`),
      });
      const window = { ...added.window, at: Date.now() };
      if (!await writeWindow(blobs, streamId, { epoch, window })) return false;
      for (const gone of [...listed.gone, ...added.gone]) {
        if (!isSilence(gone)) await blobs.delete(liveHlsKey(streamId, gone));
      }
      return true;
    };
    const collect = async () => {
      for (const { name, seconds, number } of await writtenSegments(scratch, taken)) {
        const isFirst = taken === 0;
        if (isFirst) await begin();
        taken = number + 1;
        const put = async (from: string, to: string) =>
          await blobs.adopt(join(scratch, from), liveHlsKey(streamId, to));
        const map = init && `${label}-${init}`;
        if (init && map && isFirst) await put(init, map);
        await put(name, `${label}-${name}`);
        if (!isStopped && await list(`${label}-${name}`, seconds, map, isFirst)) continue;
        await blobs.delete(liveHlsKey(streamId, `${label}-${name}`));
        if (map && isFirst) await blobs.delete(liveHlsKey(streamId, map));
        if (isStopped) return;
        isStopped = true;
        overtaken();
        return over.abort();
      }
    };
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
    } catch (error) {
      if (!isStopped) throw error;
    } finally {
      over.abort();
      await looking.catch(() => {}); // it has ended the run
    }
    if (!isStopped) await collect(); // what was written last
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
    /** Ends ffmpeg; what is on its way to the store is not waited for. */
    giveUp() {
      isStopped = true;
      over.abort();
    },
    over: work().finally(async () => {
      pages.close();
      await Deno.remove(scratch, { recursive: true });
    }),
  };
}
