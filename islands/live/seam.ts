/** Cuts that are not heard: what was fades out while what comes fades in. */

/** 5 ms at 48 kHz, in samples. */
export const FADE = 240;

/** Works on the blocks that leave, one after the other, in place. */
export class Seam {
  readonly #tail: readonly Float32Array[];
  #tailAt = FADE;
  #fadeAt = FADE;
  /** Where in the block that is being filled each begins. */
  #tailFrom = 0;
  #fadeFrom = 0;

  constructor(channels: number) {
    this.#tail = Array.from({ length: channels }, () => new Float32Array(FADE));
  }

  /** At `from` of this block another sound begins; `tail`: how the one before would have gone on. */
  cut(tail: readonly Float32Array[], from = 0): void {
    this.#tail.forEach((channel, n) => channel.set(tail[n] ?? channel));
    this.#tailAt = 0;
    this.#tailFrom = from;
    this.rise(from);
  }

  /** Sound begins at `from` of this block. */
  rise(from = 0): void {
    this.#fadeAt = 0;
    this.#fadeFrom = from;
  }

  /** Puts both into a block that is filled. */
  apply(out: readonly Float32Array[]): void {
    const length = out[0]?.length ?? 0;
    const rising = Math.max(0, Math.min(length - this.#fadeFrom, FADE - this.#fadeAt));
    const falling = Math.max(0, Math.min(length - this.#tailFrom, FADE - this.#tailAt));
    out.forEach((channel, n) => {
      for (let i = 0; i < rising; i++) channel[this.#fadeFrom + i]! *= (this.#fadeAt + i) / FADE;
      const tail = this.#tail[n];
      for (let i = 0; tail && i < falling; i++) {
        const share = 1 - (this.#tailAt + i) / FADE;
        channel[this.#tailFrom + i]! += tail[this.#tailAt + i]! * share;
      }
    });
    this.#fadeAt += rising;
    this.#tailAt += falling;
    this.#fadeFrom = this.#tailFrom = 0;
  }
}
