/** Each piece of the demo by figures: clean, wide, awake at both ends, and in time. */
import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { type PieceName, PIECES } from "./pieces.ts";
import { seeded } from "./sound/random.ts";
import { RATE, type Sound, type Stereo } from "./sound/stereo.ts";
import { firstTracks, USUAL_TRACKS } from "./tracks.ts";

const SECONDS = 8;

/** Root mean square. */
const rms = (sound: Sound) =>
  Math.sqrt(sound.reduce((sum, x) => sum + x * x, 0) / Math.max(1, sound.length));

/** Seconds at the start and at the end that are under −60 dB. */
function silentEnds({ left, right }: Stereo): { start: number; end: number } {
  const isLoud = (i: number) => Math.abs(left[i] ?? 0) > 0.001 || Math.abs(right[i] ?? 0) > 0.001;
  const last = left.length - 1;
  let [start, end] = [0, 0];
  while (start < last && !isLoud(start)) start++;
  while (end < last && !isLoud(last - end)) end++;
  return { start: start / RATE, end: end / RATE };
}

/** How the loudness rises in each hundredth of a second. */
function rises({ left, right }: Stereo): number[] {
  const hop = RATE / 100;
  const levels = Array.from({ length: Math.floor(left.length / hop) }, (_, frame) =>
    Math.hypot(
      rms(left.subarray(frame * hop, (frame + 1) * hop)),
      rms(right.subarray(frame * hop, (frame + 1) * hop)),
    ));
  return levels.map((level, at) => Math.max(0, level - (levels[at - 1] ?? 0)));
}

/** How much more of all rises falls on multiples of `period` seconds than chance would have it. */
function beatStrength(music: Stereo, period: number): number {
  const all = rises(music).slice(1, -100); // without the end, where nothing begins any more
  let [on, total, frames] = [0, 0, 0];
  all.forEach((rise, at) => {
    const phase = ((at + 1) / 100) % period;
    total += rise;
    if (phase >= 0.025 && period - phase >= 0.015) return;
    on += rise;
    frames += 1;
  });
  return (on / total) / (frames / all.length);
}

/** Beats, or steps, of the pieces that have a pulse, in seconds. */
const PULSES: Partial<Record<PieceName, number>> = {
  techno: 60 / 130,
  house: 60 / 122,
  breaks: 240 / 172,
  waltz: 60 / 164,
  chiptune: 60 / 150,
  nightdrive: 60 / 100,
  lofi: 60 / 76,
  dub: 60 / 72,
  mallets: 15 / 132,
  fingerpicking: 30 / 96,
};

for (const [name, piece] of Object.entries(PIECES)) {
  Deno.test(`[O4] ${name}: no DC, two channels, no silent ends, in time`, () => {
    const music = piece({ seconds: SECONDS, random: seeded(5) });
    const { left, right } = music;
    const length = left.length / RATE;
    ok(length <= SECONDS && length > SECONDS * 0.6, `${length} s long`);
    equal(left.length, right.length);
    ok([left, right].every((channel) => channel.every(Number.isFinite)), "not all are numbers");
    const level = 20 * Math.log10(rms(left));
    ok(level > -28 && level < -10, `${level} dB`);
    // over this a limiter would be heard
    const peak = left.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    ok(peak < 2, `the peak is ${peak}`);
    const mean = left.reduce((sum, x) => sum + x, 0) / left.length;
    ok(Math.abs(mean) < 0.001, `DC of ${mean}`);
    const side = rms(left.map((x, i) => x - (right[i] ?? 0)));
    ok(side > 0.05 * rms(left), `the channels differ by ${side}`);
    const { start, end } = silentEnds(music);
    ok(start < 1 && end < 1, `silent for ${start} s and ${end} s`);
    const period = PULSES[name as PieceName];
    if (period === undefined) return;
    const [on, off] = [beatStrength(music, period), beatStrength(music, period * 1.07)];
    ok(on > 2 && on > 1.5 * off, `${on} on the beat, ${off} beside it`);
  });
}

Deno.test("[O4] the same seed makes the same music, another makes another", () => {
  const play = (seed: number) => PIECES.chiptune({ seconds: 3, random: seeded(seed) });
  deepEqual(play(1), play(1));
  notDeepEqual(play(1), play(2));
});

Deno.test("[O4] twelve tracks of twelve kinds, not all of them public; then other takes", () => {
  const tracks = firstTracks(USUAL_TRACKS);
  equal(new Set(tracks.map(({ genre, piece }) => `${genre} ${piece}`)).size, 12);
  deepEqual(
    tracks.map(({ visibility }) => visibility).filter((one) => one !== "public").sort(),
    ["private", "unlisted"],
  );
  for (const { seconds } of tracks) ok(seconds >= 40 && seconds <= 120);
  const more = firstTracks(30);
  equal(new Set(more.map(({ title }) => title)).size, 30);
});
