/** A listener's worker: receives and decodes, so that a busy page does not delay the sound. */
import { SAMPLE_RATE } from "../../domain/live_frames.ts";
import type { Chunk } from "./jitter_buffer.ts";
import { platform } from "./line.ts";
import { type Listener, listener, type Placed } from "./listener.ts";
import type { FromListener, PlayoutReport, ToListener } from "./messages.ts";

const tell = (message: FromListener) => postMessage(message);
/** Packets are at most this many on their way through the decoder. */
const DECODING_MOST = 64;
/** So many decoders in a row that gave nothing, and this browser has none that does. */
const FAILURES_MOST = 5;

/** Reports from which the delay is told: about a second. */
const REPORTS = 10;
/** With a clock that is off by more, the delay is not told. */
const CLOCK_ERROR_MS = 1_000;

/** Decodes packets into `port`; begins anew by `configure`. */
function decoding(port: MessagePort) {
  /** When each packet that is being decoded was captured, by its place. */
  const captured = new Map<number, number>();
  let decoder: AudioDecoder | null = null;
  let failures = 0;

  const output = (data: AudioData) => {
    failures = 0;
    const start = Math.round(data.timestamp * SAMPLE_RATE / 1_000_000);
    const channels = Array.from({ length: data.numberOfChannels }, (_, planeIndex) => {
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex, format: "f32-planar" });
      return samples;
    });
    data.close();
    const capturedMs = captured.get(start) ?? NaN;
    captured.delete(start);
    const chunk: Chunk = { start, capturedMs, channels };
    port.postMessage(chunk, channels.map(({ buffer }) => buffer));
  };
  return {
    configure(numberOfChannels: number) {
      if (decoder?.state === "configured") decoder.close();
      captured.clear();
      const one = new AudioDecoder({
        output,
        error({ message }) {
          // a packet that is none: what follows may be whole
          if (decoder === one) decoder = null;
          console.warn(`A packet could not be decoded: ${message}`);
          if (++failures === FAILURES_MOST) tell({ kind: "failed", reason: message });
        },
      });
      one.configure({ codec: "opus", sampleRate: SAMPLE_RATE, numberOfChannels });
      decoder = one;
    },
    decode({ frame, start }: Placed, numberOfChannels: number) {
      if (!decoder) this.configure(numberOfChannels);
      if (!decoder || captured.size > DECODING_MOST) return captured.clear();
      captured.set(start, Number(frame.capturedUs) / 1_000);
      const timestamp = start / SAMPLE_RATE * 1_000_000;
      decoder.decode(new EncodedAudioChunk({ type: "key", timestamp, data: frame.packet }));
    },
  };
}

function start(address: string, port: MessagePort): Listener {
  const decoder = decoding(port);
  let channels = 2;
  const one = listener({
    address,
    onBegun(begun) {
      channels = begun.channels;
      decoder.configure(channels);
      tell({ kind: "begun", begun });
    },
    onFrame: (placed) => decoder.decode(placed, channels),
    onTold: (told) => tell({ kind: "told", told }),
    onState: (state) => tell({ kind: "state", state }),
  });
  const lately: number[] = [];
  port.onmessage = ({ data: { playingMs, health } }: MessageEvent<PlayoutReport>) => {
    const nowMs = one.clock.toServer(platform.nowUs()) / 1_000;
    if (playingMs === null || one.clock.errorMs > CLOCK_ERROR_MS) lately.length = 0;
    else lately.push(nowMs - playingMs);
    if (lately.length > REPORTS) lately.shift();
    // a report that is read late makes it look later than it is; none makes it look sooner
    const latencyMs = lately.length > 0 ? Math.min(...lately) : null;
    tell({ kind: "health", health, latencyMs });
  };
  return one;
}

const work: { listener: Listener | null } = { listener: null };

addEventListener("message", ({ data }: MessageEvent<ToListener>) => {
  switch (data.kind) {
    case "start":
      work.listener = start(data.address, data.port);
      return;
    case "say":
      return work.listener?.say(data.said);
    case "wake":
      return work.listener?.wake();
    case "stop":
      work.listener?.close();
      return close();
    default:
      data satisfies never;
  }
});
