import { deepEqual, equal, ok } from "node:assert/strict";
import { type Chunk, JitterBuffer } from "./jitter_buffer.ts";
import { FADE } from "./seam.ts";

const PACKET = 960;
const BLOCK = 128;

/** A sound in which every sample is told apart from its neighbours. */
const sampleAt = (at: number) => Math.sin(at / 20) * 0.5;

const packet = (number: number, length = PACKET): Chunk => ({
  start: number * length,
  capturedMs: 1_000 + number * length / 48,
  channels: [Float32Array.from({ length }, (_, i) => sampleAt(number * length + i))],
});

/** Time of the test: packets come when they are due, blocks leave as a sound card takes them. */
function play(
  buffer: JitterBuffer,
  { seconds, late = () => 0, missing = () => false, from = 0 }: {
    seconds: number;
    /** How late a packet comes, in samples. */
    late?: (number: number) => number;
    missing?: (number: number) => boolean;
    from?: number;
  },
): Float32Array {
  const packets = Math.ceil(seconds * 50);
  const due = Array.from({ length: packets }, (_, n) => n + from).filter((n) => !missing(n))
    .map((n) => ({ n, at: (n - from + 1) * PACKET + late(n) }));
  const heard: number[] = [];
  let latest = -Infinity;
  for (let now = 0; now < packets * PACKET; now += BLOCK) {
    // a stream of bytes keeps its order
    while (due[0] && (latest = Math.max(latest, due[0].at)) <= now) {
      buffer.push(packet(due.shift()!.n));
    }
    const out = [new Float32Array(BLOCK)];
    buffer.pull(out);
    heard.push(...out[0]!);
  }
  return Float32Array.from(heard);
}

const largestStep = (sound: Float32Array) =>
  sound.reduce((most, value, i) => Math.max(most, Math.abs(value - (sound[i - 1] ?? value))), 0);

Deno.test("[L4] what comes evenly leaves as it was, and no later than it must", () => {
  const buffer = new JitterBuffer(1);
  const heard = play(buffer, { seconds: 3 });
  const begins = heard.findIndex((value) => value !== 0);
  const delay = begins - 1; // sample 0 is 0
  ok(delay <= PACKET + 30 * 48 + BLOCK, `${delay / 48} ms`);
  const at = begins + FADE;
  const first = at - begins;
  let best = Infinity;
  for (let shift = -4; shift <= 4; shift++) {
    let worst = 0;
    for (let i = at; i < heard.length; i++) {
      worst = Math.max(worst, Math.abs(heard[i]! - sampleAt(first + i - at + shift)));
    }
    best = Math.min(best, worst);
  }
  ok(best < 1e-6, `${best}`);
  const { dry, droppedMs, concealedMs } = buffer.health;
  deepEqual({ dry, droppedMs, concealedMs }, { dry: 0, droppedMs: 0, concealedMs: 0 });
});

Deno.test("[L4] packets that come unevenly make it longer, to 60 ms at most; then nothing is missing", () => {
  const buffer = new JitterBuffer(1);
  const late = (n: number) => (n * 7 % 5) * 11 * 48; // up to 44 ms late
  play(buffer, { seconds: 3, late });
  const { wantedMs, dry } = buffer.health;
  ok(wantedMs > 30 && wantedMs <= 60, `${wantedMs} ms`);
  play(buffer, { seconds: 10, late, from: 150 });
  ok(buffer.health.dry <= dry + 1, `ran dry ${buffer.health.dry - dry} times more`);
});

Deno.test("[L4] when it has fallen behind it leaves sound out, and is near again within two seconds", () => {
  const buffer = new JitterBuffer(1);
  play(buffer, { seconds: 1 });
  // the line was held up for 200 ms, and then all came at once
  const late = (n: number) => Math.max(0, 60 - n) * PACKET;
  const heard = play(buffer, { seconds: 3, late, from: 50 });
  const { bufferedMs, droppedMs } = buffer.health;
  ok(bufferedMs <= 80, `${bufferedMs} ms wait`);
  ok(droppedMs > 50, `${droppedMs} ms left out`);
  ok(largestStep(heard) < 0.1, "a cut was heard");
});

Deno.test("[L4] a hole is silence of its own length, between fades", () => {
  const buffer = new JitterBuffer(1);
  const heard = play(buffer, { seconds: 2, missing: (n) => n === 50 });
  equal(buffer.health.concealedMs, 20);
  equal(buffer.health.dry, 0);
  ok(largestStep(heard) < 0.1, "a cut was heard");
  const end = heard.length - BLOCK;
  const from = heard.findIndex((value) => value !== 0) - 1;
  ok(Math.abs(heard[end]! - sampleAt(end - from)) < 1e-5, "the time line was kept");
});

Deno.test("[L6] after a long hole sound goes on with what comes, and the clock with it", () => {
  const buffer = new JitterBuffer(1);
  play(buffer, { seconds: 1 });
  play(buffer, { seconds: 1, from: 600 });
  const { bufferedMs, concealedMs } = buffer.health;
  ok(bufferedMs <= 60, `${bufferedMs}`);
  ok(concealedMs <= 100, `${concealedMs}`);
  ok(Math.abs(buffer.playingMs! - (1_000 + 650 * 20)) < 80, `${buffer.playingMs}`);
});

Deno.test("[L4] what nobody hears does not pile up", () => {
  const buffer = new JitterBuffer(2);
  for (let n = 0; n < 500; n++) buffer.push(packet(n));
  ok(buffer.health.bufferedMs <= 60 + 250, `${buffer.health.bufferedMs} ms`);
  const out = [new Float32Array(BLOCK), new Float32Array(BLOCK)];
  for (let n = 0; n < 3; n++) buffer.pull(out);
  deepEqual(out[0], out[1], "one channel is heard on both sides");
});

Deno.test("[L3] a time line that begins anew is followed", () => {
  const buffer = new JitterBuffer(1);
  play(buffer, { seconds: 2, from: 10_000 });
  const heard = play(buffer, { seconds: 1, from: 0 });
  ok(heard.slice(-4_800).some((value) => value !== 0), "nothing is heard");
  ok(Math.abs(buffer.playingMs! - 2_000) < 80);
});
