/** The server's clock, as this side of a line knows it: from pings, trusting the quickest answers. */

/** Answers that count: the oldest goes when another comes, so that a drift is followed. */
const ANSWERS_MOST = 16;

interface Answer {
  /** From the question to the answer, in µs. */
  readonly delayUs: number;
  /** The server's clock less ours, in µs. */
  readonly offsetUs: number;
}

/**
 * An answer that took long may have been held up on either way, so the offset is taken from the
 * quickest of the last ones: it is wrong by at most half of its delay.
 */
export class ServerClock {
  readonly #answers: Answer[] = [];
  #best: Answer | null = null;

  /** A ping went out at `sentUs`, was answered at `heardUs` (our clock), and read `serverUs` there. */
  answered(sentUs: number, heardUs: number, serverUs: number): void {
    const delayUs = heardUs - sentUs;
    this.#answers.push({ delayUs, offsetUs: serverUs - (sentUs + delayUs / 2) });
    if (this.#answers.length > ANSWERS_MOST) this.#answers.shift();
    this.#best = this.#answers.reduce((best, one) => one.delayUs < best.delayUs ? one : best);
  }

  /** What the server said of its time in passing: good enough until a ping was answered. */
  told(heardUs: number, serverUs: number): void {
    this.#best ??= { delayUs: Infinity, offsetUs: serverUs - heardUs };
  }

  get isKnown(): boolean {
    return this.#best !== null;
  }

  /** How far it may be off, in ms; infinite before a ping was answered. */
  get errorMs(): number {
    return (this.#best?.delayUs ?? Infinity) / 2_000;
  }

  /** A time of our clock as the server's, in µs. */
  toServer(ourUs: number): number {
    return ourUs + (this.#best?.offsetUs ?? 0);
  }
}
