/** Makes Opus of any other sound while it comes, by an ffmpeg that is started again when it fails. */
import { Rejection } from "../../domain/errors.ts";
import { run, type Tool } from "../ffmpeg.ts";
import { OggPackets, OggPages } from "./ogg.ts";
import { opusSamples } from "../../domain/live_frames.ts";
import { isOpusHead, isOpusTags } from "./ogg_opus.ts";

/** ffmpeg's name of what comes; `webm` is what browsers record, whose Opus is only unwrapped. */
export type ComingForm = "mp3" | "aac" | "ogg" | "webm" | "mov";

export interface TranscoderOptions {
  readonly ffmpeg: Tool;
  readonly form: ComingForm;
  readonly channels: 1 | 2;
  /** What a fresh decoder needs first; null where that is not known, and it cannot start again. */
  readonly preamble: (() => readonly Uint8Array[]) | null;
  /** Takes each Opus packet; `samples` at 48 kHz. */
  readonly packet: (packet: Uint8Array, samples: number) => void;
  /** It cannot go on; told once. */
  readonly failed: (error: unknown) => void;
  readonly warn: (message: string, details: Record<string, unknown>) => void;
  /** Gives it up: what is being made is dropped. */
  readonly signal?: AbortSignal;
}

export interface Transcoder {
  /** Resolves when there is room for more. After the end nothing is taken. */
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when all that came is made. */
  end(): Promise<void>;
}

/** Runs that fail within {@linkcode CALM_MS} of each other before it is given up. */
const MOST_FAILURES = 5;
const CALM_MS = 60_000;
/** What waits for ffmpeg beside what the pipe holds, in bytes. */
const WAITING = 64 * 1024;
/** The longest packet that is taken, in bytes: nothing of ours comes near it. */
const PACKET = 64 * 1024;

/** A run lasts as long as the stream: 20 days (a timer of 32 bits has 24), at a tenth of a core. */
export const ENDLESS = {
  wallSeconds: 20 * 86_400,
  cpuSeconds: 2 * 86_400,
  // the source has been given up long before
  stallSeconds: 60,
} as const;

/** Reads the least before it begins: what comes is known, and each second of it is a late one. */
export const AT_ONCE = ["-probesize", "32768", "-analyzeduration", "0"] as const;

const BITRATE = { 1: "96k", 2: "128k" } as const;

/** Starts at the first bytes. */
export function transcoder(options: TranscoderOptions): Transcoder {
  const { ffmpeg, form, channels, preamble, packet, failed, warn, signal } = options;
  const sound = form === "webm" ? ["-c:a", "copy"] : [
    ...["-ac", String(channels), "-ar", "48000", "-c:a", "libopus"],
    ...["-b:a", BITRATE[channels], "-frame_duration", "20"],
  ];
  let failures: number[] = [];
  let dead = false;
  let ended = false;
  let running: { writer: WritableStreamDefaultWriter<Uint8Array>; over: Promise<void> } | undefined;

  const start = () => {
    const pipe = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>(
      undefined,
      new ByteLengthQueuingStrategy({ highWaterMark: WAITING }),
    );
    const pages = new OggPages();
    const packets = new OggPackets(PACKET);
    const over = run(ffmpeg, {
      kind: "live",
      feed: pipe.readable,
      inputArgs: [...AT_ONCE, "-f", form],
      args: [
        ...["-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1", ...sound],
        ...["-f", "ogg", "-page_duration", "20000", "-flush_packets", "1", "pipe:1"],
      ],
      limits: ENDLESS,
      ...(signal && { signal }),
      onOutput: (chunk) => {
        for (const { data } of pages.push(chunk).flatMap((page) => packets.push(page))) {
          if (isOpusHead(data) || isOpusTags(data)) continue;
          const samples = opusSamples(data);
          if (samples !== undefined) packet(data, samples);
        }
      },
    });
    const writer = pipe.writable.getWriter();
    writer.closed.catch(() => {}); // how it ended is told by `over`
    // one that never began has left its pipe unread, and whoever writes there waiting
    const settled = over.then(() => {}, () => {}).finally(() => writer.abort().catch(() => {}));
    running = { writer, over: settled };
    const early = () => new Error("ffmpeg ended before the stream did");
    over.then(() => fail(early(), writer), (error) => fail(error, writer));
    preamble?.().forEach((bytes) => void writer.write(bytes.slice()).catch(() => {}));
  };

  const fail = (error: unknown, writer: WritableStreamDefaultWriter<Uint8Array>) => {
    if (running?.writer !== writer || dead || signal?.aborted) return; // it was to end
    running = undefined;
    const at = performance.now();
    failures = [...failures.filter((one) => at - one < CALM_MS), at];
    if (preamble !== null && failures.length < MOST_FAILURES) {
      warn("ffmpeg failed beside a live stream and is started again", { error });
      return;
    }
    dead = true;
    failed(error);
  };

  return {
    async write(bytes) {
      if (dead) throw new Rejection("processing_failed", "The sound could not be read");
      // the writer may have waited while it was ended: another ffmpeg would be told by nobody
      if (ended || signal?.aborted) return;
      if (!running) start();
      const writer = running!.writer;
      try {
        await writer.ready;
        writer.write(bytes.slice()).catch(() => {});
      } catch {
        // ffmpeg ended in this moment: `fail` has been told, or will be
      }
    },
    async end() {
      ended = true;
      const last = running;
      running = undefined;
      if (!last) return;
      await last.writer.close().catch(() => {});
      await last.over; // however it ended: the end of a stream is often cut
    },
  };
}
