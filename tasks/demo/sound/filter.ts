/** A filter that can be moved while it runs, with its low, band and high outputs. */
import { RATE } from "./stereo.ts";

/** Fed a sample at a time; read its outputs after each. */
export interface Filter {
  /** @param cutoff in Hz; @param q 0.7 is flat, 5 rings */
  tune(cutoff: number, q: number): void;
  feed(x: number): void;
  low: number;
  band: number;
  high: number;
}

/** The state variable filter with trapezoidal integration (Zavalishin; Simper): stable when moved. */
export function stateVariable(cutoff: number, q = 0.7): Filter {
  let [a1, a2, a3, damping] = [0, 0, 0, 0];
  let [first, second] = [0, 0];
  const filter: Filter = {
    low: 0,
    band: 0,
    high: 0,
    tune(frequency, resonance) {
      const g = Math.tan(Math.PI * Math.min(frequency, RATE * 0.45) / RATE);
      damping = 1 / resonance;
      a1 = 1 / (1 + g * (g + damping));
      a2 = g * a1;
      a3 = g * a2;
    },
    feed(x) {
      const v3 = x - second;
      const v1 = a1 * first + a2 * v3;
      const v2 = second + a2 * first + a3 * v3;
      first = 2 * v1 - first;
      second = 2 * v2 - second;
      filter.low = v2;
      filter.band = v1;
      filter.high = x - damping * v1 - v2;
    },
  };
  filter.tune(cutoff, q);
  return filter;
}

/** Passes one output of a filter over `sound`, in place. */
export function filtered<S extends Float32Array>(
  sound: S,
  output: "low" | "band" | "high",
  cutoff: number,
  q = 0.7,
): S {
  const filter = stateVariable(cutoff, q);
  for (let i = 0; i < sound.length; i++) {
    filter.feed(sound[i] ?? 0);
    sound[i] = filter[output];
  }
  return sound;
}
