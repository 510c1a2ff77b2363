/** What an AudioWorklet has around it; TypeScript's DOM does not know it. */

/** A node's part on the audio thread. */
export interface Processor {
  /** Blocks of each input and output, an array for each channel; false: it is over. */
  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}

interface WorkletScope {
  readonly sampleRate: number;
  /** Of the block that is processed, in samples since the context began. */
  readonly currentFrame: number;
  AudioWorkletProcessor: new () => { readonly port: MessagePort };
  registerProcessor(name: string, processor: new () => Processor): void;
}

export const scope = globalThis as unknown as WorkletScope;
