/** Sound in two channels, and how single sounds are laid into it. */

/** Samples a second, everywhere in the demo's synthesis. */
export const RATE = 44_100;

/** One sound, mono; about −1 to 1. */
export type Sound = Float32Array<ArrayBuffer>;

/** Two channels of one length. */
export interface Stereo {
  readonly left: Sound;
  readonly right: Sound;
}

/** How a sound lies in the picture. */
export interface Place {
  /** A factor; 1 leaves it as it is. */
  readonly gain?: number;
  /** −1 is left, 1 is right. */
  readonly pan?: number;
}

export const frames = (seconds: number): number => Math.max(0, Math.round(seconds * RATE));

export const silence = (seconds: number): Stereo => ({
  left: new Float32Array(frames(seconds)),
  right: new Float32Array(frames(seconds)),
});

/** Adds `sound` to `bus` from `at` seconds on, at constant power; what goes over the end is cut. */
export function place(bus: Stereo, sound: Sound, at: number, { gain = 1, pan = 0 }: Place = {}) {
  const angle = (pan + 1) * Math.PI / 4;
  const left = gain * Math.cos(angle) * Math.SQRT2;
  const right = gain * Math.sin(angle) * Math.SQRT2;
  const start = frames(at);
  const length = Math.min(sound.length, bus.left.length - start);
  for (let i = 0; i < length; i++) {
    const x = sound[i] ?? 0;
    bus.left[start + i] = (bus.left[start + i] ?? 0) + x * left;
    bus.right[start + i] = (bus.right[start + i] ?? 0) + x * right;
  }
}

/** Adds a whole bus to another. */
export function blend(into: Stereo, from: Stereo, gain = 1): void {
  for (let i = 0; i < into.left.length; i++) {
    into.left[i] = (into.left[i] ?? 0) + (from.left[i] ?? 0) * gain;
    into.right[i] = (into.right[i] ?? 0) + (from.right[i] ?? 0) * gain;
  }
}

/** Calls `change` with each channel of `bus`, in place. */
export function eachChannel(bus: Stereo, change: (channel: Sound, index: 0 | 1) => void): void {
  change(bus.left, 0);
  change(bus.right, 1);
}

/** Lays two renderings of one sound left and right: what differs between them makes it wide. */
export function placeWide(
  bus: Stereo,
  make: () => Sound,
  at: number,
  { gain = 1, width = 0.8 }: { gain?: number; width?: number } = {},
): void {
  place(bus, make(), at, { gain: gain * Math.SQRT1_2, pan: -width });
  place(bus, make(), at, { gain: gain * Math.SQRT1_2, pan: width });
}
