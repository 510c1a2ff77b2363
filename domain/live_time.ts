/** One time line over the connections of a host: numbers and times that only rise (L6). */
import { type AudioFrame, SAMPLE_RATE } from "./live_frames.ts";
import type { LastFrame } from "./live_stream.ts";

/** A source whose first frame is this far from the server's clock counts from a zero of its own. */
const STRANGE_US = 60_000_000n;

/**
 * Makes the frames of a connection go on after `last`, where they do not by themselves: the gap
 * between them is as long as it was by the clock. Frames of a host that keeps the server's time, and
 * goes on counting, stay as they are. `now` in ms since 1970.
 */
export function continued(
  last: LastFrame | null,
  now: () => number,
): (frame: AudioFrame) => AudioFrame {
  let moved: { sequence: number; us: bigint } | undefined;
  return (frame) => {
    moved ??= last === null ? { sequence: 0, us: 0n } : shift(frame, last, now());
    if (moved.sequence === 0 && moved.us === 0n) return frame;
    return {
      ...frame,
      sequence: (frame.sequence + moved.sequence) >>> 0,
      capturedUs: frame.capturedUs + moved.us,
    };
  };
}

function shift(first: AudioFrame, last: LastFrame, nowMs: number) {
  const gapMs = Math.max(0, nowMs - last.atMs);
  const before = BigInt(last.capturedUs);
  const expectedUs = before + BigInt(Math.round(gapMs * 1_000));
  const isStrange = first.capturedUs <= before || first.capturedUs - expectedUs > STRANGE_US;
  const frames = Math.max(1, Math.round(gapMs * SAMPLE_RATE / 1_000 / (first.samples || 960)));
  const goesOn = ((first.sequence - last.sequence) >>> 0) - 1 < 2 ** 31 - 1;
  return {
    us: isStrange ? expectedUs - first.capturedUs : 0n,
    sequence: goesOn ? 0 : (last.sequence + frames - first.sequence) >>> 0,
  };
}
