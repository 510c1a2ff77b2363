/** How long something took, lately: quantiles from a few bytes, since every actor has them (A18). */

/** As many bytes as V8 keeps inside the object of a typed array. */
const BUCKETS = 64;
/** Buckets to a doubling: a quantile is at most a third above the truth. */
const TO_A_DOUBLING = 2.5;
/** The first bucket ends at this, in ms; the last begins at about a minute. */
const FIRST_MS = 0.001;

/** Counts durations, and forgets old ones: when a bucket is full, all are halved. */
export class Durations {
  readonly #counts = new Uint8Array(BUCKETS);

  /** Counts one duration, in milliseconds. */
  add(ms: number): void {
    const nth = ms <= FIRST_MS ? 0 : Math.ceil(Math.log2(ms / FIRST_MS) * TO_A_DOUBLING);
    const bucket = Math.min(nth, BUCKETS - 1);
    if (this.#counts[bucket] === 255) this.#halve();
    this.#counts[bucket]!++;
  }

  /** The bound that `part` (0 to 1) of the durations did not pass, in ms; undefined without any. */
  quantile(part: number): number | undefined {
    const total = this.#counts.reduce((sum, count) => sum + count, 0);
    if (total === 0) return undefined;
    let left = Math.ceil(total * part);
    const bucket = this.#counts.findIndex((count) => (left -= count) <= 0);
    return FIRST_MS * 2 ** (bucket / TO_A_DOUBLING);
  }

  #halve(): void {
    for (const [bucket, count] of this.#counts.entries()) this.#counts[bucket] = count >> 1;
  }
}
