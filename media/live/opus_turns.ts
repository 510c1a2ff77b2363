/** The endless Opus of a stream, given to its listeners in turns (L4). */
import { Crowd, type CrowdOptions, type Entering } from "./crowd.ts";
import { OPUS_RATE, OpusMux } from "./ogg_opus.ts";

/**
 * A page lasts so long, in ms, and listeners get theirs in so many turns, one after the other: few
 * writes for each, and never all of them at once. The first frame of a page waits for the last: with
 * frames of 20 ms it is given out after 120 ms (docs/decisions/0025-live-fan-out.md).
 */
const PAGE_MS = 140;
const TURNS = 7;
const PAGE_SAMPLES = PAGE_MS * OPUS_RATE / 1_000;
/** Pages before the first with sound. */
const HEADS = 2;

/** Some of the listeners, and the pages that they get. */
interface Turn {
  readonly mux: OpusMux;
  readonly crowd: Crowd;
}

export class OpusTurns {
  readonly #turns: readonly Turn[];
  readonly #title: () => string;

  constructor(options: CrowdOptions) {
    this.#title = options.title;
    this.#turns = Array.from({ length: TURNS }, (_, at) => ({
      mux: new OpusMux({
        ...{ channels: 2, serial: 1, sequence: HEADS, pageSamples: PAGE_SAMPLES },
        firstSamples: PAGE_SAMPLES * (at + 1) / TURNS,
      }),
      crowd: new Crowd(options),
    }));
  }

  get size(): number {
    return this.#turns.reduce((sum, { crowd }) => sum + crowd.size, 0);
  }

  take(packet: Uint8Array, samples: number): void {
    for (const { mux, crowd } of this.#turns) {
      for (const bytes of mux.push(packet, samples)) crowd.out({ bytes, ms: PAGE_MS });
    }
  }

  /** A newcomer comes to where there are fewest. */
  enter(how: Entering): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { mux, crowd } = this.#turns.reduce((least, one) =>
      one.crowd.size < least.crowd.size ? one : least
    );
    const heads = new OpusMux({ channels: 2, serial: 1 }).heads([`TITLE=${this.#title()}`]);
    return crowd.enter({ ...how, heads, next: mux.sequence });
  }

  end(): void {
    for (const { mux, crowd } of this.#turns) {
      for (const bytes of mux.flush(true)) crowd.out({ bytes, ms: 0 });
      crowd.end();
    }
  }
}
