/** Opus in Ogg (RFC 7845): heads, tags, how long a packet lasts, and packets into pages. */
import { fits, OggWriter } from "./ogg.ts";

/** What an OpusHead says. */
export interface OpusHead {
  readonly channels: number;
  /** Samples at 48 kHz to leave out at the start. */
  readonly preSkip: number;
  /** Gain that the player is to add, in 1/256 dB. */
  readonly gain: number;
  /** 0: mono or stereo; anything else needs a table of channels. */
  readonly family: number;
}

/** Opus counts at 48 kHz, whatever it was made from. */
export const OPUS_RATE = 48_000;
/** 80 ms: what a decoder needs to come to itself in the middle of a stream (RFC 7845, 4.2). */
export const PRE_SKIP = 3_840;
/** A page is closed when it lasts this long, in samples: the latency of a radio player's audio. */
const PAGE_SAMPLES = 4_800;

const ascii = (text: string) => new TextEncoder().encode(text);
const startsWith = (bytes: Uint8Array, text: string) =>
  bytes.length >= text.length && [...text].every((one, at) => bytes[at] === one.charCodeAt(0));

export const isOpusHead = (packet: Uint8Array): boolean => startsWith(packet, "OpusHead");
export const isOpusTags = (packet: Uint8Array): boolean => startsWith(packet, "OpusTags");

/** Undefined for what is no head of version 1 (RFC 7845, 5.1). */
export function readOpusHead(packet: Uint8Array): OpusHead | undefined {
  if (!isOpusHead(packet) || packet.length < 19 || (packet[8]! & 0xf0) !== 0) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const head = {
    channels: packet[9]!,
    preSkip: view.getUint16(10, true),
    gain: view.getInt16(16, true),
    family: packet[18]!,
  };
  return head.channels < 1 || (head.family === 0 && head.channels > 2) ? undefined : head;
}

/** A head of mono or stereo. */
export function writeOpusHead(channels: 1 | 2, preSkip = PRE_SKIP): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(19);
  packet.set(ascii("OpusHead"));
  packet[8] = 1;
  packet[9] = channels;
  const view = new DataView(packet.buffer);
  view.setUint16(10, preSkip, true);
  view.setUint32(12, OPUS_RATE, true);
  return packet;
}

/** Tags as `NAME=value`, all of which have to fit a page. */
export function writeOpusTags(tags: readonly string[]): Uint8Array<ArrayBuffer> {
  const words = ["Veza", ...tags].map(ascii);
  const packet = new Uint8Array(12 + words.reduce((sum, one) => sum + 4 + one.length, 0));
  const view = new DataView(packet.buffer);
  packet.set(ascii("OpusTags"));
  let at = 8;
  const put = (word: Uint8Array) => {
    view.setUint32(at, word.length, true);
    packet.set(word, at + 4);
    at += 4 + word.length;
  };
  put(words[0]!);
  view.setUint32(at, tags.length, true);
  at += 4;
  words.slice(1).forEach(put);
  return packet;
}

/** 20 ms of silence: full band CELT of two bytes, as libopus writes digital silence. */
export const SILENCE = {
  samples: 960,
  packet: (channels: 1 | 2): Uint8Array<ArrayBuffer> =>
    Uint8Array.of(channels === 2 ? 0xfc : 0xf8, 0xff, 0xfe),
} as const;

/** What an {@linkcode OpusMux} starts with. */
export interface OpusMuxOptions {
  readonly channels: 1 | 2;
  readonly serial: number;
  /** Samples that went before, at 48 kHz: to go on where another mux has ended. */
  readonly granule?: bigint;
  readonly sequence?: number;
  /** A page is closed at this many samples; default 4,800 (100 ms). */
  readonly pageSamples?: number;
  /** The first page is closed at this many; default: as the others. */
  readonly firstSamples?: number;
}

/** Puts Opus packets into pages whose granules go on without a gap. */
export class OpusMux {
  readonly #writer: OggWriter;
  readonly #channels: 1 | 2;
  readonly #pageSamples: number;
  /** At which the page that is open is closed. */
  #closesAt: number;
  #granule: bigint;
  #waiting: Uint8Array[] = [];
  #samples = 0;

  constructor(
    { channels, serial, granule = 0n, sequence = 0, pageSamples = PAGE_SAMPLES, firstSamples }:
      OpusMuxOptions,
  ) {
    this.#writer = new OggWriter(serial, sequence);
    this.#channels = channels;
    this.#pageSamples = pageSamples;
    this.#closesAt = firstSamples ?? pageSamples;
    this.#granule = granule;
  }

  /** The samples that went in, those that wait among them. */
  get granule(): bigint {
    return this.#granule + BigInt(this.#samples);
  }

  /** The number of the page that comes next. */
  get sequence(): number {
    return this.#writer.sequence;
  }

  /** The two pages that a logical stream begins with. */
  heads(tags: readonly string[] = [], preSkip = PRE_SKIP): [Uint8Array, Uint8Array] {
    return [
      this.#writer.page([writeOpusHead(this.#channels, preSkip)], 0n, { first: true }),
      this.#writer.page([writeOpusTags(tags)], 0n),
    ];
  }

  /** Takes a packet that lasts `samples`; the pages that are full with it. */
  push(packet: Uint8Array, samples: number): Uint8Array[] {
    const pages = fits([...this.#waiting, packet].map(({ length }) => length)) ? [] : this.flush();
    this.#waiting.push(packet);
    this.#samples += samples;
    if (this.#samples >= this.#closesAt) pages.push(...this.flush());
    return pages;
  }

  /** The page of what waits; none where nothing does and the stream does not end. */
  flush(last = false): Uint8Array[] {
    if (this.#waiting.length === 0 && !last) return [];
    this.#granule += BigInt(this.#samples);
    const page = this.#writer.page(this.#waiting, this.#granule, { last });
    this.#waiting = [];
    this.#samples = 0;
    this.#closesAt = this.#pageSamples;
    return [page];
  }
}
