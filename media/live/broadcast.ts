/**
 * A host's connection on air: its frames go to all nodes, to the recorder and to the packager (L3).
 * It lives at the host's node and passes beside the actor: nothing here waits for a database.
 */
import { type ErrorCode, isRejection, Rejection } from "../../domain/errors.ts";
import type { RecordingState, Source, Via } from "../../domain/live.ts";
import { type AudioFrame, CHUNK, encodeOnAir, SAMPLE_RATE } from "../../domain/live_frames.ts";
import type { HostName, LiveNews } from "../../domain/live_news.ts";
import { ALIVE_MS, type LastFrame } from "../../domain/live_stream.ts";
import { continued } from "../../domain/live_time.ts";
import type { Channel } from "./channel.ts";

export interface Broadcast extends AsyncDisposable {
  readonly epoch: number;
  /**
   * Aborts when it is over, and whoever holds the host's connection has to close it: the reason is a
   * `Rejection`: `stream_ended`, `handed_over`, `forbidden` when the invitation was taken back, or the
   * right to go live, `unauthenticated` when the stream key was changed, and `degraded` when they
   * have to come to another node.
   */
  readonly ended: AbortSignal;
  /**
   * Sends an Opus packet of 20 ms, or what its `samples` say. Sequence and time are made continuous
   * over the connections of a host. Never waits.
   */
  frame(frame: AudioFrame): void;
  /**
   * The sound goes on as another source, for the recording: its originals follow, or none do any
   * more, and `frames` are what there is.
   */
  source(source: Source, kept: Kept): void;
  /** Bytes as the source sent them, whole packets only, for the recording. */
  original(packet: Uint8Array, samples: number): void;
  /** What is played now, as an encoder tells it. */
  title(text: string): void;
  /** Something came that was no frame, or one too many; only counted. */
  refused(): void;
  stats(): BroadcastStats;
}

/** What is recorded: packets as they came, or as listeners get them. */
export type Kept = "originals" | "frames";

/** Of this connection. */
export interface BroadcastStats {
  readonly listeners: number;
  /** Bits a second, over the last seconds. */
  readonly bitrate: number;
  readonly received: number;
  /** Left out by the host: its numbers have holes. */
  readonly missing: number;
  readonly refused: number;
  /** Null where nothing is recorded. */
  readonly recording: RecordingState | null;
  readonly last: LastFrame | null;
}

/** What takes the frames of a connection on. None of it may wait: what is too much is its to bound. */
export interface Sink {
  frame(frame: AudioFrame): void;
  original(packet: Uint8Array, samples: number): void;
  /** As {@linkcode Broadcast.source}, where that is of interest. */
  source?(source: Source, kept: Kept): void;
  end(): Promise<void>;
  /** How the recording goes, where the sink is one. */
  readonly recording?: () => RecordingState;
}

/** The connection that a sink is for. */
export interface OnAir {
  readonly streamId: string;
  readonly epoch: number;
  readonly hostId: string;
  readonly via: Via;
  readonly source: Source;
  readonly title: string;
  /** Whether it is to be recorded. */
  readonly record: boolean;
  /** When the stream began, in ms since 1970. */
  readonly startedAt: number;
  /** Where the connection before it stopped; null for the first. */
  readonly last: LastFrame | null;
  /** It takes over from one that is heard until its first frame: nothing is missing between them. */
  readonly isHandOver: boolean;
}

export interface BroadcastOptions {
  readonly onAir: OnAir;
  readonly host: HostName;
  readonly audio: Channel<Uint8Array>;
  readonly news: Channel<LiveNews>;
  readonly sinks: readonly Sink[];
  /** How many listen, on all nodes. */
  readonly listeners: () => number;
  /** Tells the actor that the connection lives; answers who is on air by now. */
  readonly alive: (stats: BroadcastStats) => Promise<{ epoch: number; status: string }>;
  /** Tells the actor that it is gone. */
  readonly lost: (last: LastFrame | null) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly now?: () => number;
}

/** A newer connection that sends nothing is believed after so many answers, and this one ends. */
const OVERTAKEN_MOST = 3;

/** What is answered to whose connection may not be on air here any more. */
const FINAL: readonly ErrorCode[] = ["forbidden", "unauthenticated", "degraded"];

/** Opens a connection that has begun. Disposing of it ends its sinks and begins the grace. */
export function broadcast(options: BroadcastOptions): Broadcast {
  const { onAir, host, audio, news, listeners, onError, now = Date.now } = options;
  const { streamId, epoch, source } = onAir;
  const over = new AbortController();
  const follow = continued(onAir.last, now);
  let sinks = options.sinks;
  let last: LastFrame | null = null;
  let started = false;
  let received = 0;
  let missing = 0;
  let missingMs = onAir.last?.missingMs ?? 0;
  let refused = 0;
  let bytes = 0;
  let bitrate = 0;
  let overtaken = 0;
  let telling = false;

  const stats = (): BroadcastStats => ({
    ...{ listeners: listeners(), bitrate, received, missing, refused, last },
    recording: sinks.find((sink) => sink.recording)?.recording?.() ?? null,
  });
  const end = (why: Rejection) => over.abort(why);

  /** A sink that fails is left out from then on: the others, and the listeners, hear on. */
  const feed = (give: (sink: Sink) => void) => {
    for (const sink of sinks) {
      try {
        give(sink);
      } catch (error) {
        onError(error);
        sinks = sinks.filter((other) => other !== sink);
      }
    }
  };

  const tell = async () => {
    if (telling) return; // the actor is slow: the next answer is as good
    telling = true;
    try {
      const answer = await options.alive(stats());
      if (answer.status === "ended") end(new Rejection("stream_ended"));
      overtaken = answer.epoch > epoch ? overtaken + 1 : 0;
      if (overtaken >= OVERTAKEN_MOST) end(new Rejection("handed_over"));
    } catch (error) {
      if (isRejection(error, "not_found")) end(new Rejection("stream_ended"));
      else if (isRejection(error) && FINAL.includes(error.code)) end(error);
      else onError(error); // the frames go on; it is told again
    } finally {
      telling = false;
    }
  };
  let measuredAt = now();
  const timer = setInterval(() => {
    const at = now();
    bitrate = Math.round(bytes * 8_000 / Math.max(1, at - measuredAt));
    bytes = 0;
    measuredAt = at;
    void tell();
  }, ALIVE_MS);

  const heard = news.subscribe(streamId, ({ event }) => {
    switch (event.type) {
      case "started":
        // the next host's first frame: until then this one is heard, so that there is no cut
        if (event.epoch > epoch) end(new Rejection("handed_over"));
        return;
      case "state":
        if (event.status === "ended") end(new Rejection("stream_ended"));
        return;
      case "rekeyed":
        if (onAir.via === "encoder") {
          end(new Rejection("unauthenticated", "The stream key was changed"));
        }
        return;
      case "title":
      case "playing":
      case "reaction":
      case "visibility":
      case "hands":
      case "count":
      case "recording":
        return;
      default:
        event satisfies never;
    }
  });

  let closed: Promise<void> | undefined;
  const close = async () => {
    clearInterval(timer);
    heard.close();
    const isLost = !over.signal.aborted;
    const endings = sinks.map((sink) => sink.end().catch(onError));
    if (isLost) {
      over.abort(new Rejection("cancelled"));
      await options.lost(last).catch(onError);
    }
    await Promise.all(endings);
  };

  return {
    epoch,
    ended: over.signal,
    stats,
    frame(frame) {
      if (over.signal.aborted) return;
      if (frame.codec === CHUNK) throw new TypeError("Chunks are transcoded before they are sent");
      const sent = follow(frame);
      if (!started) {
        started = true;
        const { channels, frameSamples } = source;
        const { title } = onAir;
        news.publish(streamId, { type: "started", epoch, channels, frameSamples, title, host });
      }
      const before = last ?? (onAir.isHandOver ? null : onAir.last);
      const holes = before ? holesBetween(before.sequence, sent.sequence) : 0;
      if (last) missing += holes;
      missingMs += holes * sent.samples * 1_000 / SAMPLE_RATE;
      received++;
      bytes += sent.packet.length;
      const { sequence, capturedUs } = sent;
      last = { sequence, capturedUs: String(capturedUs), atMs: now(), missingMs };
      audio.publish(streamId, encodeOnAir(epoch, sent));
      feed((sink) => sink.frame(sent));
    },
    source(next, kept) {
      if (!over.signal.aborted) feed((sink) => sink.source?.(next, kept));
    },
    original(packet, samples) {
      if (!over.signal.aborted) feed((sink) => sink.original(packet, samples));
    },
    title: (text) => news.publish(streamId, { type: "playing", text }),
    refused: () => void refused++,
    [Symbol.asyncDispose]: () => closed ??= close(),
  };
}

/** How many numbers lie between two frames; none when they are out of order. */
function holesBetween(before: number, after: number): number {
  const step = (after - before) >>> 0;
  return step > 0 && step < 2 ** 31 ? step - 1 : 0;
}
