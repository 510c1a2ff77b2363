/**
 * A live stream as one endless file, for radio players (L4): on each node what listeners there hear
 * is made once, and each of them begins with whole pages or frames.
 */
import { decodeFrame, epochOf, frameOf } from "../../domain/live_frames.ts";
import type { LiveNews } from "../../domain/live_news.ts";
import type { Tool } from "../ffmpeg.ts";
import type { Channel } from "./channel.ts";
import { feed } from "./feed.ts";
import { IcyWeaver } from "./icy.ts";
import { mp3Maker } from "./mp3_maker.ts";
import { renumbered, sequenceOf } from "./ogg.ts";
import { OpusMux, SILENCE } from "./ogg_opus.ts";

export type EndlessForm = "opus" | "mp3";

export interface EndlessDeps {
  readonly audio: Channel<Uint8Array>;
  readonly news: Channel<LiveNews>;
  readonly ffmpeg: Tool;
  readonly warn: (message: string, details: Record<string, unknown>) => void;
  readonly now?: () => number;
}

export interface Listening {
  /** To be read to its end, or cancelled: then the listener is gone. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

export interface Endless extends Disposable {
  /** @param left called when the listener is gone */
  listen(
    of: { streamId: string; form: EndlessForm; title: string; withTitles: boolean },
    left: () => void,
  ): Listening;
}

/** What may wait for one listener, in bytes; then it is cut off: it is a quarter of a minute late. */
const UNREAD_MOST = 384 * 1024;
/** A host that is not heard for so long is filled in for with silence, in ms. */
const SILENT_MS = 1_000;
const LOOK_MS = 200;
/** What a newcomer gets at once, in ms: a player starts when it has some. */
const BURST_MS = 1_500;
/** A page of Opus lasts about so long. */
const PAGE_MS = 100;
/** Samples in a ms. */
const PER_MS = 48;
/** Pages before the first with sound. */
const HEADS = 2;

/** One listener. */
interface Ear {
  readonly push: (bytes: Uint8Array) => boolean;
  readonly end: () => void;
  readonly weaver: IcyWeaver | null;
  /** What is taken from the numbers of its pages: some players want them to begin with 0. */
  readonly skipped: number;
}

/** Something whole, to begin with: a page, or some frames. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly ms: number;
}

export function endless(deps: EndlessDeps): Endless {
  const stations = new Map<string, Station>();
  return {
    listen({ streamId, form, title, withTitles }, left) {
      const name = `${form} ${streamId}`;
      let station = stations.get(name);
      if (!station) {
        station = new Station(deps, streamId, form, title, () => {
          if (stations.get(name) === station) stations.delete(name);
        });
        stations.set(name, station);
      }
      return station.listen(withTitles, left);
    },
    [Symbol.dispose]() {
      for (const station of [...stations.values()]) station.close();
    },
  };
}

/** One form of one stream, while somebody on this node listens to it. */
class Station {
  readonly #deps: Required<EndlessDeps>;
  readonly #ears = new Set<Ear>();
  readonly #mux = new OpusMux({ channels: 2, serial: 1, sequence: HEADS });
  readonly #maker: ReturnType<typeof mp3Maker> | null;
  readonly #heard: readonly { close(): void }[];
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #gone: () => void;
  #burst: Piece[] = [];
  #title: string;
  #epoch = 0;
  /** Up to when there was something to hear, in ms. */
  #until: number;
  #closed = false;

  constructor(
    deps: EndlessDeps,
    readonly streamId: string,
    readonly form: EndlessForm,
    title: string,
    gone: () => void,
  ) {
    this.#deps = { now: () => performance.now(), ...deps };
    this.#title = title;
    this.#gone = gone;
    this.#until = this.#deps.now() - SILENT_MS; // a newcomer hears silence rather than nothing
    const { audio, news, ffmpeg, warn } = deps;
    this.#maker = form === "opus" ? null : mp3Maker({
      ffmpeg,
      frames: (bytes, ms) => this.#out({ bytes, ms }),
      warn: (message, details) => warn(message, { streamId, ...details }),
    });
    this.#heard = [
      audio.subscribe(streamId, ({ bytes }) => this.#hear(bytes)),
      news.subscribe(streamId, ({ event }) => this.#learn(event)),
    ];
    this.#timer = setInterval(() => this.#fill(), LOOK_MS);
  }

  listen(withTitles: boolean, left: () => void): Listening {
    let gone = false;
    const leave = () => {
      if (gone) return;
      gone = true;
      this.#ears.delete(ear);
      left();
      if (this.#ears.size === 0) this.close();
    };
    const { stream, push, close } = feed(UNREAD_MOST, leave);
    const [first] = this.#burst;
    const next = first && !this.#maker ? sequenceOf(first.bytes) : this.#mux.sequence;
    const ear: Ear = {
      push,
      skipped: next - HEADS,
      weaver: withTitles ? new IcyWeaver() : null,
      end: () => {
        close();
        leave();
      },
    };
    if (this.form === "opus") {
      const heads = new OpusMux({ channels: 2, serial: 1 }).heads([`TITLE=${this.#title}`]);
      for (const page of heads) push(this.#woven(ear, page));
    }
    for (const { bytes } of this.#burst) this.#give(ear, bytes);
    this.#ears.add(ear);
    this.#fill();
    return { stream };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#gone();
    clearInterval(this.#timer);
    for (const one of this.#heard) one.close();
    if (!this.#maker) { for (const bytes of this.#mux.flush(true)) this.#out({ bytes, ms: 0 }); }
    this.#maker?.end();
    for (const ear of [...this.#ears]) ear.end();
  }

  #learn(event: LiveNews): void {
    if (event.type === "playing" || event.type === "title") {
      this.#title = event.type === "playing" ? event.text : event.title;
    } else if (event.type === "state" && (event.status === "ended" || event.status === "idle")) {
      this.close();
    }
  }

  #hear(bytes: Uint8Array): void {
    const epoch = epochOf(bytes);
    if (epoch < this.#epoch) return;
    this.#epoch = epoch;
    const frame = decodeFrame(frameOf(bytes));
    if (!frame) return;
    this.#until = this.#deps.now();
    this.#take(frame.packet, frame.samples);
  }

  /** While the host is away, the time goes on. */
  #fill(): void {
    if (this.#deps.now() - this.#until < SILENT_MS) return;
    const ms = SILENCE.samples / PER_MS;
    for (; this.#until + ms <= this.#deps.now(); this.#until += ms) {
      this.#take(SILENCE.packet(2), SILENCE.samples);
    }
  }

  #take(packet: Uint8Array, samples: number): void {
    for (const page of this.#mux.push(packet, samples)) {
      if (this.#maker) this.#maker.push(page);
      else this.#out({ bytes: page, ms: PAGE_MS });
    }
  }

  #out(piece: Piece): void {
    this.#burst.push(piece);
    let ms = this.#burst.reduce((sum, one) => sum + one.ms, 0);
    while (ms > BURST_MS) ms -= this.#burst.shift()!.ms;
    for (const ear of [...this.#ears]) {
      if (!this.#give(ear, piece.bytes)) ear.end(); // too slow: it may come again
    }
  }

  #give(ear: Ear, bytes: Uint8Array): boolean {
    const own = this.#maker || ear.skipped === 0
      ? bytes
      : renumbered(bytes, sequenceOf(bytes) - ear.skipped);
    return ear.push(this.#woven(ear, own));
  }

  #woven({ weaver }: Ear, bytes: Uint8Array): Uint8Array {
    return weaver ? weaver.push(bytes, this.#title) : bytes;
  }
}
