/** Reads MP3 and AAC: frames that stand by themselves, transcoded once. */
import { FrameReader, type SourceFrame } from "./frames.ts";
import type { Input, Outlet } from "./outlet.ts";
import type { Transcoder } from "./transcoder.ts";

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
  return {
    write: (chunk) => take(reader.push(chunk)),
    async end() {
      if (maker) await take(reader.end()); // what never began does not begin now
      await maker?.end();
    },
  };
}
