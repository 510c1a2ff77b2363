/** Finds the frames of MP3 and of AAC (ADTS) in a stream of bytes that comes in any pieces. */
import CodecParser, { type CodecFrame } from "codec-parser";
import { Rejection } from "../../domain/errors.ts";

/** One frame, whole, with its header. */
export interface SourceFrame {
  readonly data: Uint8Array;
  /** Per channel, at `sampleRate`. */
  readonly samples: number;
  /** Hz */
  readonly sampleRate: number;
  readonly channels: number;
}

/** What may come without a frame in it, in bytes: a tag with a picture before the music. */
const MOST_NOISE = 1024 ** 2;
/** A larger piece is taken in parts: the parser keeps the rest of each, and copies it. */
const PIECE = 16 * 1024;

/** Reads one stream. Noise between frames is passed over to the next frame that another follows. */
export class FrameReader {
  readonly #type: "audio/mpeg" | "audio/aac";
  #parser: CodecParser<CodecFrame>;
  #silent = 0;

  constructor(kind: "mp3" | "aac") {
    this.#type = kind === "mp3" ? "audio/mpeg" : "audio/aac";
    this.#parser = this.#fresh();
  }

  /** @throws {Rejection} `not_audio` when more than 1 MiB came without a frame */
  push(chunk: Uint8Array): SourceFrame[] {
    const frames: SourceFrame[] = [];
    for (let from = 0; from < chunk.length; from += PIECE) {
      const piece = chunk.subarray(from, from + PIECE);
      this.#silent += piece.length;
      for (const frame of Iterator.from(this.#parser.parseChunk(piece))) {
        this.#silent = 0;
        frames.push(plain(frame));
      }
      if (this.#silent > MOST_NOISE) {
        this.#parser = this.#fresh(); // what it holds goes, whatever the caller does now
        this.#silent = 0;
        throw new Rejection("not_audio", `There is no frame in ${MOST_NOISE} bytes`);
      }
    }
    return frames;
  }

  /** The stream has ended: the last frame, which only another would have shown to be whole. */
  end(): SourceFrame[] {
    const whole = (frame: CodecFrame) => frame.data.length === lengthOf(frame);
    return Iterator.from(this.#parser.flush()).filter(whole).map(plain).toArray();
  }

  #fresh(): CodecParser<CodecFrame> {
    return new CodecParser(this.#type, { enableFrameCRC32: false });
  }
}

/** What its header says that it has, in bytes: the parser hands out the beginning of one as well. */
function lengthOf({ data, samples, header }: CodecFrame): number {
  if (!("framePadding" in header)) { // ADTS: ISO 13818-7, 6.2.2
    return (data[3]! & 0b11) << 11 | data[4]! << 3 | data[5]! >> 5;
  }
  // ISO 11172-3, 2.4.3.1; kbit/s
  return Math.floor(125 * header.bitrate * samples / header.sampleRate + header.framePadding);
}

const plain = ({ data, samples, header }: CodecFrame): SourceFrame => ({
  data,
  samples,
  sampleRate: header.sampleRate,
  channels: header.channels,
});
