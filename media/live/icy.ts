/** Pure: titles between the bytes of a stream, as radio players ask for them (`Icy-MetaData: 1`). */

/** Bytes of sound between two titles; what Icecast has. */
export const ICY_EVERY = 16_000;
/** A title takes a multiple of this, in bytes. */
const UNIT = 16;
/** Of a title, in bytes: the length is one byte. */
const MOST = 255 * UNIT;

/** Puts titles into the sound of one listener. */
export class IcyWeaver {
  #left = ICY_EVERY;
  #told = "";

  /** The same bytes, with `title` between them where it is due. */
  push(bytes: Uint8Array, title: string): Uint8Array {
    if (bytes.length < this.#left) {
      this.#left -= bytes.length;
      return bytes;
    }
    const parts: Uint8Array[] = [];
    let from = 0;
    while (bytes.length - from >= this.#left) {
      parts.push(bytes.subarray(from, from + this.#left), this.#block(title));
      from += this.#left;
      this.#left = ICY_EVERY;
    }
    this.#left -= bytes.length - from;
    parts.push(bytes.subarray(from));
    const woven = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      woven.set(part, at);
      at += part.length;
    }
    return woven;
  }

  #block(title: string): Uint8Array {
    if (title === this.#told) return Uint8Array.of(0);
    this.#told = title;
    // a quote before a semicolon would end the title
    const text = new TextEncoder().encode(`StreamTitle='${title.replaceAll("';", "' ;")}';`)
      .subarray(0, MOST);
    const block = new Uint8Array(1 + Math.ceil(text.length / UNIT) * UNIT);
    block[0] = (block.length - 1) / UNIT;
    block.set(text, 1);
    return block;
  }
}
