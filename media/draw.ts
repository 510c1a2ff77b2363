/** Draws a file: one decode, its peaks at every zoom (U9). */
import { run, type Tool } from "./ffmpeg.ts";
import { fold } from "./plan.ts";
import { type Probe, tooLong } from "./probe.ts";
import { collectPeaks } from "./waveform.ts";

export interface DrawOptions {
  /** What playback is raised by, in dB: the picture is of what is heard (U8). */
  readonly gainDb: number;
  readonly maxSeconds: number;
  readonly signal?: AbortSignal;
}

/** The `.dat` files of the gained signal, finest first. */
export async function drawWaveforms(
  tool: Tool,
  path: string,
  probe: Pick<Probe, "sampleRate" | "channels">,
  { gainDb, maxSeconds, signal }: DrawOptions,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const channels = Math.min(probe.channels, 2);
  const peaks = collectPeaks(probe.sampleRate, channels);
  await run(tool, {
    input: path,
    inputArgs: ["-t", String(maxSeconds)],
    args: [
      ...["-map", "0:a:0"],
      // Large writes: with a frame a write, waking up for each takes as long as all the decoding.
      ...["-af", `${fold(channels)},aformat=sample_fmts=flt,asetnsamples=n=8192:p=0`],
      ...["-ar", String(probe.sampleRate), "-ac", String(channels), "-f", "f32le", "pipe:1"],
    ],
    limits: { fileBytes: 0 },
    ...(signal && { signal }),
    onOutput: (chunk) => {
      peaks.take(chunk);
      // It was told to end there: what goes on is not what we take it for.
      if (peaks.frames > (maxSeconds + 1) * probe.sampleRate) throw tooLong(maxSeconds);
    },
  });
  return peaks.finish(gainDb);
}
