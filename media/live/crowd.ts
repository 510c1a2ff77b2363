/** Listeners of an endless file who get the same pieces of it at the same moment (L4). */
import { feed } from "./feed.ts";
import { IcyWeaver } from "./icy.ts";
import { sequenceOf } from "./ogg.ts";
import { OggRenumbered } from "./ogg_renumbered.ts";

/** Something whole, to begin with: a page, or some frames. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly ms: number;
}

/** What may wait for one listener, in bytes; then it is cut off: it is a quarter of a minute late. */
const UNREAD_MOST = 384 * 1024;
/**
 * Who has no more than this left at the end, in bytes, hears it: some seconds. Who has more has left
 * unread all that the kernel holds, too, may never read again, and would keep its memory so long.
 */
const LAST_MOST = 64 * 1024;
/** What a newcomer gets at once, in ms: a player starts when it has some. */
const BURST_MS = 1_500;

/** One listener. */
interface Ear {
  readonly push: (bytes: Uint8Array) => boolean;
  readonly end: () => void;
  readonly weaver: IcyWeaver | null;
  /** What is taken from the numbers of its pages: some players want them to begin with 0. */
  readonly skipped: number;
}

export interface CrowdOptions {
  /** What is played, for who wants to be told between the sound. */
  readonly title: () => string;
  /** Each time that a listener is gone. */
  readonly onLeft: () => void;
}

/** How somebody comes to listen. */
export interface Entering {
  /** Whether it is to be told what is played, between the sound. */
  readonly withTitles: boolean;
  /** Called when it is gone. */
  readonly left: () => void;
  /** Aborts when it is to hear no more. */
  readonly signal?: AbortSignal;
}

/** Of pages of Ogg, which are numbered for each listener as if they followed its heads. */
export interface Numbering {
  readonly heads?: readonly Uint8Array[];
  /** The number of the page that comes next. */
  readonly next?: number;
}

export class Crowd {
  readonly #options: CrowdOptions;
  readonly #ears = new Set<Ear>();
  #burst: Piece[] = [];

  constructor(options: CrowdOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#ears.size;
  }

  /** A newcomer's stream, to be read to its end, or cancelled: it gets the heads, then the burst. */
  enter(
    { withTitles, left, signal, heads = [], next }: Entering & Numbering,
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    let gone = false;
    const leave = () => {
      if (gone) return;
      gone = true;
      this.#ears.delete(ear);
      left();
      this.#options.onLeft();
    };
    const { stream, push, waiting, close, cut } = feed(UNREAD_MOST, leave);
    const [first] = this.#burst;
    const begins = first && next !== undefined ? sequenceOf(first.bytes) : next;
    const ear: Ear = {
      push,
      skipped: begins === undefined ? 0 : begins - heads.length,
      weaver: withTitles ? new IcyWeaver() : null,
      end: () => {
        if (waiting() > LAST_MOST) cut();
        else close();
        leave();
      },
    };
    for (const head of heads) this.#push(ear, head);
    for (const { bytes } of this.#burst) this.#push(ear, numbering(bytes)(ear.skipped));
    this.#ears.add(ear);
    signal?.addEventListener("abort", ear.end, { once: true });
    return stream;
  }

  /** Gives a piece to all; who is too slow for it is cut off, and may come again. */
  out(piece: Piece): void {
    this.#burst.push(piece);
    let ms = this.#burst.reduce((sum, one) => sum + one.ms, 0);
    while (ms > BURST_MS) ms -= this.#burst.shift()!.ms;
    const numbered = numbering(piece.bytes);
    for (const ear of this.#ears) {
      if (!this.#push(ear, numbered(ear.skipped))) ear.end();
    }
  }

  end(): void {
    for (const ear of this.#ears) ear.end();
  }

  #push({ push, weaver }: Ear, bytes: Uint8Array): boolean {
    return push(weaver ? weaver.push(bytes, this.#options.title()) : bytes);
  }
}

/** A page as it is numbered for who has skipped so many; who came together get the same memory. */
function numbering(bytes: Uint8Array): (skipped: number) => Uint8Array {
  let pages: OggRenumbered | undefined;
  let [last, own] = [0, bytes];
  return (skipped) => {
    if (skipped === last) return own;
    last = skipped;
    pages ??= new OggRenumbered(bytes);
    return own = skipped === 0 ? bytes : pages.as(sequenceOf(bytes) - skipped);
  };
}
