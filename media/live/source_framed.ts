/** Reads MP3 and AAC: frames that stand by themselves, transcoded once. */
import { FrameReader, type SourceFrame } from "./frames.ts";
import type { Input, Outlet } from "./outlet.ts";
import type { Transcoder } from "./transcoder.ts";

/** What is looked at in one go, in bytes; and for how long, in ms, until others have their turn. */
const PIECE = 512;
const TURN_MS = 5;

/** What is made of it has frames of 20 ms, in samples at 48 kHz. */
export const MADE_FRAME = 960;

export function framedInput(outlet: Outlet, kind: "mp3" | "aac"): Input {
  const reader = new FrameReader(kind);
  let maker: Transcoder | undefined;
  const take = async (frames: readonly SourceFrame[]) => {
    for (const { data, samples, sampleRate, channels: told } of frames) {
      // one channel of AAC may be the half that the stereo of HE-AAC v2 is made from
      const channels = kind === "aac" || told > 1 ? 2 : 1;
      await outlet.begin({ codec: kind, channels, frameSamples: MADE_FRAME, rate: sampleRate });
      outlet.original(data, samples);
      // each frame is whole: a decoder that starts anew needs nothing of before
      maker ??= outlet.transcode({ form: kind, channels, preamble: () => [] });
      await maker.write(data);
    }
  };
  let turnAt = 0;
  return {
    async write(chunk) {
      turnAt = performance.now();
      for (let from = 0; from < chunk.length; from += PIECE) {
        await take(reader.push(chunk.subarray(from, from + PIECE)));
        if (performance.now() - turnAt < TURN_MS) continue;
        await new Promise((resolve) => setTimeout(resolve, 0));
        turnAt = performance.now();
      }
    },
    async end() {
      if (maker) await take(reader.end()); // what never began does not begin now
      await maker?.end();
    },
  };
}
