/** The endless MP3 of a stream, as ffmpeg makes it of its Opus, and those who listen to it (L4). */
import type { Tool } from "../ffmpeg.ts";
import { Crowd, type CrowdOptions, type Entering } from "./crowd.ts";
import { mp3Maker } from "./mp3_maker.ts";
import { OpusMux } from "./ogg_opus.ts";

export interface Mp3CrowdOptions extends CrowdOptions {
  readonly ffmpeg: Tool;
  readonly warn: (message: string, details: Record<string, unknown>) => void;
}

export class Mp3Crowd {
  readonly #mux = new OpusMux({ channels: 2, serial: 1, sequence: 2 });
  readonly #maker: ReturnType<typeof mp3Maker>;
  readonly #crowd: Crowd;

  constructor({ ffmpeg, warn, ...options }: Mp3CrowdOptions) {
    const crowd = this.#crowd = new Crowd(options);
    this.#maker = mp3Maker({ ffmpeg, warn, frames: (bytes, ms) => crowd.out({ bytes, ms }) });
  }

  get size(): number {
    return this.#crowd.size;
  }

  take(packet: Uint8Array, samples: number): void {
    for (const page of this.#mux.push(packet, samples)) this.#maker.push(page);
  }

  enter(how: Entering): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#crowd.enter(how);
  }

  end(): void {
    this.#maker.end();
    this.#crowd.end();
  }
}
