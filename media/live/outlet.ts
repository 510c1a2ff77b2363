/** Between what reads a form of sound and what puts it on air. */
import type { Source } from "../../domain/live.ts";
import type { Transcoder, TranscoderOptions } from "./transcoder.ts";

/** What reads one form. */
export interface Input {
  write(chunk: Uint8Array): Promise<void>;
  /** Resolves when all that came is made of it, or when that was given up. */
  end(): Promise<void>;
}

/** What a reader of a form does with what it finds. */
export interface Outlet {
  /**
   * Goes on air at the first call. What comes is of this source from then on; one that is `made` tells
   * no originals: what is heard of it is recorded.
   */
  begin(source: Source, made?: boolean): Promise<void>;
  /** An Opus packet, to be heard in its turn. */
  opus(packet: Uint8Array, samples: number): void;
  /** What is recorded of a source that is not Opus. */
  original(packet: Uint8Array, samples: number): void;
  title(text: string): void;
  /** Something was no packet. */
  refused(): void;
  transcode(options: Pick<TranscoderOptions, "form" | "channels" | "preamble">): Transcoder;
}
