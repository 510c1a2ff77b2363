/** MP3 of a stream's Opus, made once for all who listen on a node. */
import { run, type Tool } from "../ffmpeg.ts";
import { feed } from "./feed.ts";
import { FrameReader } from "./frames.ts";
import { OpusMux } from "./ogg_opus.ts";
import { AT_ONCE, ENDLESS } from "./transcoder.ts";

/** bit/s, as most radio stations have. */
export const MP3_BITRATE = 128_000;
/** What waits for ffmpeg, in bytes. */
const WAITING = 512 * 1024;
/** After a failure it waits so long, in ms. */
const PAUSE_MS = 1_000;

/**
 * Takes pages with sound, and gives out whole frames. No frame needs bytes of those before it (no
 * bit reservoir), so that a newcomer may begin with any.
 */
export function mp3Maker({ ffmpeg, frames, warn }: {
  readonly ffmpeg: Tool;
  readonly frames: (bytes: Uint8Array, ms: number) => void;
  readonly warn: (message: string, details: Record<string, unknown>) => void;
}) {
  let input: ReturnType<typeof feed> | undefined;
  let resumeAt = 0;
  const stop = new AbortController();

  const start = () => {
    const pages = feed(WAITING);
    const reader = new FrameReader("mp3");
    new OpusMux({ channels: 2, serial: 1 }).heads([], 0).forEach((page) => pages.push(page));
    run(ffmpeg, {
      kind: "live",
      feed: pages.stream,
      inputArgs: [...AT_ONCE, "-f", "ogg"],
      args: [
        ...["-map", "0:a:0", "-vn", "-map_metadata", "-1", "-ac", "2", "-ar", "44100"],
        ...["-c:a", "libmp3lame", "-b:a", String(MP3_BITRATE), "-reservoir", "0"],
        ...["-write_xing", "0", "-id3v2_version", "0", "-flush_packets", "1", "-f", "mp3"],
        "pipe:1",
      ],
      limits: ENDLESS,
      signal: stop.signal,
      onOutput: (chunk) => {
        const found = reader.push(chunk);
        if (found.length === 0) return;
        const bytes = new Uint8Array(found.reduce((sum, { data }) => sum + data.length, 0));
        let at = 0;
        let ms = 0;
        for (const { data, samples, sampleRate } of found) {
          bytes.set(data, at);
          at += data.length;
          ms += samples * 1_000 / sampleRate;
        }
        frames(bytes, ms);
      },
    }).catch((error) => {
      if (stop.signal.aborted) return;
      warn("MP3 of a live stream failed and is started again", { error });
      resumeAt = performance.now() + PAUSE_MS;
    }).finally(() => {
      if (input === pages) input = undefined;
      pages.close();
    });
    return pages;
  };

  return {
    /** Never waits: what does not fit is left out. */
    push(page: Uint8Array): void {
      if (stop.signal.aborted || (!input && performance.now() < resumeAt)) return;
      input ??= start();
      input.push(page);
    },
    end(): void {
      stop.abort();
      input?.close();
    },
  };
}
