/** Runs ffmpeg and ffprobe, confined and watched: the only file that starts them (U11). */
import { Rejection } from "../domain/errors.ts";
import { failure, tooMuch, withLog } from "./ffmpeg_errors.ts";
import { folderSize } from "./folder_size.ts";
import { confine, type Confined, JAILED_COVER, LIMITS, type Limits } from "./jail.ts";
import { seenAt, type Wrappers } from "./jail.ts";

/** An ffmpeg to run, with what this machine offers to confine it; made by `findFfmpeg`. */
export interface Tool {
  /** `ffmpeg` (found on `path`), or an absolute path. */
  readonly ffmpeg: string;
  readonly ffprobe: string;
  /** As it names itself, such as `5.1.9-0+deb12u1`. */
  readonly version: string;
  readonly origin: "FFMPEG" | "PATH" | "packaged";
  /** Encoders, decoders and formats of ours that this build lacks; empty is well. Asks it once. */
  readonly missingCodecs: () => Promise<readonly string[]>;
  readonly jail: "bubblewrap" | "none";
  /** Why there is no jail; null where there is one. */
  readonly jailReason: string | null;
  readonly wrappers: Wrappers;
  /** What every run may use at most, where that is not `LIMITS`; an order's own limits go before. */
  readonly limits: Partial<Limits>;
  /** Folders programs are looked for in, separated by colons. */
  readonly path: string;
  /** Is told that a program begins; what it answers is told how that ended, `ended` is by us. */
  readonly onRun?: (program: string) => (outcome: "done" | "failed" | "ended") => void;
}

/** Containers that are opened (U2); an HLS playlist or a concat script is none of them. */
const FORMATS = "wav,aiff,flac,mp3,mov,mp4,m4a,aac,ogg";
/** Decoders that may be used: audio only. */
const CODECS = [
  "aac,alac,flac,mp3,mp3float,opus,vorbis,adpcm_ms,adpcm_ima_wav,pcm_alaw,pcm_mulaw,pcm_u8,pcm_s8",
  "pcm_s16le,pcm_s24le,pcm_s32le,pcm_s64le,pcm_f32le,pcm_f64le",
  "pcm_s16be,pcm_s24be,pcm_s32be,pcm_s64be,pcm_f32be,pcm_f64be",
].join(",");
/** ffprobe gives up on a file whose cover it may not look at; ffmpeg leaves the cover closed. */
const COVERS = "mjpeg,png";

/** What may be opened: demuxers, decoders, and the decoders that ffprobe may have besides. */
const WHITELISTS = {
  audio: { formats: FORMATS, codecs: CODECS, probing: `${CODECS},${COVERS}` },
  // The demuxers that read one stream; image2 would read whatever a pattern names.
  image: {
    formats: "jpeg_pipe,png_pipe,webp_pipe,gif_pipe",
    codecs: "mjpeg,png,webp,gif",
    probing: "mjpeg,png,webp,gif",
  },
  // What a host sends: besides, what the browsers' recorders make.
  live: {
    formats: "mp3,aac,ogg,matroska,webm,mov,mp4",
    codecs: "aac,mp3,mp3float,opus,vorbis",
    probing: "aac,mp3,mp3float,opus,vorbis",
  },
  // What goes beside a sound: a JPEG, and of our own making.
  cover: { formats: "jpeg_pipe", codecs: "mjpeg", probing: "mjpeg" },
} as const;

/** One run. File names in `args` are generated ones, relative to `outDir`. */
export interface Order {
  readonly program?: "ffmpeg" | "ffprobe";
  /** What the input may be, `audio` unless told: each has its own whitelists. */
  readonly kind?: "audio" | "image" | "live";
  /** The local file to read; with `cover` the only ones the process is shown. */
  readonly input?: string;
  /** What is poured into its standard input, in the place of `input`; cancelled when it ends. */
  readonly feed?: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** A local JPEG that we made, never one that came from outside: the input after `input`. */
  readonly cover?: string;
  /** Options of the input, set before `-i`. */
  readonly inputArgs?: readonly string[];
  /** All that follows the input. */
  readonly args: readonly string[];
  /** The only folder the process may write to, and its working directory. */
  readonly outDir?: string;
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
  /** Told the position in the output, in milliseconds; twice a second at most. */
  readonly onProgress?: (outTimeMs: number) => void;
  /** Takes standard output as it comes. Throwing ends the run with what was thrown. */
  readonly onOutput?: (chunk: Uint8Array<ArrayBuffer>) => void;
}

/** What a run that ended well left behind. */
export interface Ran {
  /** The last lines of its log. */
  readonly log: readonly string[];
  /** How many lines of the log were errors, such as a frame that could not be decoded. */
  readonly errors: number;
}

/** Lines of a log that are kept, and characters of each: enough for every filter's summary. */
const LOG_LINES = 60;
const LINE_LENGTH = 500;
/** Longest time bubblewrap takes to set up a jail, in milliseconds; it is 5 to 10 when idle. */
const SETUP_MS = 1_000;
/** `ffmpeg -version` has been seen to take over 10 s on a machine with twenty times its load. */
const CAPTURE_SECONDS = 60;
/** How long the pipes of an ended process are still read, in milliseconds. */
const DRAIN_MS = 5_000;

/**
 * Runs to the end. Throws `Rejection`: `corrupt` or `not_audio` for what the file is to blame for,
 * `disk_full`, `processing_failed` when it crashed or met a limit; or the reason of `signal`. In
 * every case the process is gone when this settles.
 */
export async function run(tool: Tool, order: Order): Promise<Ran> {
  const program = order.program ?? "ffmpeg";
  const limits = { ...LIMITS, ...tool.limits, ...order.limits };
  const input = order.input === undefined ? null : await Deno.realPath(order.input);
  const cover = order.cover === undefined ? null : await Deno.realPath(order.cover);
  const outDir = order.outDir === undefined ? null : await Deno.realPath(order.outDir);
  const before = program === "ffmpeg" ? FFMPEG_OPTIONS : FFPROBE_OPTIONS;
  // Each input has its own: ffmpeg forgets them at every `-i`.
  const reading = (
    kind: keyof typeof WHITELISTS,
    from: string,
    more: readonly string[] = [],
  ): string[] => {
    const { formats, codecs, probing } = WHITELISTS[kind];
    return [
      ...["-protocol_whitelist", "file,pipe", "-format_whitelist", formats],
      ...["-codec_whitelist", program === "ffprobe" ? probing : codecs],
      ...more,
      ...["-i", from],
    ];
  };
  const { wrappers } = tool;
  const args = [
    ...before,
    ...(order.feed ? reading(order.kind ?? "live", "pipe:0", order.inputArgs) : []),
    ...(input === null
      ? []
      : reading(order.kind ?? "audio", `file:${seenAt(wrappers, input)}`, order.inputArgs)),
    ...(cover === null
      ? []
      : reading("cover", `file:${seenAt(wrappers, cover, JAILED_COVER)}`, ["-f", "jpeg_pipe"])),
    ...order.args,
  ];
  const ended = tool.onRun?.(program);
  try {
    const confined = { binary: tool[program], args, input, cover, outDir, limits, path: tool.path };
    const ran = await watch(wrappers, confined, order);
    ended?.("done");
    return ran;
  } catch (error) {
    ended?.(order.signal?.aborted ? "ended" : "failed");
    throw error;
  }
}

const FFMPEG_OPTIONS = "-nostdin -hide_banner -nostats -loglevel repeat+level+info -progress pipe:2"
  .split(" ");
const FFPROBE_OPTIONS = "-hide_banner -loglevel repeat+level+error".split(" ");

/** Runs a program that reads no file and is short, such as `ffmpeg -version`; its whole output. */
export async function capture(
  wrappers: Wrappers,
  what: Pick<Confined, "binary" | "args" | "path"> & Partial<Confined>,
): Promise<string> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const limits = { ...LIMITS, wallSeconds: CAPTURE_SECONDS };
  await watch(wrappers, { input: null, outDir: null, limits, ...what }, {
    onOutput: (chunk) => void chunks.push(chunk),
  });
  return await new Blob(chunks).text();
}

/** Starts, watches and reaps one process. */
async function watch(
  wrappers: Wrappers,
  what: Confined,
  { signal, feed, onProgress, onOutput }: Pick<
    Order,
    "signal" | "feed" | "onProgress" | "onOutput"
  >,
): Promise<Ran> {
  signal?.throwIfAborted();
  const [program = "", ...args] = confine(wrappers, what);
  const child = new Deno.Command(program, {
    args,
    // Nothing of our environment: it holds keys, and ffmpeg reads hostile files.
    clearEnv: true,
    env: { PATH: what.path, LC_ALL: "C" },
    ...(what.outDir !== null && { cwd: what.outDir }),
    stdin: feed ? "piped" : "null",
    stdout: onOutput ? "piped" : "null",
    stderr: "piped",
  }).spawn();

  let ended: { readonly error: unknown } | null = null;
  const speaks = Promise.withResolvers<void>();
  const pipes = new AbortController();
  const end = (error: unknown) => {
    if (ended) return;
    ended = { error };
    speaks.promise.then(() => {
      try {
        child.kill("SIGKILL");
      } catch {
        // It ended by itself in this moment; its status tells the rest.
      }
    });
  };
  // bubblewrap killed while it sets up the jail leaves a child that waits for it for ever
  // (containers/bubblewrap#633): killed is what has spoken from inside, or had its time.
  const settled = setTimeout(speaks.resolve, wrappers.bubblewrap ? SETUP_MS : 0);
  let moved = performance.now();
  const { limits } = what;
  const wall = setTimeout(() => {
    end(new Rejection("processing_failed", `It took longer than ${limits.wallSeconds} s`));
  }, limits.wallSeconds * 1_000);
  const stall = setInterval(() => {
    if (what.outDir !== null && folderSize(what.outDir) > limits.folderBytes) end(tooMuch());
    if (performance.now() - moved < limits.stallSeconds * 1_000) return;
    end(new Rejection("processing_failed", `ffmpeg got no further for ${limits.stallSeconds} s`));
  }, Math.min(1_000, limits.stallSeconds * 250));
  const abort = () => end(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });

  const log: string[] = [];
  let errors = 0;
  let position = -1;
  const line = (text: string) => {
    const progress = PROGRESS.exec(text);
    if (!progress) {
      if (text.includes("[error]") || text.includes("[fatal]")) errors++;
      // A log is kept with a job's row: no database takes a NUL in its text.
      log.push(text.slice(0, LINE_LENGTH).replaceAll("\0", "\ufffd"));
      if (log.length > LOG_LINES) log.shift();
    } else if (progress[1] === "out_time") {
      const at = milliseconds(progress[2] ?? "");
      if (at === null || at <= position) return;
      position = at;
      moved = performance.now();
      onProgress?.(at);
    }
  };
  const output = async () => {
    if (!onOutput) return;
    await drain(child.stdout, pipes.signal, (chunk) => {
      speaks.resolve();
      moved = performance.now();
      if (ended) return;
      try {
        onOutput(chunk);
      } catch (error) {
        end(error);
      }
    });
  };

  try {
    // The pipes end when the last process that holds them has: also the one inside the jail.
    const read = Promise.all([
      lines(child.stderr, pipes.signal, (text) => (speaks.resolve(), line(text))),
      output(),
    ]);
    // it may end before it has read everything; its status tells whether that was well
    const fed = feed?.pipeTo(child.stdin, { signal: pipes.signal }).catch(() => {});
    const status = await child.status;
    const giveUp = setTimeout(() => pipes.abort(), DRAIN_MS);
    await read.finally(() => clearTimeout(giveUp));
    pipes.abort(); // nobody reads what is fed from now on
    await fed;
    // TypeScript does not see that `end` may have set it.
    const early = ended as { readonly error: unknown } | null;
    // why it was to end is the caller's; that a limit ended it is explained by its log
    if (early) throw early.error === signal?.reason ? early.error : withLog(early.error, log);
    if (!status.success) throw withLog(failure(status, log, limits), log);
    return { log, errors };
  } finally {
    clearTimeout(settled);
    clearTimeout(wall);
    clearInterval(stall);
    signal?.removeEventListener("abort", abort);
  }
}

/** The keys that `-progress` writes; all other lines are the log. */
const PROGRESS =
  /^(out_time|out_time_ms|out_time_us|frame|fps|bitrate|total_size|dup_frames|drop_frames|speed|progress|stream_\w+)=\s*(.*)$/;

/** `00:03:36.386395` in milliseconds; null for `N/A`. */
function milliseconds(text: string): number | null {
  const found = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(text);
  if (!found) return null;
  return Math.round(((Number(found[1]) * 60 + Number(found[2])) * 60 + Number(found[3])) * 1_000);
}

/** Reads a stream to its end, or until `signal` is aborted. */
async function drain(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
  take: (chunk: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  const reader = stream.getReader();
  const stop = () => void reader.cancel();
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) take(read.value);
  } finally {
    signal.removeEventListener("abort", stop);
    reader.releaseLock();
  }
}

/** Calls `take` for every line; a line without end is cut, so that memory stays bounded. */
async function lines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
  take: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  await drain(stream, signal, (chunk) => {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = (parts.pop() ?? "").slice(-LINE_LENGTH);
    for (const part of parts) take(part.trimEnd());
  });
  if (rest) take(rest);
}
