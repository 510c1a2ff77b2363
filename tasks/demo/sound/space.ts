/** Space and movement for a bus: echoes, a hall, chorus, pumping and warmth. All in place. */
import { sine } from "./oscillator.ts";
import { eachChannel, frames, RATE, type Stereo } from "./stereo.ts";

/** Echoes that go from side to side and lose their highs each time. */
export function echo(
  bus: Stereo,
  { seconds, feedback, wet, damping = 0.45 }: {
    seconds: number;
    feedback: number;
    wet: number;
    /** 0 keeps the highs, 0.9 is a worn tape. */
    damping?: number;
  },
): void {
  const length = frames(seconds);
  const [left, right] = [new Float32Array(length), new Float32Array(length)];
  let [softLeft, softRight, at] = [0, 0, 0];
  for (let i = 0; i < bus.left.length; i++) {
    const [dryLeft, dryRight] = [bus.left[i] ?? 0, bus.right[i] ?? 0];
    const [oldLeft, oldRight] = [left[at] ?? 0, right[at] ?? 0];
    softLeft += (1 - damping) * (oldLeft - softLeft);
    softRight += (1 - damping) * (oldRight - softRight);
    // crossed: what was left comes back right
    left[at] = (dryLeft + dryRight) * 0.5 + softRight * feedback;
    right[at] = softLeft * feedback;
    at = at + 1 === length ? 0 : at + 1;
    bus.left[i] = dryLeft + oldLeft * wet;
    bus.right[i] = dryRight + oldRight * wet;
  }
}

/** Lengths of the hall's lines in samples, primes so that their echoes never meet. */
const LINES = [1_433, 1_601, 1_867, 2_053, 2_251, 2_399, 2_617, 2_797];

/**
 * A hall: eight lines that feed one another through a Householder matrix (Jot 1991).
 *
 * @param seconds until it has died away to a thousandth
 */
export function hall(
  bus: Stereo,
  { seconds, wet, damping = 0.35 }: { seconds: number; wet: number; damping?: number },
): void {
  const lines = LINES.map((length) => new Float32Array(length));
  const losses = LINES.map((length) => 10 ** (-3 * length / RATE / seconds));
  const at = LINES.map(() => 0);
  const soft = LINES.map(() => 0);
  for (let i = 0; i < bus.left.length; i++) {
    const [dryLeft, dryRight] = [bus.left[i] ?? 0, bus.right[i] ?? 0];
    let [all, wetLeft, wetRight] = [0, 0, 0];
    for (let n = 0; n < 8; n++) {
      const out = lines[n]?.[at[n] ?? 0] ?? 0;
      const softer = (soft[n] ?? 0) + (1 - damping) * (out - (soft[n] ?? 0));
      soft[n] = softer;
      all += softer;
      if (n % 2 === 0) wetLeft += softer;
      else wetRight += softer;
    }
    for (let n = 0; n < 8; n++) {
      const line = lines[n];
      if (!line) continue;
      const input = n % 2 === 0 ? dryLeft : dryRight;
      line[at[n] ?? 0] = input * 0.35 + ((soft[n] ?? 0) - all / 4) * (losses[n] ?? 0);
      at[n] = (at[n] ?? 0) + 1 === line.length ? 0 : (at[n] ?? 0) + 1;
    }
    bus.left[i] = dryLeft + wetLeft * wet;
    bus.right[i] = dryRight + wetRight * wet;
  }
}

/** A second copy that is read a little late, and now earlier, now later: chorus, or a worn tape. */
export function drift(
  bus: Stereo,
  { rate, depth, wet, dry = 1 }: { rate: number; depth: number; wet: number; dry?: number },
): void {
  const size = frames(depth * 2 + 0.01);
  eachChannel(bus, (channel, side) => {
    const line = new Float32Array(size);
    for (let i = 0; i < channel.length; i++) {
      const x = channel[i] ?? 0;
      line[i % size] = x;
      // the sides drift apart from each other
      const late = (depth * (1 + sine(rate * i / RATE + side * 0.25)) + 0.002) * RATE;
      const whole = Math.floor(late);
      const newer = line[(i - whole + size) % size] ?? 0;
      const older = line[(i - whole - 1 + size) % size] ?? 0;
      channel[i] = x * dry + (newer + (older - newer) * (late - whole)) * wet;
    }
  });
}

/** Ducks the bus at each of `times` (seconds), as a compressor that listens to the kick does. */
export function pump(
  bus: Stereo,
  times: readonly number[],
  { depth, seconds }: { depth: number; seconds: number },
): void {
  const length = frames(seconds);
  for (const time of times) {
    const start = frames(time);
    eachChannel(bus, (channel) => {
      const end = Math.min(length, channel.length - start);
      for (let i = 0; i < end; i++) {
        const back = i / length;
        channel[start + i] = (channel[start + i] ?? 0) * (1 - depth * (1 - back) ** 2);
      }
    });
  }
}

/** Rounds off what is loud, as tape does. */
export const warm = (bus: Stereo, drive: number): void =>
  eachChannel(bus, (channel) => {
    for (let i = 0; i < channel.length; i++) {
      channel[i] = Math.tanh((channel[i] ?? 0) * drive) / drive;
    }
  });
