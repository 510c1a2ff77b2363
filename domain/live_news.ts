/** What is told of a live stream, on the bus (topic `live`) and to its listeners (L3, L8). */
import type { LiveStatus, RecordingState } from "./live.ts";
import { SAMPLE_RATE } from "./live_frames.ts";

/** Who is on air. */
export interface HostName {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
}

/** What a listener needs to decode the frames of one live epoch. */
export interface Started {
  readonly type: "started";
  readonly epoch: number;
  readonly channels: 1 | 2;
  /** Per channel at 48 kHz; each frame says its own. */
  readonly frameSamples: number;
  /** Of the stream. */
  readonly title: string;
  readonly host: HostName;
}

/** One message of the topic `live`, whose key is the id of the stream. */
export type LiveNews =
  | Started
  | { readonly type: "state"; readonly status: LiveStatus; readonly epoch: number }
  /** The stream's title. */
  | { readonly type: "title"; readonly title: string }
  /** What is played now, as an encoder tells it (StreamTitle). */
  | { readonly type: "playing"; readonly text: string }
  /** A sign that floats by. */
  | { readonly type: "reaction"; readonly emoji: string }
  /** Whose hands are raised, by the ids of accounts and in the order in which they were. */
  | { readonly type: "hands"; readonly raised: readonly string[] }
  /** Who may see it, or is invited to take over, has changed: it is looked at again. */
  | { readonly type: "visibility" }
  /** How many listen at one node; told again every {@linkcode COUNT_MS}. */
  | { readonly type: "count"; readonly node: string; readonly count: number }
  /**
   * How its recording goes; `closed`: it has become the track, or null where there was nothing to
   * keep; `failed`: it could not be put together, and is kept for an administrator to try again.
   */
  | {
    readonly type: "recording";
    readonly state: RecordingState | "closed" | "failed";
    readonly trackId: string | null;
  }
  /** The stream key was changed: who came with the old one has to go. */
  | { readonly type: "rekeyed" };

/** How often a node tells how many listen there, in ms. */
export const COUNT_MS = 2_000;
/** A node that has not told for so long counts no more, in ms. */
export const COUNT_ENDS_MS = 3 * COUNT_MS;

/** A line of a live socket. */
const line = (action: string, data: object) => ({ type: "live", action, data });

/** What listeners are sent first, and before the first frame of each epoch. */
export const startedLine = ({ epoch, channels, frameSamples, title, host }: Started) =>
  line("started", {
    epoch,
    codec: "opus",
    sample_rate: SAMPLE_RATE,
    channels,
    frame_samples: frameSamples,
    title,
    host: { id: host.id, username: host.username, display_name: host.displayName },
  });
export const stateLine = (status: LiveStatus) => line("state", { status });
export const titleLine = (title: string) => line("title", { title });
export const playingLine = (text: string) => line("playing", { text });
export const reactionLine = (emoji: string) => line("reaction", { emoji });
/** Of a listener's own hand; `place`: 1 is next, 0 where it is down. */
export const handLine = (place: number) => line("hand", { raised: place > 0, place });
/** Whether the host invites this listener to take over. */
export const invitedLine = (invited: boolean) => line("invited", { invited });
export const listenersLine = (listeners: number) => line("listeners", { listeners });
export const recordingLine = (
  state: Extract<LiveNews, { type: "recording" }>["state"],
  trackId: string | null,
) => line("recording", { state, track_id: trackId });
