/** Sound as a WAV file that is made up while it is sent: 24 bits, 96 kHz, stereo. */

/** Bytes of a second: 2 GiB are an hour, which is within what a node takes. */
const BYTES_PER_SECOND = 96_000 * 2 * 3;
const PIECE = 256 * 1024;
const HEADER = 44;

/** The header of a file of `size` bytes, after the RIFF specification. */
function header(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER);
  const view = new DataView(bytes.buffer);
  const word = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
  word(0, "RIFF");
  view.setUint32(4, size - 8, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 2, true);
  view.setUint32(24, 96_000, true);
  view.setUint32(28, BYTES_PER_SECOND, true);
  view.setUint16(32, 6, true);
  view.setUint16(34, 24, true);
  word(36, "data");
  view.setUint32(40, size - HEADER, true);
  return bytes;
}

/** `size` bytes of a file: a header, then noise, of which one piece is made and sent over and over. */
export function* soundBytes(size: number): Generator<Uint8Array<ArrayBuffer>> {
  const noise = new Uint8Array(PIECE);
  for (let at = 0; at < PIECE; at += 65_536) {
    crypto.getRandomValues(noise.subarray(at, at + 65_536));
  }
  yield header(size);
  for (let left = size - HEADER; left > 0; left -= PIECE) {
    yield left < PIECE ? noise.subarray(0, left) : noise;
  }
}
