/**
 * A live stream as one endless file, for radio players (L4): on each node what listeners there hear
 * is made once, and each of them begins with whole pages or frames.
 */
import { decodeFrame, epochOf, frameOf } from "../../domain/live_frames.ts";
import type { LiveNews } from "../../domain/live_news.ts";
import type { Tool } from "../ffmpeg.ts";
import type { Channel } from "./channel.ts";
import type { Entering } from "./crowd.ts";
import { Mp3Crowd } from "./mp3_crowd.ts";
import { OPUS_RATE, SILENCE } from "./ogg_opus.ts";
import { OpusTurns } from "./opus_turns.ts";

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
  /** @param left called when the listener is gone; `signal` aborts when it is to hear no more */
  listen(
    of: {
      streamId: string;
      form: EndlessForm;
      title: string;
      withTitles: boolean;
      signal?: AbortSignal;
    },
    left: () => void,
  ): Listening;
}

/** A host that is not heard for so long is filled in for with silence, in ms. */
const SILENT_MS = 1_000;
const LOOK_MS = 200;
/** Samples in a ms. */
const PER_MS = OPUS_RATE / 1_000;

export function endless(deps: EndlessDeps): Endless {
  const stations = new Map<string, Station>();
  return {
    listen({ streamId, form, title, withTitles, signal }, left) {
      const name = `${form} ${streamId}`;
      let station = stations.get(name);
      if (!station) {
        station = new Station(deps, streamId, form, title, () => {
          if (stations.get(name) === station) stations.delete(name);
        });
        stations.set(name, station);
      }
      return station.listen({ withTitles, left, ...(signal && { signal }) });
    },
    [Symbol.dispose]() {
      for (const station of [...stations.values()]) station.close();
    },
  };
}

/** One form of one stream, while somebody on this node listens to it. */
class Station {
  readonly #now: () => number;
  readonly #crowd: OpusTurns | Mp3Crowd;
  readonly #heard: readonly { close(): void }[];
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #gone: () => void;
  #title: string;
  #epoch = 0;
  /** Up to when there was something to hear, in ms. */
  #until: number;
  #closed = false;

  constructor(
    { audio, news, ffmpeg, warn, now = () => performance.now() }: EndlessDeps,
    streamId: string,
    form: EndlessForm,
    title: string,
    gone: () => void,
  ) {
    this.#now = now;
    this.#title = title;
    this.#gone = gone;
    this.#until = now() - SILENT_MS; // a newcomer hears silence rather than nothing
    const options = {
      title: () => this.#title,
      onLeft: () => {
        if (this.#crowd.size === 0) this.close();
      },
    };
    this.#crowd = form === "opus" ? new OpusTurns(options) : new Mp3Crowd({
      ...{ ...options, ffmpeg },
      warn: (message, details) => warn(message, { streamId, ...details }),
    });
    this.#heard = [
      audio.subscribe(streamId, ({ bytes }) => this.#hear(bytes)),
      news.subscribe(streamId, ({ event }) => this.#learn(event)),
    ];
    this.#timer = setInterval(() => this.#fill(), LOOK_MS);
  }

  listen(how: Entering): Listening {
    const stream = this.#crowd.enter(how);
    this.#fill();
    return { stream };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#gone();
    clearInterval(this.#timer);
    for (const one of this.#heard) one.close();
    this.#crowd.end();
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
    this.#until = this.#now();
    this.#crowd.take(frame.packet, frame.samples);
  }

  /** While the host is away, the time goes on. */
  #fill(): void {
    if (this.#now() - this.#until < SILENT_MS) return;
    const ms = SILENCE.samples / PER_MS;
    for (; this.#until + ms <= this.#now(); this.#until += ms) {
      this.#crowd.take(SILENCE.packet(2), SILENCE.samples);
    }
  }
}
