/** What the page, its workers and the audio threads say to each other about live sound. */
import type { BufferHealth, Chunk } from "./jitter_buffer.ts";
import type { LineState } from "./line.ts";
import type { Begun, Told } from "./listener.ts";
import type { Declared, PublisherHealth } from "./publisher.ts";

/** Capture → publishing worker: 10 ms of the input. */
export interface Captured {
  /** Of the first sample, counted since the audio context began. */
  readonly frame: number;
  readonly channels: readonly Float32Array<ArrayBuffer>[];
}

/** Capture → page: the peak amplitude of each channel over 10 ms. */
export interface Levels {
  readonly peaks: readonly number[];
}

/** How a host's sound is encoded. */
export interface Encoding {
  readonly channels: 1 | 2;
  /** Bits a second. */
  readonly bitrate: number;
  readonly frameMs: 10 | 20;
  readonly isSpeech: boolean;
}

/** Page → publishing worker. */
export type ToPublisher =
  | {
    readonly kind: "start";
    readonly address: string;
    readonly declared: Declared;
    readonly encoding: Encoding;
    /** The live epoch that this tab lost, when it was loaded again. */
    readonly resume?: number | undefined;
  }
  | {
    readonly kind: "chunk";
    readonly bytes: Uint8Array<ArrayBuffer>;
    /** µs since 1970 of this machine's clock. */
    readonly capturedUs: number;
  }
  /** Another input was chosen. */
  | { readonly kind: "input"; readonly port: MessagePort }
  | { readonly kind: "wake" }
  | { readonly kind: "stop" };

/** Publishing worker → page. */
export type FromPublisher =
  | { readonly kind: "state"; readonly state: LineState }
  | { readonly kind: "begun"; readonly epoch: number }
  | { readonly kind: "health"; readonly health: PublisherHealth }
  | { readonly kind: "failed"; readonly reason: string };

/** Page → listening worker. */
export type ToListener =
  | { readonly kind: "start"; readonly address: string; readonly port: MessagePort }
  | { readonly kind: "say"; readonly said: object }
  | { readonly kind: "wake" }
  | { readonly kind: "stop" };

/** Listening worker → page. `latencyMs`: from the capture to the jitter buffer's end. */
export type FromListener =
  | { readonly kind: "state"; readonly state: LineState }
  | { readonly kind: "begun"; readonly begun: Begun }
  | { readonly kind: "told"; readonly told: Told }
  | {
    readonly kind: "health";
    readonly health: BufferHealth;
    readonly latencyMs: number | null;
  }
  | { readonly kind: "failed"; readonly reason: string };

/** Listening worker → playout. */
export type ToPlayout = Chunk | "clear";

/** Playout → listening worker. */
export interface PlayoutReport {
  readonly playingMs: number | null;
  readonly health: BufferHealth;
}
