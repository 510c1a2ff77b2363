/** The last step of every piece: no DC, one loudness, no silence, and ends that do not click. */
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

/** What is under −60 dB counts as silence. */
const SILENT = 0.001;
/** So much of it stays after the last sound, in seconds. */
const REST = 0.3;

/** The end that a listener hears, with a short rest after it. */
function endOf({ left, right }: Stereo): number {
  let last = left.length - 1;
  while (last > 0 && Math.abs(left[last] ?? 0) < SILENT && Math.abs(right[last] ?? 0) < SILENT) {
    last--;
  }
  return Math.min(left.length, last + frames(REST));
}

/**
 * Changes `music` in place, and gives back as much of it as sounds. Samples may go over 1: the
 * limiter comes with the encoder.
 */
export function finish(
  music: Stereo,
  { rmsDb, fadeIn = 0.005, fadeOut = 2 }: FinishOptions,
): Stereo {
  eachChannel(music, (channel) => filtered(channel, "high", 24));
  const gain = 10 ** (rmsDb / 20) / (loudLevel(music) || 1);
  eachChannel(music, (channel) => {
    for (let i = 0; i < channel.length; i++) channel[i] = (channel[i] ?? 0) * gain;
  });
  const end = endOf(music);
  const heard = { left: music.left.subarray(0, end), right: music.right.subarray(0, end) };
  // a fade is never more than a quarter of a short piece
  const [first, last] = [frames(fadeIn), Math.min(frames(fadeOut), end / 4)];
  eachChannel(heard, (channel) => {
    for (let i = 0; i < end; i++) {
      channel[i] = (channel[i] ?? 0) * Math.min(1, i / first, (end - 1 - i) / last);
    }
  });
  return heard;
}
