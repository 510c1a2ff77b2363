/** Chance that can be had again: numbers, noise and cuts from a seed. */

/** Numbers from 0 to under 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bytes without any order. */
export const noise = (random: () => number, length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, () => Math.floor(random() * 256));

/** The same bytes in pieces of 0 to `largest`. */
export function* cuts(
  bytes: Uint8Array,
  random: () => number,
  largest: number,
): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length;) {
    const to = from + Math.floor(random() * (largest + 1));
    yield bytes.slice(from, to);
    from = to;
  }
}
