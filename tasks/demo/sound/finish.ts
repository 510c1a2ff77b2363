/** The last step of every piece: no DC, one loudness, and ends that do not click. */
import { filtered } from "./filter.ts";
import { eachChannel, frames, type Stereo } from "./stereo.ts";

export interface FinishOptions {
  /** Root mean square over the loudest part of the piece, in dB of full scale. */
  readonly rmsDb: number;
  /** In seconds. */
  readonly fadeIn?: number;
  readonly fadeOut?: number;
}

/** Windows over which loudness is taken, in seconds. */
const WINDOW = 0.4;

/** The level of the loudest tenth of all windows: what is quiet, or a rest, does not count. */
function loudLevel({ left, right }: Stereo): number {
  const size = frames(WINDOW);
  const powers: number[] = [];
  for (let start = 0; start + size <= left.length; start += size) {
    let power = 0;
    for (let i = start; i < start + size; i++) power += (left[i] ?? 0) ** 2 + (right[i] ?? 0) ** 2;
    powers.push(power / (2 * size));
  }
  powers.sort((a, b) => b - a);
  const top = powers.slice(0, Math.max(1, Math.ceil(powers.length / 10)));
  return Math.sqrt(top.reduce((sum, one) => sum + one, 0) / top.length);
}

/** Changes `music` in place. Samples may go over 1: the limiter comes with the encoder. */
export function finish(music: Stereo, { rmsDb, fadeIn = 0.005, fadeOut = 2 }: FinishOptions): void {
  eachChannel(music, (channel) => filtered(channel, "high", 24));
  const gain = 10 ** (rmsDb / 20) / (loudLevel(music) || 1);
  const first = frames(fadeIn);
  eachChannel(music, (channel) => {
    // a fade is never more than a quarter of a short piece
    const last = Math.min(frames(fadeOut), channel.length / 4);
    for (let i = 0; i < channel.length; i++) {
      const edge = Math.min(1, i / first, (channel.length - 1 - i) / last);
      channel[i] = (channel[i] ?? 0) * gain * edge;
    }
  });
}
