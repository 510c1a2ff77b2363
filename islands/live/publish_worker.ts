/** The host's worker: encodes and sends, so that neither a busy page nor a hidden tab delays it. */
import { SAMPLE_RATE } from "../../domain/live_frames.ts";
import { CaptureTime } from "./capture_time.ts";
import { encoderConfig } from "./encoding.ts";
import { platform } from "./line.ts";
import type { Captured, Encoding, FromPublisher, ToPublisher } from "./messages.ts";
import { type Publisher, publisher } from "./publisher.ts";

/** How often the page is told how it goes, in ms. */
const HEALTH_MS = 250;
/** Frames that wait for the encoder; beyond them it has lost its pace. */
const ENCODER_MOST = 50;

const tell = (message: FromPublisher) => postMessage(message);
const microseconds = (frame: number) => frame / SAMPLE_RATE * 1_000_000;

interface Work {
  publisher: Publisher | null;
  encoding: Encoding | null;
  encoder: AudioEncoder | null;
}
const work: Work = { publisher: null, encoding: null, encoder: null };

/** Encodes what comes through `port`, in place of what came through another. */
function encode(encoding: Encoding, port: MessagePort): void {
  if (work.encoder?.state === "configured") work.encoder.close();
  const time = new CaptureTime();
  const encoder = new AudioEncoder({
    output(chunk) {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      const durationUs = chunk.duration ?? encoding.frameMs * 1_000;
      work.publisher?.packet({
        bytes,
        samples: Math.round(durationUs * SAMPLE_RATE / 1_000_000),
        capturedUs: time.toOurs(chunk.timestamp),
      });
    },
    error: ({ message }) => tell({ kind: "failed", reason: message }),
  });
  encoder.configure(encoderConfig(encoding));
  port.onmessage = ({ data: { frame, channels } }: MessageEvent<Captured>) => {
    const length = channels[0]?.length ?? 0;
    time.seen(microseconds(frame + length), platform.nowUs());
    if (encoder.state !== "configured" || encoder.encodeQueueSize > ENCODER_MOST) return;
    const planes = new Float32Array(length * channels.length);
    channels.forEach((channel, n) => planes.set(channel, n * length));
    const data = new AudioData({
      format: "f32-planar",
      sampleRate: SAMPLE_RATE,
      numberOfFrames: length,
      numberOfChannels: channels.length,
      timestamp: Math.round(microseconds(frame)),
      data: planes,
    });
    encoder.encode(data);
    data.close();
  };
  work.encoder = encoder;
}

function start(
  { address, declared, encoding, resume }: Extract<ToPublisher, { kind: "start" }>,
) {
  const { bitrate } = encoding;
  const one = publisher({
    ...{ address, declared, bitrate, resume },
    onBegun: (epoch) => tell({ kind: "begun", epoch }),
    onState: (state) => tell({ kind: "state", state }),
  });
  Object.assign(work, { publisher: one, encoding });
  setInterval(() => tell({ kind: "health", health: one.health }), HEALTH_MS);
}

addEventListener("message", ({ data }: MessageEvent<ToPublisher>) => {
  switch (data.kind) {
    case "start":
      return start(data);
    case "chunk":
      return work.publisher?.packet({ ...data, samples: 0 });
    case "input":
      if (work.encoding) encode(work.encoding, data.port);
      return;
    case "wake":
      return work.publisher?.wake();
    case "stop":
      if (work.encoder?.state === "configured") work.encoder.close();
      work.publisher?.close();
      return close();
    default:
      data satisfies never;
  }
});
