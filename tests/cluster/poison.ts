/** Files that begin as music and are none: each fails where it is decoded, not at the door. */
import { song } from "../support/audio.ts";

export interface Poison {
  readonly filename: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Of each kind, so much of its head is left as it was, in bytes. */
const HEADS = { flac: 64, ogg: 64, m4a: 40, wav: 12 } as const;

/** So many of them, of several kinds in turn, no two the same. */
export async function poison(many: number, random: () => number): Promise<Poison[]> {
  const kinds = Object.keys(HEADS) as (keyof typeof HEADS)[];
  const songs = await Promise.all(kinds.map((kind) => song(kind, 1)));
  return Array.from({ length: many }, (_, n) => {
    const at = n % kinds.length;
    const kind = kinds[at]!;
    const bytes = songs[at]!.slice();
    for (let i = HEADS[kind]; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256);
    return { filename: `poison-${n}.${kind}`, bytes };
  });
}
