/** On the audio thread of the host: hands on what the input gives, and how loud it is. */
import type { Captured, Levels } from "./messages.ts";
import { peakOf } from "./meter.ts";
import { type Processor, scope } from "./worklet_scope.ts";

/** 10 ms: an encoder gathers its own frames of them. */
const PIECE = 480;

class Capture extends scope.AudioWorkletProcessor implements Processor {
  #to: MessagePort | null = null;
  #piece: Float32Array<ArrayBuffer>[] = [];
  #filled = 0;
  #isOver = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<MessagePort | "stop">) => {
      if (data === "stop") this.#isOver = true;
      else this.#to = data;
    };
  }

  process([input = []]: Float32Array[][]): boolean {
    const length = input[0]?.length ?? 0;
    for (let done = 0; done < length;) {
      if (this.#filled === 0) this.#piece = input.map(() => new Float32Array(PIECE));
      const count = Math.min(PIECE - this.#filled, length - done);
      this.#piece.forEach((channel, n) => {
        const from = input[n];
        if (from) channel.set(from.subarray(done, done + count), this.#filled);
      });
      done += count;
      this.#filled += count;
      if (this.#filled === PIECE) this.#handOn(scope.currentFrame + done - PIECE);
    }
    return !this.#isOver;
  }

  #handOn(frame: number): void {
    const channels = this.#piece;
    this.#filled = 0;
    this.port.postMessage({ peaks: channels.map(peakOf) } satisfies Levels);
    const captured: Captured = { frame, channels };
    this.#to?.postMessage(captured, channels.map(({ buffer }) => buffer));
  }
}

scope.registerProcessor("capture", Capture);
