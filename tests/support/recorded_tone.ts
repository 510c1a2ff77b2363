/** A tone as the packets of each codec that hosts send, and a host who sends it to a recorder. */
import type { Source } from "../../domain/live.ts";
import { FrameReader } from "../../media/live/frames.ts";
import { OggPackets, OggPages } from "../../media/live/ogg.ts";
import { opusSamples } from "../../domain/live_frames.ts";
import { recorder } from "../../media/live/recorder.ts";
import { ffmpegMakes } from "./audio.ts";
import type { manualParts } from "./recording.ts";

export const CODECS = {
  opus: ["opus", "-c:a", "libopus", "-b:a", "96k"],
  vorbis: ["ogg", "-c:a", "libvorbis", "-q:a", "4"],
  mp3: ["mp3", "-c:a", "libmp3lame", "-b:a", "128k", "-write_xing", "0", "-id3v2_version", "0"],
  aac: ["aac", "-c:a", "aac", "-b:a", "128k"],
} as const;
export type Codec = keyof typeof CODECS;
const RATE = { opus: 48_000, vorbis: 44_100, mp3: 44_100, aac: 44_100 } as const;

/** A tone of `seconds`, as the packets of a codec: with what a source tells of them. */
export async function tone(codec: Codec, seconds: number): Promise<Tone> {
  const [ending, ...how] = CODECS[codec];
  const sound = `aevalsrc='0.4*sin(2*PI*440*t)|0.4*sin(2*PI*660*t)':s=${RATE[codec]}:d=${seconds}`;
  const bytes = await ffmpegMakes(ending, ["-f", "lavfi", "-i", sound, ...how]);
  const base = { channels: 2, frameSamples: 0 } as const;
  if (codec === "mp3" || codec === "aac") {
    const packets = new FrameReader(codec).push(bytes)
      .map(({ data, samples }) => ({ bytes: data.slice(), samples }));
    return { source: { ...base, codec }, packets };
  }
  const [ogg, pages] = [new OggPackets(100_000), new OggPages()];
  const all = pages.push(bytes).flatMap((page) => ogg.push(page));
  const heads = all.splice(0, codec === "opus" ? 2 : 3).map(({ data }) => data);
  const last = Number(all.at(-1)!.granule);
  const packets = all.map(({ data }) => ({
    bytes: data,
    // of Vorbis the average will do here: the file's last page says where it ends
    samples: codec === "opus" ? opusSamples(data)! : Math.round(last / all.length),
  }));
  return { source: { ...base, codec, headers: heads }, packets };
}

/** What a host sends, and what a source tells of it. */
export interface Tone {
  readonly source: Source;
  readonly packets: readonly { readonly bytes: Uint8Array; readonly samples: number }[];
}

/** Sends it to a recorder as one connection that begins at `atMs`. */
export async function send(
  parts: ReturnType<typeof manualParts>,
  { source, packets }: Tone,
  epoch: number,
  atMs: number,
): Promise<void> {
  parts.now = atMs;
  const sink = recorder(parts.deps, { streamId: parts.streamId, epoch, source });
  let sequence = 0;
  let capturedUs = BigInt(atMs) * 1_000n;
  for (const { bytes, samples } of packets) {
    const frame = { codec: 1, samples, sequence: sequence++, capturedUs, packet: bytes } as const;
    if (source.codec === "opus") sink.frame(frame);
    sink.original(bytes, samples);
    capturedUs += BigInt(Math.round(samples * 1_000_000 / RATE[source.codec as Codec]));
    parts.now = Number(capturedUs / 1_000n);
  }
  await sink.end();
}
