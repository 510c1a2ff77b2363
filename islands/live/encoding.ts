/** WebCodecs' Opus: how it is asked for, and whether this browser has it. */
import { SAMPLE_RATE } from "../../domain/live_frames.ts";
import type { Encoding } from "./messages.ts";

/** Per channel at 48 kHz. */
export const samplesOf = (frameMs: number): number => frameMs * SAMPLE_RATE / 1_000;

/** What an AudioEncoder is configured with. */
export const encoderConfig = (
  { channels, bitrate, frameMs, isSpeech }: Encoding,
): AudioEncoderConfig => ({
  codec: "opus",
  sampleRate: SAMPLE_RATE,
  numberOfChannels: channels,
  bitrate,
  opus: {
    format: "opus",
    frameDuration: frameMs * 1_000,
    complexity: 9,
    ...(isSpeech
      ? { application: "voip", signal: "voice" }
      : { application: frameMs === 10 ? "lowdelay" : "audio", signal: "music" }),
  } as OpusEncoderConfig,
});

/** Whether packets can be made here; else MediaRecorder's chunks go out (L1). */
export async function canEncode(encoding: Encoding): Promise<boolean> {
  if (typeof AudioEncoder === "undefined") return false;
  try {
    return (await AudioEncoder.isConfigSupported(encoderConfig(encoding))).supported === true;
  } catch {
    return false; // a browser that does not even know the form of the question
  }
}
