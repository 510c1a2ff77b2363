/** A level meter's needle: it rises at once, falls as studio meters do, and holds its peak. */

/** What is shown as silence, in dB below full scale. */
export const FLOOR_DB = -60;
/** At and above this the encoder or the input may have clipped, in dB. */
export const CLIP_DB = -0.1;
/** 20 dB in 1.7 s. Source: IEC 60268-10, type I. */
const FALL_DB_PER_MS = 20 / 1_700;
/** How long the highest is held, in ms. */
const HOLD_MS = 1_500;

/** An amplitude from 0 to 1 (more where it clips) in dB of full scale, not under {@linkcode FLOOR_DB}. */
export const decibels = (amplitude: number): number =>
  Math.max(FLOOR_DB, 20 * Math.log10(Math.max(amplitude, 1e-9)));

/** A level as a part of the scale, 0 to 1. */
export const partOfScale = (db: number): number =>
  Math.min(1, Math.max(0, (db - FLOOR_DB) / -FLOOR_DB));

/** The largest amplitude of some samples. */
export function peakOf(samples: Float32Array): number {
  let peak = 0;
  for (const sample of samples) {
    const size = Math.abs(sample);
    if (size > peak) peak = size;
  }
  return peak;
}

/** One channel. All levels in dB. */
export class Needle {
  level = FLOOR_DB;
  held = FLOOR_DB;
  /** It has reached {@linkcode CLIP_DB} since `clear`. */
  hasClipped = false;
  #heldSinceMs = 0;
  #nowMs = 0;

  /** The peak amplitude of what came since the last one. */
  heard(amplitude: number, nowMs: number): void {
    this.settle(nowMs);
    const db = decibels(amplitude);
    this.level = Math.max(this.level, db);
    if (db >= CLIP_DB) this.hasClipped = true;
    if (db < this.held) return;
    this.held = db;
    this.#heldSinceMs = nowMs;
  }

  /** Falls to where it stands now. */
  settle(nowMs: number): void {
    const fall = Math.max(0, nowMs - this.#nowMs) * FALL_DB_PER_MS;
    this.#nowMs = nowMs;
    this.level = Math.max(FLOOR_DB, this.level - fall);
    if (nowMs - this.#heldSinceMs > HOLD_MS) this.held = Math.max(this.level, this.held - fall);
  }

  clear(): void {
    this.hasClipped = false;
  }
}
