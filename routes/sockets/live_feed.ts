/** One stream as the listeners of a node get it: frames, and before each epoch what it is (L3). */
import type { LiveStatus } from "../../domain/live.ts";
import { epochOf, frameOf } from "../../domain/live_frames.ts";
import {
  type LiveNews,
  playingLine,
  reactionLine,
  type Started,
  startedLine,
  stateLine,
  titleLine,
} from "../../domain/live_news.ts";
import type { LiveLine } from "./live_line.ts";

/** What the feed begins with, asked of the actor. */
export interface LiveNow {
  readonly status: LiveStatus;
  readonly title: string;
  /** Null while nobody is on air. */
  readonly started: Started | null;
}

interface Seat {
  readonly line: LiveLine;
  /** Frames go to them; without, they are told all else. */
  readonly hears: boolean;
  /** The live epoch whose beginning it was told of; 0: none. */
  told: number;
}

/** Frames that wait for the news of their epoch, which may come after the first of them. */
const WAITING_MOST = 50;

export interface LiveFeedOptions {
  /** Asks how the stream is. */
  readonly look: () => Promise<LiveNow>;
  /** Who may see it has changed. */
  readonly onVisibility: () => void;
  /** Whose hands are up has changed. */
  readonly onHands: (raised: readonly string[]) => void;
  readonly onError: (error: unknown) => void;
}

export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #seats = new Map<LiveLine, Seat>();
  /** The highest that a frame had. */
  #epoch = 0;
  #started: Started | null = null;
  #status: LiveStatus | null = null;
  #playing: string | null = null;
  #waiting: Uint8Array[] = [];
  #looking: Promise<void> | undefined;
  /** How often its state was told: what was read before the last time is old. */
  #turn = 0;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#seats.size;
  }

  get lines(): Iterable<LiveLine> {
    return this.#seats.keys();
  }

  /** Seats a listener, who is told how the stream is and then hears it, unless by another way. */
  async join(line: LiveLine, hears = true): Promise<void> {
    if (this.#status === null) await this.#look();
    if (!line.isOpen) return;
    const seat: Seat = { line, hears, told: 0 };
    this.#seats.set(line, seat);
    const status = this.#status ?? "idle";
    if (this.#started && status !== "idle") this.#begin(seat, this.#started);
    if (status !== "live" || !this.#started) line.tell(stateLine(status));
    if (this.#playing !== null) line.tell(playingLine(this.#playing));
    if (status === "ended") line.end("stream_ended");
  }

  /** Has what was lost of its state told after all, as it is read now; answers what was read. */
  async reread<Row extends Pick<LiveNow, "status" | "title"> | null>(
    read: () => Promise<Row>,
  ): Promise<Row> {
    const turn = this.#turn;
    const now = await read();
    if (now && turn === this.#turn) this.#mend(now);
    return now;
  }

  leave(line: LiveLine): boolean {
    return this.#seats.delete(line);
  }

  /** A message of the topic `audio`. */
  audio(onAir: Uint8Array): void {
    const epoch = epochOf(onAir);
    if (epoch < this.#epoch) return; // the host before, who has not heard yet
    if (this.#started === null || this.#started.epoch < epoch) return this.#wait(onAir);
    this.#epoch = epoch;
    const frame = frameOf(onAir);
    for (const seat of this.#seats.values()) {
      // who came during a hand-over was told of the next host, and hears none before
      if (seat.told > epoch) continue;
      if (seat.told < epoch) this.#begin(seat, this.#started);
      if (seat.hears) seat.line.audio(frame);
    }
  }

  /** A message of the topic `live`. */
  news(news: LiveNews): void {
    switch (news.type) {
      case "started":
        if (this.#started && this.#started.epoch >= news.epoch) return;
        this.#started = news;
        this.#release();
        return;
      case "state":
        this.#turn++;
        this.#status = news.status;
        this.#tell(stateLine(news.status));
        if (news.status !== "ended") return;
        for (const { line } of [...this.#seats.values()]) line.end("stream_ended");
        return;
      case "title":
        this.#turn++;
        if (this.#started) this.#started = { ...this.#started, title: news.title };
        return this.#tell(titleLine(news.title));
      case "playing":
        this.#playing = news.text;
        return this.#tell(playingLine(news.text));
      case "reaction":
        return this.#tell(reactionLine(news.emoji));
      case "visibility":
        return this.#options.onVisibility();
      case "hands":
        return this.#options.onHands(news.raised);
      case "rekeyed":
      case "recording":
      case "count":
        return;
      default:
        news satisfies never;
    }
  }

  #mend({ status, title }: Pick<LiveNow, "status" | "title">): void {
    if (this.#status === null) return;
    const epoch = this.#started?.epoch ?? 0;
    if (status !== this.#status) this.news({ type: "state", status, epoch });
    if (this.#started && title !== this.#started.title) this.news({ type: "title", title });
  }

  #begin(seat: Seat, started: Started): void {
    seat.told = started.epoch;
    seat.line.tell(startedLine(started));
  }

  #tell(message: object): void {
    for (const { line } of this.#seats.values()) line.tell(message);
  }

  #wait(onAir: Uint8Array): void {
    this.#waiting.push(onAir);
    if (this.#waiting.length > WAITING_MOST) this.#waiting.shift();
    this.#look().catch(this.#options.onError);
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const onAir of waiting) {
      if (this.#started && epochOf(onAir) <= this.#started.epoch) this.audio(onAir);
    }
  }

  /** Asks the actor; what was told meanwhile is newer. */
  #look(): Promise<void> {
    return this.#looking ??= (async () => {
      try {
        const now = await this.reread(this.#options.look);
        this.#status ??= now.status;
        const { started } = now;
        if (started && (this.#started === null || this.#started.epoch < started.epoch)) {
          this.#started = started;
        }
        this.#release();
      } finally {
        this.#looking = undefined;
      }
    })();
  }
}
