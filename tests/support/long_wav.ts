/** A WAV of any size, made piece by piece: its samples are noise that is the same each time. */

const HEADER = 44;
const CHANNELS = 2;
/** Many samples a second and much of each, so that a large file is not a long one. */
const RATE = 192_000;
const BYTES = 4;
const BLOCK = 1024 ** 2;

export interface LongWav {
  readonly bytes: number;
  /** The bytes from `start` on, in pieces of at most 1 MiB. */
  pieces(start: number, end: number): Generator<Uint8Array>;
}

/** @param bytes of the whole file; rounded down to whole samples */
export function longWav(bytes: number): LongWav {
  const frame = CHANNELS * BYTES;
  const data = Math.floor((bytes - HEADER) / frame) * frame;
  const noise = new Uint8Array(BLOCK);
  for (let i = 0, state = 1; i < BLOCK; i++) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    noise[i] = state >> 16;
  }
  /** The block of samples at `index`; each begins with its number, so that none is like another. */
  const block = (index: number) => {
    const made = noise.slice();
    new DataView(made.buffer).setUint32(0, index);
    return made;
  };
  return {
    bytes: HEADER + data,
    *pieces(start, end) {
      let at = start;
      if (at < HEADER) {
        const piece = header(data).subarray(at, Math.min(end, HEADER));
        yield piece;
        at += piece.length;
      }
      while (at < end) {
        const inData = at - HEADER;
        const from = inData % BLOCK;
        const piece = block(Math.floor(inData / BLOCK)).subarray(from, from + end - at);
        yield piece;
        at += piece.length;
      }
    },
  };
}

function header(data: number): Uint8Array {
  const bytes = new Uint8Array(HEADER);
  const view = new DataView(bytes.buffer);
  const text = (at: number, word: string) => bytes.set(new TextEncoder().encode(word), at);
  text(0, "RIFF");
  view.setUint32(4, HEADER - 8 + data, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, CHANNELS, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * CHANNELS * BYTES, true);
  view.setUint16(32, CHANNELS * BYTES, true);
  view.setUint16(34, BYTES * 8, true);
  text(36, "data");
  view.setUint32(40, data, true);
  return bytes;
}
