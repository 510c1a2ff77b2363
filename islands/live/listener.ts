/** The listener's end of a live stream: what was said of it, and its frames in order (L3, L4). */
import { type AudioFrame, decodeFrame, OPUS } from "../../domain/live_frames.ts";
import type { LiveStatus } from "../../domain/live.ts";
import type { HostName } from "../../domain/live_news.ts";
import { type LineState, openLine, platform, type Surroundings } from "./line.ts";
import { TimeLine } from "./time_line.ts";

/** What `live.started` says: frames of a new epoch follow. */
export interface Begun {
  readonly epoch: number;
  readonly channels: 1 | 2;
  readonly frameSamples: number;
  readonly title: string;
  readonly host: HostName;
}

/** What is told of the stream beside its sound. */
export type Told =
  | { readonly kind: "status"; readonly status: LiveStatus }
  | { readonly kind: "title"; readonly title: string }
  | { readonly kind: "playing"; readonly text: string }
  | { readonly kind: "listeners"; readonly count: number }
  | { readonly kind: "reaction"; readonly emoji: string }
  /** One's own hand: 1 is next, 0 where it is down. */
  | { readonly kind: "hand"; readonly place: number }
  /** Whether one may take over from the host. */
  | { readonly kind: "invited"; readonly invited: boolean }
  /** The recording has become this track. */
  | { readonly kind: "recording"; readonly trackId: string };

/** A frame at its place. */
export interface Placed {
  readonly frame: AudioFrame;
  /** On the time line of this visit, in samples. */
  readonly start: number;
}

export interface ListenerOptions {
  readonly address: string;
  readonly onBegun: (begun: Begun) => void;
  readonly onFrame: (placed: Placed) => void;
  readonly onTold: (told: Told) => void;
  readonly onState: (state: LineState) => void;
}

interface WireStarted {
  readonly epoch: number;
  readonly channels: 1 | 2;
  readonly frame_samples: number;
  readonly title: string;
  readonly host: { readonly id: string; readonly username: string; readonly display_name: string };
}

/** The news in a line of the socket; null where it is none of these. */
function newsOf(action: string | undefined, data: unknown): Told | null {
  const said = data as Record<string, never>;
  switch (action) {
    case "state":
      return { kind: "status", status: said.status! };
    case "title":
      return { kind: "title", title: said.title! };
    case "playing":
      return { kind: "playing", text: said.text! };
    case "listeners":
      return { kind: "listeners", count: said.listeners! };
    case "reaction":
      return { kind: "reaction", emoji: said.emoji! };
    case "hand":
      return { kind: "hand", place: said.place! };
    case "invited":
      return { kind: "invited", invited: said.invited! };
    case "recording":
      return said.track_id ? { kind: "recording", trackId: said.track_id } : null;
    default:
      return null;
  }
}

export type Listener = ReturnType<typeof listener>;

export function listener(
  { address, onBegun, onFrame, onTold, onState }: ListenerOptions,
  surroundings: Surroundings = platform,
) {
  let epoch = -1;
  const timeLine = new TimeLine();
  const line = openLine({
    address,
    onState,
    onSaid({ type, action, data }) {
      if (type !== "live") return;
      if (action === "started") {
        const { epoch: began, channels, frame_samples, title, host } = data as WireStarted;
        line.isWell();
        if (began !== epoch) timeLine.renew();
        epoch = began;
        const { id, username, display_name: displayName } = host;
        return onBegun({
          ...{ epoch, channels, frameSamples: frame_samples, title },
          host: { id, username, displayName },
        });
      }
      const told = newsOf(action, data);
      if (told) onTold(told);
    },
    onBytes(bytes) {
      const frame = decodeFrame(bytes);
      if (frame?.codec !== OPUS || epoch < 0) return;
      const start = timeLine.place(frame.sequence, frame.samples);
      if (start !== null) onFrame({ frame, start });
    },
  }, surroundings);
  return {
    get clock() {
      return line.clock;
    },
    say: line.say,
    wake: line.wake,
    close: line.close,
  };
}
