/** On the audio thread of a listener: the jitter buffer, between decoder and ear. */
import { JitterBuffer } from "./jitter_buffer.ts";
import type { PlayoutReport, ToPlayout } from "./messages.ts";
import { type Processor, scope } from "./worklet_scope.ts";

/** How often it tells how it goes, in blocks: about ten times a second. */
const REPORT_BLOCKS = 36;

class Playout extends scope.AudioWorkletProcessor implements Processor {
  readonly #buffer = new JitterBuffer(2);
  #from: MessagePort | null = null;
  #blocks = 0;
  #isOver = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<MessagePort | "stop">) => {
      if (data === "stop") this.#isOver = true;
      else this.#take(data);
    };
  }

  #take(port: MessagePort): void {
    this.#from = port;
    port.onmessage = ({ data }: MessageEvent<ToPlayout>) => {
      if (data === "clear") this.#buffer.clear();
      else this.#buffer.push(data);
    };
  }

  process(_inputs: Float32Array[][], [out = []]: Float32Array[][]): boolean {
    this.#buffer.pull(out);
    if (++this.#blocks % REPORT_BLOCKS === 0) {
      const { playingMs, health } = this.#buffer;
      this.#from?.postMessage({ playingMs, health } satisfies PlayoutReport);
    }
    return !this.#isOver;
  }
}

scope.registerProcessor("playout", Playout);
