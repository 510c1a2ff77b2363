/** The thread that makes the music: it takes seconds a piece, in which Ctrl-C must still be heard. */
import { type PieceName, PIECES } from "./pieces.ts";
import { seeded } from "./sound/random.ts";

/** What to play. */
export interface RenderOrder {
  readonly piece: PieceName;
  readonly seconds: number;
  readonly seed: number;
}

declare const self: {
  onmessage: (event: MessageEvent<RenderOrder>) => void;
  postMessage(message: Float32Array<ArrayBuffer>, transfer: Transferable[]): void;
};

self.onmessage = ({ data: { piece, seconds, seed } }) => {
  const { left, right } = PIECES[piece]({ seconds, random: seeded(seed) });
  const both = new Float32Array(left.length * 2);
  for (let i = 0; i < left.length; i++) {
    both[2 * i] = left[i] ?? 0;
    both[2 * i + 1] = right[i] ?? 0;
  }
  self.postMessage(both, [both.buffer]);
};
