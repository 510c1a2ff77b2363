/** The SHA-256 of files that grow: taken while the bytes come, so that none is read twice. */
import { createHash, type Hash } from "node:crypto";

/** So many files may grow at once before the one that rested longest is read again. */
const MOST = 1_000;

/** What was hashed: the first `bytes` as the `writer`, by its number in the row, has left them. */
export interface Hashed {
  readonly bytes: number;
  readonly writer: number;
}

export interface RunningHashes {
  /**
   * The hash of the first `bytes` of the file at `path`, to be gone on with. It is the caller's now:
   * give it back with `keep`, or it is made anew from the file. So it is when another than `writer`
   * was the last to write: on what other nodes do, nothing in memory can be relied.
   */
  take(path: string, hashed: Hashed): Promise<Hash>;
  keep(path: string, hashed: Hashed, hash: Hash): void;
  forget(path: string): void;
}

/** Hashes in memory, by path. After a restart the first who asks waits for the file to be read. */
export function runningHashes(): RunningHashes {
  const kept = new Map<string, { readonly hashed: Hashed; readonly hash: Hash }>();
  return {
    async take(path, { bytes, writer }) {
      const entry = kept.get(path);
      kept.delete(path);
      const isThat = entry?.hashed.bytes === bytes && entry.hashed.writer === writer;
      return isThat ? entry.hash : await hashOf(path, bytes);
    },
    keep(path, hashed, hash) {
      kept.delete(path);
      kept.set(path, { hashed, hash });
      if (kept.size > MOST) kept.delete(kept.keys().next().value!);
    },
    forget: (path) => void kept.delete(path),
  };
}

async function hashOf(path: string, bytes: number): Promise<Hash> {
  const hash = createHash("sha256");
  if (bytes === 0) return hash;
  using file = await Deno.open(path, { read: true });
  const buffer = new Uint8Array(Math.min(bytes, 1024 ** 2));
  for (let left = bytes; left > 0;) {
    const n = await file.read(buffer.subarray(0, Math.min(left, buffer.length)));
    if (n === null) throw new Error(`"${path}" ends ${left} bytes before the ${bytes} wanted`);
    hash.update(buffer.subarray(0, n));
    left -= n;
  }
  return hash;
}
