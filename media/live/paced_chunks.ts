/** Opus packets of what a browser's recorder sends, a chunk at a time, at the pace they are heard. */
import { pacer } from "./pacer.ts";
import { transcoder, type TranscoderOptions } from "./transcoder.ts";

export type PacedChunksOptions = Pick<
  TranscoderOptions,
  "ffmpeg" | "channels" | "packet" | "failed" | "warn"
>;

export interface PacedChunks {
  /** Resolves when the chunk was taken: each waits until what came before it is nearly heard. */
  write(bytes: Uint8Array): Promise<void>;
  /** Drops what is not heard yet: given out at once, it would be ahead of the clock. */
  end(): Promise<void>;
}

/** Starts at the first chunk. */
export function pacedChunks(options: PacedChunksOptions): PacedChunks {
  const { packet } = options;
  const pace = pacer(); // a chunk holds more than listeners keep ready
  const { write, end } = transcoder({
    ...{ ...options, form: "webm", preamble: null },
    packet: (bytes, samples) => pace.put(samples, () => packet(bytes, samples)),
  });
  let last = Promise.resolve();
  return {
    write: (bytes) =>
      last = last.then(async () => {
        await pace.room();
        await write(bytes);
      }),
    async end() {
      const ended = end(); // who waits for room is let go now, and is to find the end
      pace[Symbol.dispose]();
      await ended;
    },
  };
}
