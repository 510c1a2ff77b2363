/** Ogg, page by page (RFC 3533): finds pages in a stream of bytes, joins packets, writes pages. */

/** One page as it came, checked. The arrays are views of what was read; nobody changes them. */
export interface OggPage {
  /** All of it, as it can be passed on. */
  readonly bytes: Uint8Array;
  /** It begins with the rest of a packet. */
  readonly isContinued: boolean;
  /** It begins a logical stream. */
  readonly isFirst: boolean;
  /** It ends one. */
  readonly isLast: boolean;
  /** Of the last packet that ends here, in the codec's own unit; -1 where none ends here. */
  readonly granule: bigint;
  readonly serial: number;
  readonly sequence: number;
  /** Lengths of the segments, up to 255 of them. */
  readonly lacing: Uint8Array;
  readonly body: Uint8Array;
}

/** One packet of a logical stream. */
export interface OggPacket {
  readonly data: Uint8Array;
  /** The page's granule, with the last packet that ends on it; null with all others. */
  readonly granule: bigint | null;
}

/** Bytes of a page's head before its lacing. */
const HEAD = 27;
/** The largest page, in bytes: RFC 3533, 6. */
export const LARGEST_PAGE = HEAD + 255 + 255 * 255;
/** The largest packet that fits one page, in bytes: its last segment must be shorter than 255. */
const LARGEST_WHOLE = 255 * 255 - 1;
const CONTINUED = 1;
const FIRST = 2;
const LAST = 4;

/** CRC-32, not mirrored, from 0: what RFC 3533 wants. */
export const CRC_POLYNOMIAL = 0x04c11db7;
const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) {
    value = (value << 1) ^ (value & 0x80000000 ? CRC_POLYNOMIAL : 0);
  }
  return value >>> 0;
});

/** The checksum of `page` as if its own field, bytes 22 to 25, were zero. */
export function checksum(page: Uint8Array): number {
  let crc = 0;
  for (let at = 0; at < page.length; at++) {
    const byte = at >= 22 && at < 26 ? 0 : page[at]!;
    crc = (crc << 8) ^ CRC[(crc >>> 24) ^ byte]!;
  }
  return crc >>> 0;
}

const isMagic = (bytes: Uint8Array, at: number) =>
  bytes[at] === 0x4f && bytes[at + 1] === 0x67 && bytes[at + 2] === 0x67 && bytes[at + 3] === 0x53;

/**
 * What may be looked at in vain before wrong pages are passed over whole, in bytes: each byte that
 * comes pays for one. Else heads in each other, each of a page of 64 KiB, cost 2,400 bytes a byte.
 */
const MOST_IN_VAIN = 4 * LARGEST_PAGE;

/** Finds pages in bytes that come in any pieces; never holds more than a page and a piece. */
export class OggPages {
  #rest = new Uint8Array(0);
  #inVain = 0;
  /** Bytes passed over since the start, because no page that is whole and right began there. */
  skipped = 0;

  /** The pages that are whole with `chunk`. Noise is passed over to the next page. */
  push(chunk: Uint8Array): OggPage[] {
    const bytes = join(this.#rest, chunk);
    this.#inVain = Math.max(0, this.#inVain - chunk.length);
    const pages: OggPage[] = [];
    let at = 0;
    for (;;) {
      const left = bytes.length - at;
      if (left < HEAD) break;
      if (!isMagic(bytes, at) || bytes[at + 4] !== 0) {
        const next = bytes.indexOf(0x4f, at + 1);
        const to = next < 0 ? bytes.length : next;
        this.skipped += to - at;
        at = to;
        continue;
      }
      const segments = bytes[at + 26]!;
      if (left < HEAD + segments) break;
      const lacing = bytes.subarray(at + HEAD, at + HEAD + segments);
      const size = HEAD + segments + lacing.reduce((sum, one) => sum + one, 0);
      if (left < size) break;
      const page = readPage(bytes.subarray(at, at + size), lacing);
      let length = size;
      if (page) pages.push(page);
      else {
        this.#inVain += size;
        if (this.#inVain <= MOST_IN_VAIN) length = 1; // it may hide the begin of a right one
        this.skipped += length;
      }
      at += length;
    }
    // copied: a view would keep the whole piece alive
    this.#rest = bytes.slice(at);
    return pages;
  }

  /** Bytes held back for want of the rest of a page. */
  get held(): number {
    return this.#rest.length;
  }
}

function readPage(bytes: Uint8Array, lacing: Uint8Array): OggPage | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(22, true) !== checksum(bytes)) return undefined;
  const flags = bytes[5]!;
  return {
    bytes,
    isContinued: (flags & CONTINUED) !== 0,
    isFirst: (flags & FIRST) !== 0,
    isLast: (flags & LAST) !== 0,
    granule: view.getBigInt64(6, true),
    serial: view.getUint32(14, true),
    sequence: view.getUint32(18, true),
    lacing,
    body: bytes.subarray(HEAD + lacing.length),
  };
}

/**
 * Joins the packets of one logical stream from its pages. What a lost page has cut is dropped, and
 * so is a packet of more than `largest` bytes.
 */
export class OggPackets {
  #parts: Uint8Array[] = [];
  #size = 0;
  /** A packet is open whose begin was lost: its rest is passed over. */
  #maimed = false;
  #sequence: number | undefined;

  constructor(readonly largest: number) {}

  push(page: OggPage): OggPacket[] {
    const follows = this.#sequence === undefined || page.sequence === (this.#sequence + 1) >>> 0;
    this.#sequence = page.sequence;
    if (!follows || !page.isContinued) this.#drop();
    if (page.isContinued && this.#size === 0) this.#maimed = true;
    const packets: { data: Uint8Array; granule: bigint | null }[] = [];
    let from = 0;
    let to = 0;
    for (const length of page.lacing) {
      to += length;
      if (length === 255) continue;
      this.#take(page.body.subarray(from, to));
      from = to;
      if (!this.#maimed) packets.push({ data: this.#whole(), granule: null });
      this.#drop();
    }
    if (to > from) this.#take(page.body.subarray(from, to));
    const last = packets.at(-1);
    if (last) last.granule = page.granule;
    return packets;
  }

  #take(part: Uint8Array): void {
    this.#size += part.length;
    if (this.#size > this.largest) this.#maimed = true;
    if (this.#maimed) this.#parts = [];
    else this.#parts.push(part);
  }

  #whole(): Uint8Array {
    const [first] = this.#parts;
    if (this.#parts.length === 1 && first) return first;
    const whole = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #drop(): void {
    this.#parts = [];
    this.#size = 0;
    this.#maimed = false;
  }
}

/** What may be said of a page that is written. */
export interface PageOptions {
  readonly first?: boolean;
  readonly last?: boolean;
}

/** Writes the pages of one logical stream. */
export class OggWriter {
  /** `sequence` is the first page's number. */
  constructor(readonly serial: number, public sequence = 0) {}

  /**
   * A page with these whole packets. Throws a `TypeError` for more than one page can hold, which
   * {@linkcode fits} tells before.
   */
  page(packets: readonly Uint8Array[], granule: bigint, options: PageOptions = {}): Uint8Array {
    const lacing = packets.flatMap(lacingOf);
    if (lacing.length > 255) {
      throw new TypeError(`${packets.length} packets take ${lacing.length} segments; wanted 255`);
    }
    const head = HEAD + lacing.length;
    const page = new Uint8Array(head + packets.reduce((sum, one) => sum + one.length, 0));
    const view = new DataView(page.buffer);
    page.set([0x4f, 0x67, 0x67, 0x53, 0, (options.first ? FIRST : 0) | (options.last ? LAST : 0)]);
    view.setBigInt64(6, granule, true);
    view.setUint32(14, this.serial, true);
    view.setUint32(18, this.sequence, true);
    page[26] = lacing.length;
    page.set(lacing, HEAD);
    let at = head;
    for (const packet of packets) {
      page.set(packet, at);
      at += packet.length;
    }
    view.setUint32(22, checksum(page), true);
    this.sequence = (this.sequence + 1) >>> 0;
    return page;
  }
}

/** The number of a page. */
export const sequenceOf = (page: Uint8Array): number =>
  new DataView(page.buffer, page.byteOffset, HEAD).getUint32(18, true);

/** Whether packets of these sizes, in bytes, go into one page. */
export const fits = (sizes: readonly number[]): boolean =>
  sizes.reduce((sum, size) => sum + Math.floor(size / 255) + 1, 0) <= 255 &&
  sizes.every((size) => size <= LARGEST_WHOLE);

const lacingOf = ({ length }: Uint8Array): number[] => [
  ...new Array<number>(Math.floor(length / 255)).fill(255),
  length % 255,
];

/** Both, one after the other; the other itself where one is empty. */
export function join(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
