/**
 * Decoded sound between the line and the ear: what comes unevenly leaves evenly, 20 to 60 ms later
 * (L4). Lengths and positions are in samples per channel at 48 kHz.
 */
import { FADE, Seam } from "./seam.ts";

const SAMPLES_PER_MS = 48;
const ms = (count: number) => count * SAMPLES_PER_MS;

/** The least and the most that is waited for before sound begins. Source: L4. */
const LEAST = ms(20);
const MOST = ms(60);
/** Above the length of a packet, so that one that is a little late is still in time. */
const SPARE = ms(10);
/** After running dry the buffer is longer by this, and shorter by that after a calm while. */
const LONGER = ms(10);
const SHORTER = ms(5);
const CALM_WINDOWS = 10;
/** How often it is looked at whether all of the buffer is needed. */
const WINDOW = ms(1_000);
/** More than this above what is wanted, at its lowest within a window, is left out. */
const SLACK = ms(10);
/** This far behind, the end of a window is not waited for. */
const FAR_BEHIND = ms(250);
/** A hole up to this long is silence; over a longer one sound goes on at once. */
const HOLE_MOST = ms(100);

/** Sound of one packet. */
export interface Chunk {
  /** Where it begins on the stream's time line. */
  readonly start: number;
  /** When its first sample was captured, in ms of the server's clock. */
  readonly capturedMs: number;
  /** Amplitudes, an array for each channel, all of one length. */
  readonly channels: readonly Float32Array[];
}

/** How it went so far; counts never fall. */
export interface BufferHealth {
  readonly bufferedMs: number;
  readonly wantedMs: number;
  /** How often there was nothing to play. */
  readonly dry: number;
  /** Left out, because it came too late or too much was waiting. */
  readonly droppedMs: number;
  /** Silence for what never came, between sounds. */
  readonly concealedMs: number;
}

const lengthOf = ({ channels }: Chunk) => channels[0]?.length ?? 0;
const endOf = (chunk: Chunk) => chunk.start + lengthOf(chunk);

export class JitterBuffer {
  readonly #chunks: Chunk[] = [];
  readonly #seam: Seam;
  /** The last samples that left. */
  readonly #last: Float32Array;
  /** The next sample that leaves. */
  #at = 0;
  #isPlaying = false;
  #isInHole = false;
  #wanted = LEAST;
  #lowest = Infinity;
  #inWindow = 0;
  #calm = 0;
  #dry = 0;
  #dropped = 0;
  #concealed = 0;

  constructor(channels: number) {
    this.#seam = new Seam(channels);
    this.#last = new Float32Array(channels);
  }

  /** A decoded packet, in the order of the time line. */
  push(chunk: Chunk): void {
    this.#wanted = Math.min(MOST, Math.max(this.#wanted, lengthOf(chunk) + SPARE));
    if (this.#isPlaying && endOf(chunk) <= this.#at) {
      // far before the playhead, the time line has begun anew
      if (this.#at - chunk.start > MOST + FAR_BEHIND) this.clear();
      else return void (this.#dropped += lengthOf(chunk));
    }
    this.#chunks.push(chunk);
    if (this.#buffered > this.#wanted + FAR_BEHIND) this.#skip(this.#buffered - this.#wanted);
  }

  /** Forgets what waits: what is heard fades, and sound begins again with what comes. */
  clear(): void {
    if (this.#isPlaying) this.#seam.cut(this.#held());
    this.#chunks.length = 0;
    this.#stop();
  }

  /** Fills `out`, an array for each channel, all of one length. */
  pull(out: readonly Float32Array[]): void {
    const length = out[0]?.length ?? 0;
    for (const channel of out) channel.fill(0);
    const [first] = this.#chunks;
    if (!this.#isPlaying && first && this.#buffered >= this.#wanted) {
      this.#isPlaying = true;
      this.#at = first.start;
      this.#seam.rise();
    }
    if (this.#isPlaying) this.#play(out, length);
    this.#seam.apply(out);
    if (this.#isPlaying) this.#watch(length);
  }

  /** When the next sample that leaves was captured, in ms of the server's clock; null while it waits. */
  get playingMs(): number | null {
    const [chunk] = this.#chunks;
    if (!this.#isPlaying || !chunk) return null;
    return chunk.capturedMs + (this.#at - chunk.start) / SAMPLES_PER_MS;
  }

  get health(): BufferHealth {
    return {
      bufferedMs: this.#buffered / SAMPLES_PER_MS,
      wantedMs: this.#wanted / SAMPLES_PER_MS,
      dry: this.#dry,
      droppedMs: this.#dropped / SAMPLES_PER_MS,
      concealedMs: this.#concealed / SAMPLES_PER_MS,
    };
  }

  get #buffered(): number {
    const [first] = this.#chunks;
    const last = this.#chunks.at(-1);
    if (!first || !last) return 0;
    return endOf(last) - (this.#isPlaying ? this.#at : first.start);
  }

  #play(out: readonly Float32Array[], length: number): void {
    for (let done = 0; done < length;) {
      this.#forgetPlayed();
      const [chunk] = this.#chunks;
      if (!chunk) return this.#runDry(done);
      const ahead = chunk.start - this.#at;
      if (ahead > 0) {
        done += this.#hole(done, ahead, length - done);
        continue;
      }
      this.#isInHole = false;
      const count = Math.min(length - done, endOf(chunk) - this.#at);
      this.#copy(chunk, this.#at, count, out, done);
      done += count;
      this.#at += count;
      this.#last.forEach((_, n) => (this.#last[n] = out[n]?.[done - 1] ?? 0));
    }
    this.#forgetPlayed();
  }

  #forgetPlayed(): void {
    while (this.#chunks[0] && endOf(this.#chunks[0]) <= this.#at) this.#chunks.shift();
  }

  /** One channel is heard on both sides. */
  #copy(chunk: Chunk, at: number, count: number, to: readonly Float32Array[], into: number): void {
    const from = at - chunk.start;
    to.forEach((channel, n) => {
      const samples = chunk.channels[n] ?? chunk.channels[0];
      if (samples) channel.set(samples.subarray(from, from + count), into);
    });
  }

  /** Nothing waits: what was heard fades at `from` of this block, and from now on more is waited for. */
  #runDry(from: number): void {
    this.#seam.cut(this.#held(), from);
    this.#dry++;
    this.#calm = 0;
    this.#wanted = Math.min(MOST, this.#wanted + LONGER);
    this.#stop();
  }

  #stop(): void {
    this.#isPlaying = false;
    this.#isInHole = false;
    this.#lowest = Infinity;
    this.#inWindow = 0;
    this.#last.fill(0);
  }

  /** Packets are missing up to `ahead`; how much of this block was left silent for that. */
  #hole(done: number, ahead: number, room: number): number {
    if (!this.#isInHole) this.#seam.cut(this.#held(), done);
    this.#isInHole = true;
    const isLong = ahead > HOLE_MOST;
    const count = isLong ? 0 : Math.min(room, ahead);
    this.#at += isLong ? ahead : count;
    this.#concealed += count;
    this.#last.fill(0);
    this.#seam.rise(done + count);
    return count;
  }

  /** Looks whether less would do, and leaves out what is too much. */
  #watch(length: number): void {
    this.#lowest = Math.min(this.#lowest, this.#buffered);
    this.#inWindow += length;
    if (this.#inWindow < WINDOW) return;
    const last = this.#chunks.at(-1);
    if (++this.#calm >= CALM_WINDOWS) {
      this.#calm = 0;
      this.#wanted = Math.max(LEAST, this.#wanted - SHORTER);
    }
    // it is lowest just before a packet comes: a packet less than what is wanted
    const enough = Math.max(0, this.#wanted - (last ? lengthOf(last) : 0));
    if (this.#lowest > enough + SLACK) this.#skip(this.#lowest - enough);
    this.#lowest = Infinity;
    this.#inWindow = 0;
  }

  /** Leaves the next `count` samples out. */
  #skip(count: number): void {
    if (!this.#isPlaying) {
      // nobody hears it yet, as in a page that may not sound before it is touched
      while (this.#chunks.length > 1 && this.#buffered > this.#wanted) this.#chunks.shift();
      return void (this.#dropped += count);
    }
    const tail = this.#ahead();
    this.#at += count;
    this.#dropped += count;
    this.#forgetPlayed();
    this.#seam.cut(tail);
  }

  /** How it would have gone on. */
  #ahead(): Float32Array[] {
    const tail = this.#held();
    let done = 0;
    for (const chunk of this.#chunks) {
      const at = this.#at + done;
      if (done >= FADE || chunk.start > at) break;
      const count = Math.min(FADE - done, endOf(chunk) - at);
      this.#copy(chunk, at, count, tail, done);
      done += count;
    }
    return tail;
  }

  /** The last samples, held: how a sound goes on of which no more is known. */
  #held(): Float32Array[] {
    return Array.from(this.#last, (value) => new Float32Array(FADE).fill(value));
  }
}
