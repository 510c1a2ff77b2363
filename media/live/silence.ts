/**
 * Silence as packets of a recording's own codec: what stands for the time in which a host was away,
 * so that the recording goes by the stream's clock without a sample being encoded anew (L6, L7).
 */
import type { RecordedPacket, RecordingForm } from "./recording_part.ts";

/** A packet of silence and what it plays, in samples per channel at the rate of its form. */
type Quiet = Pick<RecordedPacket, "bytes" | "samples">;

/**
 * `samples` of silence, or a little less: what is over is shorter than the codec's shortest packet.
 *
 * @param before the last packet that was heard: MP3 and AAC take their header of it
 */
export function silence(
  form: RecordingForm,
  samples: number,
  before: Uint8Array | undefined,
): Quiet[] {
  switch (form.codec) {
    case "opus":
      return opusSilence(form.channels, samples);
    case "vorbis":
      return vorbisSilence(form, samples);
    case "mp3":
      return before ? repeated(mp3Silence(before), samples) : [];
    case "aac":
      return before ? adtsSilence(before, samples) : [];
    default:
      return form.codec satisfies never;
  }
}

function repeated(quiet: Quiet, samples: number): Quiet[] {
  return Array.from({ length: Math.floor(samples / quiet.samples) }, () => quiet);
}

/**
 * CELT, full band, one frame a packet (RFC 6716, table 2: configurations 31 to 28 are 20, 10, 5 and
 * 2.5 ms), whose first coded bit says that all of it is silence.
 */
function opusSilence(channels: number, samples: number): Quiet[] {
  const out: Quiet[] = [];
  let left = samples;
  for (const [config, length] of [[31, 960], [30, 480], [29, 240], [28, 120]] as const) {
    const toc = config << 3 | (channels === 2 ? 4 : 0);
    const quiet = { bytes: Uint8Array.of(toc, 0xff, 0xfe), samples: length };
    for (; left >= length; left -= length) out.push(quiet);
  }
  return out;
}

/**
 * A short block in which no channel has a floor (Vorbis I, 7.2.3: "unused"): a byte of zeros, for the
 * first mode of every known encoder is the short one. It plays half of a short block.
 */
function vorbisSilence({ headers }: RecordingForm, samples: number): Quiet[] {
  const head = Uint8Array.fromBase64(headers[0] ?? "");
  const shortBlock = 1 << ((head[28] ?? 8) & 15); // Vorbis I, 4.2.2: blocksize_0, a power of two
  return repeated({ bytes: Uint8Array.of(0), samples: shortBlock / 2 }, samples);
}

/**
 * The frame with its header and nothing else: without a bit of a granule in it, it is silent (ISO
 * 11172-3, 2.4.1.7). Of the same length, since readers reckon by it.
 */
function mp3Silence(frame: Uint8Array): Quiet {
  const bytes = new Uint8Array(frame.length);
  bytes.set(frame.subarray(0, 4));
  bytes[1] = bytes[1]! | 1; // no checksum, which would be another one now
  const isMpeg1 = (bytes[1]! & 0b1000) !== 0;
  return { bytes, samples: isMpeg1 ? 1_152 : 576 };
}

/** Raw blocks of AAC-LC whose spectrum is empty, as players put them into holes. */
const AAC_SILENCE = {
  1: Uint8Array.of(0x00, 0xc8, 0x00, 0x80, 0x23, 0x80),
  2: Uint8Array.of(0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80),
} as const;
/** Of an ADTS header without a checksum (ISO 13818-7, 6.2). */
const ADTS_HEADER = 7;

/** None for more than two channels. */
function adtsSilence(frame: Uint8Array, samples: number): Quiet[] {
  const channels = (frame[2]! & 1) << 2 | frame[3]! >> 6; // its channel_configuration
  if (channels !== 1 && channels !== 2) return [];
  const block = AAC_SILENCE[channels];
  const length = ADTS_HEADER + block.length;
  const bytes = new Uint8Array(length);
  bytes.set(frame.subarray(0, ADTS_HEADER));
  bytes[1] = bytes[1]! | 1; // no checksum
  bytes[3] = bytes[3]! & 0b1111_1100 | length >> 11;
  bytes[4] = length >> 3 & 0xff;
  bytes[5] = (length & 7) << 5 | 0x1f; // a buffer fullness that says nothing: variable rate
  bytes[6] = 0xfc; // one raw block
  bytes.set(block, ADTS_HEADER);
  return repeated({ bytes, samples: 1_024 }, samples);
}
