/**
 * What an encoder sends, made into Opus packets at the pace they are heard: Opus passes through as it
 * is, everything else is transcoded once (L2, L3).
 */
import { Rejection } from "../../domain/errors.ts";
import type { Source } from "../../domain/live.ts";
import { OPUS, OPUS_PACKET_MOST } from "../../domain/live_frames.ts";
import type { Tool } from "../ffmpeg.ts";
import type { Broadcast } from "./broadcast.ts";
import type { Outlet } from "./outlet.ts";
import { framedInput } from "./source_framed.ts";
import { oggInput } from "./source_ogg.ts";
import { type Pacer, pacer } from "./pacer.ts";
import { transcoder } from "./transcoder.ts";

/** What an encoder may send, after its Content-Type. */
export type SourceForm = "ogg" | "mp3" | "aac";

export interface LiveSourceOptions {
  readonly ffmpeg: Tool;
  readonly form: SourceForm;
  /** Puts the host on air, when the first of the sound has come and tells what it is. */
  readonly begin: (source: Source) => Promise<Broadcast>;
  /** It cannot go on; told once. */
  readonly failed: (error: unknown) => void;
  readonly warn: (message: string, details: Record<string, unknown>) => void;
  readonly pacer?: Pacer;
}

export interface LiveSource extends AsyncDisposable {
  /**
   * Takes bytes as they come; resolves when there is room for more. Rejects with `not_audio` for
   * what is no sound, `unsupported_type` for one that is not taken, or as `begin` does.
   */
  write(chunk: Uint8Array): Promise<void>;
  /** The sender has ended: resolves when the last of it has been heard. Disposing drops that. */
  end(): Promise<void>;
  /** Has what waits be heard at once: the next connection of the host is at the door. */
  hurry(): void;
  /** Tells what is played now, as the encoder says beside the sound. */
  title(text: string): void;
  /** What is played now; "" where it was not told. */
  readonly playing: string;
  /** When the last frame was found in what came, in ms of `performance.now()`. */
  readonly heardAt: number;
}

export function liveSource(options: LiveSourceOptions): LiveSource {
  const { ffmpeg, form, begin, failed, warn } = options;
  const pace = options.pacer ?? pacer();
  let onAir: Broadcast | null = null;
  let current: Source | undefined;
  /** One of the sources told no originals: it is recorded as it is heard, to the end. */
  let isAsHeard = false;
  let title = "";
  let sequence = 0;
  let heardAt = performance.now();
  let over = false;
  const given = new AbortController();

  const send = (packet: Uint8Array, samples: number) => {
    if (packet.length > OPUS_PACKET_MOST) return onAir?.refused();
    heardAt = performance.now();
    pace.put(samples, () => {
      const capturedUs = BigInt(Date.now()) * 1_000n;
      onAir?.frame({ codec: OPUS, samples, sequence, capturedUs, packet });
      sequence = (sequence + 1) >>> 0;
    });
  };

  /** Tells whoever records that what comes is of another source, where it is. */
  const goOn = (on: Broadcast, source: Source, before: Source | undefined, made: boolean) => {
    if (isAsHeard) return;
    isAsHeard = made;
    // with the first frame of it: those before it were told as originals already
    if (made) return pace.put(0, () => on.source(source, "frames"));
    const isSame = source.codec === before?.codec && source.rate === before.rate &&
      source.headers === before.headers;
    if (!isSame) on.source(source, "originals");
  };

  const outlet: Outlet = {
    async begin(source, made = false) {
      if (over) return;
      const before = current;
      current = source;
      if (onAir) return goOn(onAir, source, before, made);
      isAsHeard = made;
      const begun = await begin(source);
      if (over) return await begun[Symbol.asyncDispose]();
      onAir = begun;
      if (title) onAir.title(title);
    },
    opus: send,
    original: (packet, samples) => {
      heardAt = performance.now();
      if (!isAsHeard) onAir?.original(packet, samples);
    },
    title(text) {
      if (text === title) return;
      title = text;
      onAir?.title(text);
    },
    refused: () => onAir?.refused(),
    transcode: (what) =>
      transcoder({ ...what, ffmpeg, packet: send, failed, warn, signal: given.signal }),
  };
  const input = form === "ogg" ? oggInput(outlet) : framedInput(outlet, form);

  const close = async () => {
    if (over) return;
    over = true;
    pace[Symbol.dispose]();
    given.abort(new Rejection("cancelled")); // an ffmpeg that does not read would never end
    await input.end();
    await onAir?.[Symbol.asyncDispose]();
  };

  return {
    get heardAt() {
      return heardAt;
    },
    get playing() {
      return title;
    },
    title: (text) => outlet.title(text),
    async write(chunk) {
      if (over) throw new Rejection("cancelled");
      await input.write(chunk);
      await pace.room();
    },
    async end() {
      await input.end();
      await pace.drained();
      await close();
    },
    hurry: () => pace.hurry(),
    [Symbol.asyncDispose]: close,
  };
}
