/** One period of the waves that synthesizers begin with, and noise. */
import type { Random } from "./random.ts";

/**
 * Smooths the jump of a wave over the two samples beside it, which keeps most of the aliases away
 * (polyBLEP; Välimäki and Huovilainen 2007).
 *
 * @param phase 0 to 1
 * @param step how far the phase moves each sample
 */
function jump(phase: number, step: number): number {
  if (phase < step) {
    const t = phase / step;
    return t + t - t * t - 1;
  }
  if (phase > 1 - step) {
    const t = (phase - 1) / step;
    return t * t + t + t + 1;
  }
  return 0;
}

export const saw = (phase: number, step: number): number => 2 * phase - 1 - jump(phase, step);

/** @param width the part of the period that is high, 0 to 1 */
export function pulse(phase: number, step: number, width = 0.5): number {
  const other = phase + 1 - width;
  return (phase < width ? 1 : -1) + jump(phase, step) -
    jump(other >= 1 ? other - 1 : other, step) - (2 * width - 1);
}

export const triangle = (phase: number): number => 4 * Math.abs(phase - 0.5) - 1;

export const sine = (phase: number): number => Math.sin(2 * Math.PI * phase);

/** White noise. */
export const noise = (random: Random): number => 2 * random() - 1;
