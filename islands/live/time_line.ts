/** The place of each packet on a stream's time line, from numbers that count to 2³² and begin anew. */

/** The longest hole that is taken for one; beyond it the time line begins anew, in packets. */
const HOLE_MOST = 3_000_000;

/** Positions are in samples, from the first packet that was seen. */
export class TimeLine {
  #last: { sequence: number; start: number; samples: number } | null = null;
  #mayBeginAnew = false;

  /** Another host has begun: whatever its first number is, it follows what was there. */
  renew(): void {
    this.#mayBeginAnew = true;
  }

  /** Where a packet begins; null for one that came before, or twice. */
  place(sequence: number, samples: number): number | null {
    const last = this.#last;
    let start = 0;
    if (last) {
      const steps = (sequence - last.sequence) | 0;
      if (steps <= 0 && steps > -HOLE_MOST && !this.#mayBeginAnew) return null;
      // what is missing was most likely as long as what came
      start = last.start +
        (steps > HOLE_MOST || steps <= 0 ? last.samples : last.samples + (steps - 1) * samples);
    }
    this.#mayBeginAnew = false;
    this.#last = { sequence, start, samples };
    return start;
  }
}
