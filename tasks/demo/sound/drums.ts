/** A drum machine: each hit made of a falling tone, filtered noise, or both. */
import { filtered } from "./filter.ts";
import { noise, pulse, sine } from "./oscillator.ts";
import type { Random } from "./random.ts";
import { frames, RATE, type Sound } from "./stereo.ts";

/** Noise that dies away by a factor of e in `fall` seconds. */
function hiss(random: Random, seconds: number, fall: number): Sound {
  const sound = new Float32Array(frames(seconds));
  for (let i = 0; i < sound.length; i++) {
    sound[i] = noise(random) * Math.exp(-i / RATE / fall);
  }
  return sound;
}

/** A tone that falls from `from` to `to` Hz, with a time constant of `drop` seconds. */
function thump(
  { from, to, drop, fall, seconds }: {
    from: number;
    to: number;
    drop: number;
    fall: number;
    seconds: number;
  },
): Sound {
  const sound = new Float32Array(frames(seconds));
  let phase = 0;
  for (let i = 0; i < sound.length; i++) {
    const t = i / RATE;
    phase += (to + (from - to) * Math.exp(-t / drop)) / RATE;
    sound[i] = sine(phase) * Math.exp(-t / fall) * Math.min(1, (seconds - t) * 200);
  }
  return sound;
}

function sum(...sounds: readonly Sound[]): Sound {
  const total = new Float32Array(Math.max(...sounds.map(({ length }) => length)));
  for (const sound of sounds) {
    for (let i = 0; i < sound.length; i++) total[i] = (total[i] ?? 0) + (sound[i] ?? 0);
  }
  return total;
}

const scaled = (sound: Sound, gain: number): Sound => sound.map((x) => x * gain);

/** @param fall how long it booms: 0.12 s is dry, 0.35 s is deep */
export const kick = (random: Random, fall = 0.18): Sound =>
  sum(
    thump({ from: 210, to: 48, drop: 0.028, fall, seconds: fall * 3 }),
    scaled(filtered(hiss(random, 0.02, 0.003), "high", 2_000), 0.25),
  );

export const snare = (random: Random, fall = 0.09): Sound =>
  sum(
    scaled(thump({ from: 330, to: 185, drop: 0.02, fall: 0.07, seconds: 0.25 }), 0.5),
    scaled(filtered(hiss(random, 0.35, fall), "high", 1_400), 0.55),
  );

/** Several hands, a hundredth of a second apart, and the room after them. */
export function clap(random: Random): Sound {
  const hands = [0, 0.011, 0.023].map((late) => {
    const sound = new Float32Array(frames(0.4));
    sound.set(hiss(random, 0.03, 0.006), frames(late));
    return sound;
  });
  const room = new Float32Array(frames(0.4));
  room.set(hiss(random, 0.36, 0.07), frames(0.03));
  return scaled(filtered(sum(...hands, scaled(room, 0.6)), "band", 1_300, 1.2), 0.9);
}

export const hat = (random: Random, fall = 0.025): Sound =>
  scaled(filtered(hiss(random, fall * 6, fall), "high", 7_500), 0.5);

export const openHat = (random: Random): Sound => hat(random, 0.11);

export const shaker = (random: Random): Sound => {
  const sound = filtered(hiss(random, 0.14, 0.04), "band", 6_000, 1);
  for (let i = 0; i < frames(0.02); i++) sound[i] = (sound[i] ?? 0) * i / frames(0.02);
  return scaled(sound, 0.6);
};

/** A stick on the edge. */
export const rim = (random: Random): Sound =>
  sum(
    scaled(thump({ from: 1_750, to: 1_650, drop: 0.01, fall: 0.012, seconds: 0.06 }), 0.6),
    scaled(filtered(hiss(random, 0.04, 0.006), "band", 3_000, 2), 0.5),
  );

/** @param tone in Hz: 90 is a floor tom, 200 a high one */
export const tom = (random: Random, tone: number): Sound =>
  sum(
    thump({ from: tone * 1.6, to: tone, drop: 0.05, fall: 0.22, seconds: 0.7 }),
    scaled(filtered(hiss(random, 0.1, 0.02), "band", 900, 1), 0.15),
  );

/** Metal: several squares that are no harmonics of one another, high-passed. */
export function cymbal(random: Random, fall = 0.7): Sound {
  const sound = hiss(random, fall * 3, fall);
  const tones = [205.3, 304.4, 369.6, 522.7, 540, 800];
  for (let i = 0; i < sound.length; i++) {
    const t = i / RATE;
    let metal = 0;
    for (const tone of tones) metal += pulse((tone * 8.1 * t) % 1, tone * 8.1 / RATE);
    sound[i] = ((sound[i] ?? 0) * 0.6 + metal * 0.08 * Math.exp(-t / fall)) *
      Math.min(1, (fall * 3 - t) * 8);
  }
  return scaled(filtered(sound, "high", 5_000), 0.5);
}
