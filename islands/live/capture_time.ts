/** When a sample was captured: a sound card's count of samples, laid on this machine's clock. */

/** How long an estimate counts at most, in µs: the two clocks drift apart. */
const WINDOW_US = 5_000_000;
/** When nothing came for so long, in µs, the card stood still meanwhile, as one that is paused does. */
const STOOD_US = 1_000_000;

/**
 * Blocks of samples reach us late and unevenly, never early, so the least difference between the
 * clocks that was seen is the true one.
 */
export class CaptureTime {
  #least = Infinity;
  #before = Infinity;
  #sinceUs = -Infinity;
  #seenUs = -Infinity;

  /** The block that ends at `endUs` of the card's time was here at `nowUs` of ours. */
  seen(endUs: number, nowUs: number): void {
    const hasStood = nowUs - this.#seenUs > STOOD_US;
    this.#seenUs = nowUs;
    if (hasStood || nowUs - this.#sinceUs > WINDOW_US) {
      this.#before = hasStood ? Infinity : this.#least;
      this.#least = Infinity;
      this.#sinceUs = nowUs;
    }
    this.#least = Math.min(this.#least, nowUs - endUs);
  }

  /** A time of the card as one of our clock, in µs. */
  toOurs(cardUs: number): number {
    const offset = Math.min(this.#least, this.#before);
    return cardUs + (offset === Infinity ? 0 : offset);
  }
}
