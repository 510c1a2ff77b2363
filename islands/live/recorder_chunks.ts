/** Where WebCodecs is missing: MediaRecorder's chunks, which the server makes into packets (L1). */
import { platform } from "./line.ts";

/** How often a chunk is made, in ms: each is that much later at the listener. */
const CHUNK_MS = 100;
const TYPES = ["audio/webm;codecs=opus", "audio/webm"];

/** The form this browser records in that the server knows; null where it has none. */
export const chunkType = (): string | null =>
  typeof MediaRecorder === "undefined"
    ? null
    : TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? null;

/** Records until what it returns is called; each connection to the server needs a recording of its own. */
export function recordChunks(
  stream: MediaStream,
  bitrate: number,
  onChunk: (bytes: Uint8Array<ArrayBuffer>, capturedUs: number) => void,
): () => void {
  const mimeType = chunkType() ?? "";
  const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: bitrate });
  let last = Promise.resolve();
  let isOver = false;
  recorder.ondataavailable = ({ data }) => {
    const capturedUs = platform.nowUs() - CHUNK_MS * 1_000;
    // reading takes its time, and chunks keep their order
    last = last.then(async () => {
      if (data.size > 0 && !isOver) onChunk(new Uint8Array(await data.arrayBuffer()), capturedUs);
    });
  };
  recorder.start(CHUNK_MS);
  return () => {
    isOver = true;
    if (recorder.state !== "inactive") recorder.stop();
  };
}
