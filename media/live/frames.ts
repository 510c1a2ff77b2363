/** Finds the frames of MP3 and of AAC (ADTS) in a stream of bytes that comes in any pieces. */
import CodecParser, { type CodecFrame } from "codec-parser";
import { Rejection } from "../../domain/errors.ts";
import { join } from "./ogg.ts";

/** One frame, whole, with its header. */
export interface SourceFrame {
  readonly data: Uint8Array;
  /** Per channel, at `sampleRate`. */
  readonly samples: number;
  /** Hz */
  readonly sampleRate: number;
  readonly channels: number;
}

/** The largest tag before the music, in bytes: it may have pictures. */
const MOST_TAG = 1024 ** 2;
/**
 * What may be no frame, in bytes. To look for one costs the parser 13 µs a byte where each of four
 * begins a false header, so that noise is cut off early, and frames make up for little of it.
 */
const MOST_NOISE = 64 * 1024;
/** So many bytes of frames make up for one of noise. */
const WORTH = 8;
const TAG_HEAD = 10;

/** Reads one stream. Noise between frames is passed over to the next frame that another follows. */
export class FrameReader {
  readonly #type: "audio/mpeg" | "audio/aac";
  #parser: CodecParser<CodecFrame>;
  #noise = 0;
  /** The first bytes, until they can be told from the head of a tag. */
  #first: Uint8Array | null = new Uint8Array(0);
  /** Of the tag before the music, in bytes. */
  #tagLeft = 0;

  constructor(kind: "mp3" | "aac") {
    this.#type = kind === "mp3" ? "audio/mpeg" : "audio/aac";
    this.#parser = this.#fresh();
  }

  /**
   * Costs about as much as `chunk` is long, at worst 20 µs a byte: who shares the event loop with
   * others gives small ones.
   *
   * @throws {Rejection} `not_audio` when more than 64 KiB were no frames, or a tag is over 1 MiB
   */
  push(chunk: Uint8Array): SourceFrame[] {
    const sound = this.#withoutTag(chunk);
    const frames: SourceFrame[] = [];
    this.#noise += sound.length;
    for (const frame of Iterator.from(this.#parser.parseChunk(sound))) {
      const { length } = frame.data;
      this.#noise = Math.max(0, this.#noise - length - length / WORTH);
      frames.push(plain(frame));
    }
    if (this.#noise > MOST_NOISE) {
      this.#parser = this.#fresh(); // what it holds goes, whatever the caller does now
      this.#noise = 0;
      throw new Rejection("not_audio", `There is no frame in ${MOST_NOISE} bytes`);
    }
    return frames;
  }

  /** A tag before the music (ID3v2) says how long it is: the parser need not look through it. */
  #withoutTag(chunk: Uint8Array): Uint8Array {
    let bytes = chunk;
    if (this.#first) {
      bytes = join(this.#first, chunk);
      this.#first = bytes;
      if (bytes.length < TAG_HEAD) return new Uint8Array(0);
      this.#first = null;
      const isTag = bytes[0] === 0x49 && bytes[1] === 0x44 && bytes[2] === 0x33;
      // ID3v2.4, 3.1: four times seven bits, and as much as the head again where there is a footer
      const size = bytes.subarray(6, 10).reduce((sum, byte) => sum << 7 | byte & 0x7f, 0);
      if (isTag) this.#tagLeft = TAG_HEAD + size + (bytes[5]! & 0x10 ? TAG_HEAD : 0);
      if (this.#tagLeft > MOST_TAG) {
        throw new Rejection("not_audio", `A tag of ${size} bytes comes before the music`);
      }
    }
    const skipped = Math.min(this.#tagLeft, bytes.length);
    this.#tagLeft -= skipped;
    return bytes.subarray(skipped);
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
