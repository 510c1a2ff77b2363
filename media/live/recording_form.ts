/** What is recorded of a source: its codec, and the rate by which its packets count (L7). */
import type { Source } from "../../domain/live.ts";
import { OPUS_RATE } from "./ogg_opus.ts";
import type { RecordingForm } from "./recording_part.ts";

/** Hz, by the two bits of an MPEG-1 header (ISO 11172-3, 2.4.2.3); MPEG-2 has half, 2.5 a quarter. */
const MPEG_RATES = [44_100, 48_000, 32_000];
/** Hz, by the four bits of an ADTS header (ISO 14496-3, table 1.18). */
const ADTS_RATES = [
  ...[96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025],
  ...[8_000, 7_350],
];

/** Hz, as the frame of MP3 says; undefined where it does not. */
function mpegRate(frame: Uint8Array): number | undefined {
  const version = (frame[1] ?? 0) >> 3 & 3; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const rate = MPEG_RATES[(frame[2] ?? 0xff) >> 2 & 3];
  if (rate === undefined || version === 1) return undefined;
  return rate / [4, 1, 2, 1][version]!;
}

/**
 * The form of a source's packets, of which `packet` is one; undefined for a packet that does not say
 * what it is. What MediaRecorder sends was only unpacked: it is Opus.
 */
export function recordingForm(source: Source, packet: Uint8Array): RecordingForm | undefined {
  const { codec, channels } = source;
  const headers = (source.headers ?? []).map((header) => header.toBase64());
  switch (codec) {
    case "webm":
      return { codec: "opus", channels, rate: OPUS_RATE, headers: [] };
    case "opus":
      return { codec, channels, rate: OPUS_RATE, headers };
    case "vorbis": {
      const head = source.headers?.[0];
      if (!head || head.length < 30) return undefined;
      const rate = new DataView(head.buffer, head.byteOffset).getUint32(12, true); // Vorbis I, 4.2.2
      return { codec, channels, rate, headers };
    }
    case "mp3": {
      const rate = mpegRate(packet);
      return rate ? { codec, channels, rate, headers: [] } : undefined;
    }
    case "aac": {
      const rate = ADTS_RATES[(packet[2] ?? 0xff) >> 2 & 15];
      return rate ? { codec, channels, rate, headers: [] } : undefined;
    }
    default:
      return codec satisfies never;
  }
}
