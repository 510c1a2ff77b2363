/** A job of the transcoder, what it tells on the way, and what it comes to; plain data. */
import type { Loudness } from "../domain/tracks.ts";
import type { Bandwidth } from "./playlist.ts";

/** What to make of what. Plain data: a job may cross to another process. */
export interface Job {
  readonly trackId: string;
  readonly uploadId: string;
  /** Counts from 1; with `uploadId` it names the scratch folder. */
  readonly attempt: number;
  readonly sourceKey: string;
  /** The folder of all that is made, as a blob key; best a new one for each attempt. */
  readonly outputPrefix: string;
  /** Longest sound that is taken. */
  readonly maxSeconds: number;
}

/** What is told on the way. `percent` runs from 0 to 100 over everything and never falls. */
export type Report =
  & { readonly percent: number }
  & (
    | { readonly stage: "scanned"; readonly scanner: "clamav" | "off" }
    | {
      readonly stage: "probed";
      readonly source: { codec: string; sampleRate: number; channels: number };
      /** As declared, in milliseconds; null when it is not. */
      readonly durationMs: number | null;
    }
    | {
      readonly stage: "measured";
      readonly loudness: Loudness;
      /** Exact, in milliseconds. */
      readonly durationMs: number;
    }
    | { readonly stage: "segmenting" }
    | { readonly stage: "playable"; readonly masterKey: string }
    /** No new stage: the waveforms are there, the finest first; or only further. */
    | { readonly stage: null; readonly waveformKeys?: readonly string[] }
  );

/** A finished rendition. Rates in bit/s; `bytes` of all its segments. */
export interface RenditionOutcome extends Bandwidth {
  readonly name: string;
  readonly bytes: number;
  readonly segments: number;
}

export interface Outcome {
  readonly durationMs: number;
  readonly renditions: readonly RenditionOutcome[];
}
