/** What a host says and sends over the socket of a stream (L3). */
import type { Viewer } from "../../domain/auth.ts";
import { type ErrorCode, isRejection, Rejection } from "../../domain/errors.ts";
import type { EventMetadata } from "../../domain/events.ts";
import type { Source } from "../../domain/live.ts";
import {
  type AudioFrame,
  CHUNK,
  CHUNK_MOST,
  decodeFrame,
  OPUS,
  OPUS_PACKET_MOST,
  opusSamples,
  SAMPLE_RATE,
} from "../../domain/live_frames.ts";
import type { LiveFrame } from "../../domain/live_socket.ts";
import { ALIVE_MS } from "../../domain/live_stream.ts";
import type { Broadcast } from "../../media/live/broadcast.ts";
import { type LiveLine, serverTimeUs } from "./live_line.ts";

/**
 * Opens what makes Opus of the chunks of a browser's recorder. A chunk is written when what came
 * before it is nearly heard; what is not heard at the end is dropped.
 */
export type ChunkDecoder = (options: {
  readonly channels: 1 | 2;
  /** `samples` at 48 kHz. */
  readonly packet: (packet: Uint8Array, samples: number) => void;
  /** It cannot go on; told once. */
  readonly failed: (error: unknown) => void;
}) => { write(bytes: Uint8Array): Promise<void>; end(): Promise<void> };

export interface PublishOptions {
  readonly streamId: string;
  readonly viewer: Extract<Viewer, { kind: "user" }>;
  readonly cause: EventMetadata;
  readonly open: (arrival: {
    readonly id: string;
    readonly hostId: string;
    readonly via: "browser";
    readonly source: Source;
    readonly resume: number | undefined;
    readonly program: string | undefined;
    readonly cause: EventMetadata;
  }) => Promise<Broadcast>;
  readonly stop: (streamId: string) => Promise<unknown>;
  readonly chunks: ChunkDecoder;
  readonly onError: (error: unknown) => void;
  readonly now?: () => number;
}

/** Frames that may come before the host was told that it has begun. */
const EARLY_MOST = 50;
/** A host may be so far ahead of the clock, in ms of audio; what comes faster is left out. */
const AHEAD_MOST_MS = 30_000;
/**
 * What comes for longer than it is heard, in kbit/s: four times what hosts send by L1, and twice what
 * Opus has at most (RFC 6716). More than that counts as too fast; of chunks nothing else is known.
 */
const KBITS_MOST = 1_024;
/** Chunks that wait until what came before them is heard, in bytes. */
const CHUNKS_MOST = 1024 * 1024;
/** Refusals that leave the host nothing to do on this socket. */
const FINAL: readonly ErrorCode[] = [
  ...["conflict", "forbidden", "handed_over", "stream_ended", "not_found"] as const,
  "session_ended",
];

export function publishSession(line: LiveLine, options: PublishOptions) {
  const { streamId, viewer, cause, open, stop, chunks, onError, now = Date.now } = options;
  let state: "new" | "beginning" | "on air" | "gone" = "new";
  let broadcast: Broadcast | undefined;
  let take: (frame: AudioFrame) => void = () => {};
  let close: () => Promise<void> = () => Promise.resolve();
  const early: Uint8Array[] = [];
  let aheadMs = 0;
  let clockMs = now();

  /** Counts audio against the clock; false for what is too much of it. */
  const isInTime = (ms: number): boolean => {
    const at = now();
    aheadMs = Math.max(0, aheadMs - (at - clockMs));
    clockMs = at;
    if (aheadMs + ms > AHEAD_MOST_MS) return false;
    aheadMs += ms;
    return true;
  };

  const bytes = (given: Uint8Array) => {
    if (state === "new") {
      return line.refuse("live.frame", undefined, new Rejection("bad_request", "Begin first"));
    }
    if (state === "beginning") {
      if (early.length < EARLY_MOST) early.push(given);
      return;
    }
    const frame = decodeFrame(given);
    if (!frame) {
      broadcast?.refused();
      const most = `at most ${OPUS_PACKET_MOST} bytes of Opus, or ${CHUNK_MOST} of a chunk`;
      return line.refuse("live.frame", undefined, new Rejection("invalid", `No frame: ${most}`));
    }
    // players go by the packet, whatever its head says
    const packetSamples = frame.codec === OPUS ? opusSamples(frame.packet) ?? 0 : 0;
    const soundMs = Math.max(frame.samples, packetSamples) * 1_000 / SAMPLE_RATE;
    if (!isInTime(Math.max(soundMs, given.length * 8 / KBITS_MOST))) {
      broadcast?.refused();
      return line.refuse("live.frame", undefined, new Rejection("rate_limited", "Too fast"));
    }
    take(frame);
  };

  const opusFrames = (of: Broadcast) => (frame: AudioFrame) => {
    if (frame.codec !== OPUS) {
      of.refused();
      return line.refuse("live.frame", undefined, new Rejection("invalid", "It began as Opus"));
    }
    of.frame(frame);
    of.original(frame.packet, frame.samples);
  };

  /** Chunks become packets a little later; their times follow from the first. */
  const chunkFrames = (of: Broadcast, channels: 1 | 2) => {
    let sequence = 0;
    let waiting = 0;
    let nextUs: bigint | undefined;
    const decoder = chunks({
      channels,
      packet(packet, samples) {
        const capturedUs = nextUs ?? BigInt(serverTimeUs());
        of.frame({ codec: OPUS, samples, sequence, capturedUs, packet });
        of.original(packet, samples);
        sequence = (sequence + 1) >>> 0;
        nextUs = capturedUs + BigInt(Math.round(samples * 1_000_000 / SAMPLE_RATE));
      },
      failed(error) {
        if (!isRejection(error)) onError(error);
        line.end("corrupt");
      },
    });
    close = () => decoder.end();
    return (frame: AudioFrame) => {
      if (frame.codec !== CHUNK || waiting > CHUNKS_MOST) {
        of.refused();
        const why = frame.codec !== CHUNK
          ? new Rejection("invalid", "It began as chunks")
          : new Rejection("rate_limited", "Too much is waiting");
        return line.refuse("live.frame", undefined, why);
      }
      nextUs ??= frame.capturedUs;
      waiting += frame.packet.length;
      decoder.write(frame.packet).then(() => waiting -= frame.packet.length).catch(onError);
    };
  };

  const begin = async ({ data, request_id }: LiveFrame<"live.begin">) => {
    if (state !== "new") {
      const error = new Rejection("conflict", "This connection has begun already");
      return line.refuse("live.begin", request_id, error);
    }
    state = "beginning";
    const { codec, channels, frame_samples: frameSamples, resume, program } = data;
    try {
      const source: Source = { codec, channels, frameSamples };
      const opened = await open({
        ...{ id: streamId, hostId: viewer.userId, via: "browser", source, resume, program, cause },
      });
      if (!line.isOpen) return await opened[Symbol.asyncDispose]();
      broadcast = opened;
      take = codec === "webm" ? chunkFrames(opened, channels) : opusFrames(opened);
      state = "on air";
      const over = () => {
        const why = opened.ended.reason;
        if (isRejection(why) && why.code !== "cancelled") line.end(why.code);
      };
      opened.ended.addEventListener("abort", over);
      line.tell({
        type: "live",
        action: "begun",
        data: { epoch: opened.epoch, server_time_us: serverTimeUs() },
        ...(request_id !== undefined && { request_id }),
      });
      for (const given of early.splice(0)) bytes(given);
      if (opened.ended.aborted) over(); // while it was opened
    } catch (error) {
      state = "new";
      early.length = 0;
      line.refuse("live.begin", request_id, error);
      if (isRejection(error) && FINAL.includes(error.code)) line.close(error.code);
    }
  };

  const timer = setInterval(() => {
    if (!broadcast) return;
    const { last: _last, ...data } = broadcast.stats();
    line.tell({ type: "live", action: "stats", data });
  }, ALIVE_MS);

  return {
    said(frame: LiveFrame): void {
      if (frame.name === "live.begin") return void begin(frame);
      if (frame.name === "live.stop") {
        stop(streamId).catch((error) => line.refuse("live.stop", frame.request_id, error));
      }
    },
    bytes,
    /** The connection is gone. */
    async end(): Promise<void> {
      state = "gone";
      clearInterval(timer);
      await close();
      await broadcast?.[Symbol.asyncDispose]();
    },
  };
}
