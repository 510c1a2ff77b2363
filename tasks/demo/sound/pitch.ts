/** Pitches: MIDI numbers, scales and the chords that stand on them. */

/** Semitones over the root, one octave. */
export const SCALES = {
  major: [0, 2, 4, 5, 7, 9, 11],
  minor: [0, 2, 3, 5, 7, 8, 10],
  dorian: [0, 2, 3, 5, 7, 9, 10],
  lydian: [0, 2, 4, 6, 7, 9, 11],
  mixolydian: [0, 2, 4, 5, 7, 9, 10],
  harmonicMinor: [0, 2, 3, 5, 7, 8, 11],
  minorPentatonic: [0, 3, 5, 7, 10],
  majorPentatonic: [0, 2, 4, 7, 9],
} as const satisfies Record<string, readonly number[]>;

/** A scale on its root. */
export interface Key {
  /** MIDI number of the lowest root. */
  readonly root: number;
  readonly scale: readonly number[];
}

/** The frequency of a MIDI number, in Hz; 69 is 440 Hz, fractions are cents. */
export const hz = (midi: number): number => 440 * 2 ** ((midi - 69) / 12);

/** The MIDI number of the `step`-th note of a key, counted from 0; negative ones lie below. */
export function note({ root, scale }: Key, step: number): number {
  const octave = Math.floor(step / scale.length);
  return root + 12 * octave + (scale[step - octave * scale.length] ?? 0);
}

/** `size` notes in thirds above the `step`-th: 3 makes a triad, 4 a seventh, 5 a ninth. */
export const chord = (key: Key, step: number, size = 3): number[] =>
  Array.from({ length: size }, (_, at) => note(key, step + 2 * at));

/** The same chord with its notes between `low` and the octave over it, so that voices move little. */
export const voiced = (notes: readonly number[], low: number): number[] =>
  notes.map((one) => low + (((one - low) % 12) + 12) % 12).sort((a, b) => a - b);
