/** The host's end of a live stream: packets go out at once, and what is too old not at all (L3, L6). */
import { type AudioFrame, encodeFrame } from "../../domain/live_frames.ts";
import { type LineState, openLine, platform, type Surroundings } from "./line.ts";

/** A packet of the encoder. */
export interface Packet {
  readonly bytes: Uint8Array;
  /** Per channel at 48 kHz; 0 for a recorder's chunk. */
  readonly samples: number;
  /** When its first sample was captured, in µs since 1970 of this machine's clock. */
  readonly capturedUs: number;
}

/** What `live.begin` says of the packets. */
export interface Declared {
  readonly codec: "opus" | "webm";
  readonly channels: 1 | 2;
  readonly frameSamples: number;
}

/** Counts of one visit; they never fall. */
export interface PublisherHealth {
  readonly state: LineState["kind"] | "begun";
  /** Packets that wait for a line, and what they come to. */
  readonly waitingMs: number;
  readonly sentPackets: number;
  readonly sentBytes: number;
  /** Given up, as they had become too old. */
  readonly droppedPackets: number;
  /** Breaks of the line. */
  readonly breaks: number;
}

/** What is older than this is dropped rather than queued, in µs: a listener is not to fall behind. */
const OLD_US = 2_000_000;

/** A beginning that was refused for the moment is tried again after this, in ms. */
const AGAIN_MS = 1_000;

export interface PublisherOptions {
  readonly address: string;
  readonly declared: Declared;
  /** Bits a second that the packets come to, for what the socket holds back. */
  readonly bitrate: number;
  /** The live epoch of the connection that this tab lost, if it did. */
  readonly resume?: number | undefined;
  readonly onBegun: (epoch: number) => void;
  readonly onState: (state: LineState) => void;
}

export type Publisher = ReturnType<typeof publisher>;

export function publisher(
  { address, declared, bitrate, resume, onBegun, onState }: PublisherOptions,
  surroundings: Surroundings = platform,
) {
  const waiting: Packet[] = [];
  const program = crypto.randomUUID(); // an answer that is lost with its line shuts nobody out (L6)
  const mostQueued = bitrate / 8 * OLD_US / 1_000_000;
  let sequence = 0;
  let lostEpoch = resume;
  let isBegun = false;
  let sentPackets = 0;
  let sentBytes = 0;
  let droppedPackets = 0;
  let breaks = 0;

  const line = openLine({
    address,
    onState(state) {
      if (state.kind === "open") begin();
      else {
        if (state.kind === "waiting" && isBegun) breaks++;
        isBegun = false;
      }
      onState(state);
    },
    onSaid({ type, action, data }) {
      // a refusal for good closes the line; another may be over in a moment
      if (type === "error" && action === "live.begin") {
        return void surroundings.after(AGAIN_MS, () => isBegun || begin());
      }
      if (type !== "live" || action !== "begun") return;
      const { epoch, server_time_us } = data as { epoch: number; server_time_us: number };
      line.clock.told(surroundings.nowUs(), server_time_us);
      line.isWell();
      isBegun = true;
      lostEpoch = epoch;
      onBegun(epoch);
      forgetOld();
      for (const packet of waiting.splice(0)) send(packet);
    },
  }, surroundings);

  const begin = () => {
    const { codec, channels, frameSamples } = declared;
    const data = {
      ...{ codec, channels, frame_samples: frameSamples, program },
      ...(lostEpoch !== undefined && { resume: lostEpoch }),
    };
    line.say({ type: "live", action: "begin", data });
  };
  const forgetOld = () => {
    const old = surroundings.nowUs() - OLD_US;
    while (waiting[0] && waiting[0].capturedUs < old) {
      waiting.shift();
      skip();
    }
  };
  // its number is left out, so that the server knows of the hole
  const skip = () => {
    sequence = (sequence + 1) >>> 0;
    droppedPackets++;
  };
  const send = ({ bytes, samples, capturedUs }: Packet) => {
    if (line.queued > mostQueued) return skip();
    const frame: AudioFrame = {
      codec: declared.codec === "opus" ? 1 : 2,
      samples,
      sequence,
      capturedUs: BigInt(Math.max(0, Math.round(line.clock.toServer(capturedUs)))),
      packet: bytes,
    };
    const message = encodeFrame(frame);
    line.send(message);
    sequence = (sequence + 1) >>> 0;
    sentPackets++;
    sentBytes += message.length;
  };

  return {
    packet(packet: Packet): void {
      if (isBegun) return send(packet);
      // each connection has a recording of its own: chunks of the last one would spoil it
      if (declared.codec === "webm") return skip();
      waiting.push(packet);
      forgetOld();
    },
    get health(): PublisherHealth {
      const [first] = waiting;
      const queuedMs = line.queued / bitrate * 8_000;
      const waitingMs = first ? (surroundings.nowUs() - first.capturedUs) / 1_000 : queuedMs;
      const state = isBegun ? "begun" : line.state.kind;
      return { state, waitingMs, sentPackets, sentBytes, droppedPackets, breaks };
    },
    wake: () => line.wake(),
    close: () => line.close(),
  };
}
