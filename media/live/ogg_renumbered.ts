/** Pure: one page of Ogg under many numbers, each without reading it again. */
import { CRC_POLYNOMIAL } from "./ogg.ts";

/** Where a page has its number and its checksum (RFC 3533, 6). */
const SEQUENCE = 18;
const CHECKSUM = 22;

/**
 * A page as each listener numbers it. A checksum is linear: another number changes it by what the
 * change of these bits alone would have, with as many zeros behind it as the page has bytes.
 */
export class OggRenumbered {
  readonly #page: Uint8Array;
  readonly #checksum: number;
  readonly #sequence: number;
  readonly #behind: number;

  constructor(page: Uint8Array) {
    const view = new DataView(page.buffer, page.byteOffset, page.length);
    this.#page = page;
    this.#checksum = view.getUint32(CHECKSUM, true);
    this.#sequence = view.getUint32(SEQUENCE, true);
    this.#behind = zeros(page.length - SEQUENCE);
  }

  /** The page with this number, in memory of its own. */
  as(sequence: number): Uint8Array {
    const page = this.#page.slice();
    const view = new DataView(page.buffer);
    view.setUint32(SEQUENCE, sequence, true);
    const changed = swapped(sequence ^ this.#sequence);
    view.setUint32(CHECKSUM, this.#checksum ^ times(changed, this.#behind), true);
    return page;
  }
}

/** The number's bytes lie the other way round than the checksum takes them. */
const swapped = (word: number): number =>
  ((word & 255) << 24 | (word & 0xff00) << 8 | (word >>> 8) & 0xff00 | word >>> 24) >>> 0;

/** The product of two polynomials over GF(2), modulo the checksum's. */
function times(one: number, other: number): number {
  let product = 0;
  for (let bit = 31; bit >= 0; bit--) {
    product = (product << 1) ^ (product < 0 ? CRC_POLYNOMIAL : 0);
    if ((other >>> bit) & 1) product ^= one;
  }
  return product >>> 0;
}

/** What so many bytes of zero make of a checksum before them, as a factor: x to the power of bits. */
function zeros(bytes: number): number {
  let factor = 1;
  for (let [left, power] = [bytes, 1 << 8]; left > 0; left >>>= 1) {
    if (left & 1) factor = times(factor, power);
    power = times(power, power);
  }
  return factor;
}
