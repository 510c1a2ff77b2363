/** Ogg Vorbis as it comes: its three heads, and how long each packet lasts. */
import CodecParser, { type OggPage as ParsedPage } from "codec-parser";
import { Rejection } from "../../domain/errors.ts";
import { OggPackets, type OggPage } from "./ogg.ts";

/** What a page brings. */
export interface VorbisPage {
  /** With the page that completes them: identification, comments, setup. */
  readonly heads: readonly Uint8Array[] | null;
  /** `samples` per channel at the stream's own rate. */
  readonly packets: readonly { readonly data: Uint8Array; readonly samples: number }[];
}

/** The largest head, in bytes: comments may carry a picture. */
const HEAD_MOST = 1024 ** 2;
/** Identification, comments, setup (Vorbis I, 4.2). */
const HEADS = 3;

export const isVorbisHead = (packet: Uint8Array): boolean =>
  packet.length >= 30 && packet[0] === 1 &&
  [..."vorbis"].every((one, at) => packet[at + 1] === one.charCodeAt(0));

/** Channels and Hz of an identification head. */
export function readVorbisHead(packet: Uint8Array): { channels: number; sampleRate: number } {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  return { channels: view.getUint8(11), sampleRate: view.getUint32(12, true) };
}

/** Reads one logical stream, page by page; the pages have been checked. */
export class VorbisReader {
  readonly #heads: Uint8Array[] = [];
  readonly #packets = new OggPackets(HEAD_MOST);
  // knows how the lengths of packets follow from the modes of the setup
  readonly #parser = new CodecParser<ParsedPage>("application/ogg", { enableFrameCRC32: false });

  push(page: OggPage): VorbisPage {
    let heads: readonly Uint8Array[] | null = null;
    if (this.#heads.length < HEADS) {
      for (const { data } of this.#packets.push(page)) {
        if (this.#heads.length < HEADS && this.#heads.push(data) === HEADS) heads = this.#heads;
      }
    }
    return { heads, packets: packetsOf(() => this.#parser.parseChunk(page.bytes)) };
  }

  /** What was held back for want of another page. */
  end(): VorbisPage["packets"] {
    return packetsOf(() => this.#parser.flush());
  }
}

/** @throws {Rejection} `not_audio` */
function packetsOf(parse: () => Iterator<ParsedPage>): VorbisPage["packets"] {
  try {
    return [...Iterator.from(parse())].flatMap(({ codecFrames }) => codecFrames)
      .map(({ data, samples }) => ({ data, samples }));
  } catch {
    // pages with right checksums and wrong bodies: the parser throws whatever it stumbles over
    throw new Rejection("not_audio", "The packets of this Vorbis stream are damaged");
  }
}
