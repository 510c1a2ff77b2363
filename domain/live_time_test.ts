/** Tests of the time line over the connections of a host. */
import { deepEqual, equal } from "node:assert/strict";
import { type AudioFrame, OPUS } from "./live_frames.ts";
import { continued } from "./live_time.ts";

const packet = new Uint8Array([0xfc]);
const NOW = 1_700_000_000_000;
const frame = (sequence: number, capturedUs: number): AudioFrame => ({
  ...{ codec: OPUS, samples: 960, sequence, packet },
  capturedUs: BigInt(capturedUs),
});
const places = (frames: readonly AudioFrame[]) =>
  frames.map(({ sequence, capturedUs }) => [sequence, Number(capturedUs)]);
const last = { sequence: 99, capturedUs: String(NOW * 1_000), atMs: NOW };
/** Two seconds later. */
const later = () => NOW + 2_000;

Deno.test("[L3] the frames of the first connection stay as they are, whatever they count from", () => {
  const follow = continued(null, later);
  const frames = [frame(5, 0), frame(6, 20_000), frame(0, 7)];
  deepEqual(frames.map(follow), frames);
});

Deno.test("[L6] a host that keeps the server's time and goes on counting is followed as it is", () => {
  const follow = continued(last, later);
  const frames = [frame(199, (NOW + 2_000) * 1_000), frame(200, (NOW + 2_020) * 1_000)];
  deepEqual(frames.map(follow), frames);
});

Deno.test("[L6] one that counts from a zero of its own goes on after the gap, as long as it was", () => {
  const follow = continued(last, later);
  deepEqual(places([frame(0, 0), frame(1, 20_000), frame(3, 60_000)].map(follow)), [
    [199, (NOW + 2_000) * 1_000],
    [200, (NOW + 2_020) * 1_000],
    [202, (NOW + 2_060) * 1_000],
  ]);
});

Deno.test("[L6] time and number are mended each by itself", () => {
  const [sameTime] = [frame(0, (NOW + 2_000) * 1_000)].map(continued(last, later));
  deepEqual(places([sameTime!]), [[199, (NOW + 2_000) * 1_000]]);
  const [sameCount] = [frame(199, 3)].map(continued(last, later));
  deepEqual(places([sameCount!]), [[199, (NOW + 2_000) * 1_000]]);
  const [farAhead] = [frame(199, (NOW + 3_600_000) * 1_000)].map(continued(last, later));
  deepEqual(places([farAhead!]), [[199, (NOW + 2_000) * 1_000]]);
});

Deno.test("[L6] numbers go round after 2³² frames", () => {
  const full = { ...last, sequence: 2 ** 32 - 10 };
  equal(continued(full, later)(frame(7, (NOW + 2_000) * 1_000)).sequence, 7, "it goes on");
  const moved = continued({ ...last, sequence: 2 ** 32 - 50 }, later)(frame(2 ** 32 - 60, 1));
  equal(moved.sequence, 50, "one that stepped back");
});
