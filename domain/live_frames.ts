/** Audio frames as hosts send them and listeners get them: 16 bytes of header, then a packet (L3). */

/** 1: an Opus packet. 2: a chunk of the browser's MediaRecorder (WebM), from hosts only. */
export const OPUS = 1;
export const CHUNK = 2;
export type FrameCodec = typeof OPUS | typeof CHUNK;

/** One frame of audio. */
export interface AudioFrame {
  readonly codec: FrameCodec;
  /** Per channel, at 48 kHz; of a chunk 0: it does not tell. */
  readonly samples: number;
  /** Counts the frames of a stream, modulo 2³². */
  readonly sequence: number;
  /** When its first sample was captured: µs since 1970 of the server's clock. */
  readonly capturedUs: bigint;
  readonly packet: Uint8Array;
}

/** Samples a second, on the whole way. */
export const SAMPLE_RATE = 48_000;
const VERSION = 1;
/** Bytes before the packet: u8 version, u8 codec, u16 samples, u32 sequence, u64 time; big-endian. */
export const FRAME_HEADER = 16;
/** The longest Opus packet of one stream that is all useful data, in bytes: RFC 7845, section 6. */
export const OPUS_PACKET_MOST = 15_324;
/** A chunk of a recorder, in bytes: half a second at more than 512 kbit/s. */
export const CHUNK_MOST = 64 * 1024;
/** 120 ms, the longest that an Opus packet may be: RFC 6716, section 2.1.4. */
const SAMPLES_MOST = 5_760;
/** 2.5 ms: Opus has no shorter frame, and each packet is some of them. */
const SAMPLES_UNIT = 120;

/** Writes `frame`, after `before` bytes that are left free for who sends it on. */
export function encodeFrame(frame: AudioFrame, before = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(before + FRAME_HEADER + frame.packet.length);
  const view = new DataView(bytes.buffer, before);
  view.setUint8(0, VERSION);
  view.setUint8(1, frame.codec);
  view.setUint16(2, frame.samples);
  view.setUint32(4, frame.sequence);
  view.setBigUint64(8, frame.capturedUs);
  bytes.set(frame.packet, before + FRAME_HEADER);
  return bytes;
}

/** The frame in `bytes`, whose packet is a part of them; undefined where there is none. */
export function decodeFrame(bytes: Uint8Array): AudioFrame | undefined {
  if (bytes.length <= FRAME_HEADER) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER);
  if (view.getUint8(0) !== VERSION) return undefined;
  const codec = view.getUint8(1);
  const samples = view.getUint16(2);
  const size = bytes.length - FRAME_HEADER;
  if (codec === OPUS) {
    if (size > OPUS_PACKET_MOST || samples > SAMPLES_MOST) return undefined;
    if (samples === 0 || samples % SAMPLES_UNIT !== 0) return undefined;
  } else if (codec !== CHUNK || size > CHUNK_MOST) return undefined;
  return {
    codec,
    samples,
    sequence: view.getUint32(4),
    capturedUs: view.getBigUint64(8),
    packet: bytes.subarray(FRAME_HEADER),
  };
}

/** Samples of a frame by configuration, 4 to each mode (RFC 6716, table 2). */
const SILK = [480, 960, 1_920, 2_880];
const HYBRID = [480, 960];
const CELT = [120, 240, 480, 960];

/**
 * How long an Opus packet lasts, in samples per channel at 48 kHz; undefined for what is none
 * (RFC 6716, 3.1 and 3.4).
 */
export function opusSamples(packet: Uint8Array): number | undefined {
  if (packet.length === 0) return undefined;
  const toc = packet[0]!;
  const config = toc >> 3;
  const frame = config < 12
    ? SILK[config & 3]!
    : config < 16
    ? HYBRID[config & 1]!
    : CELT[config & 3]!;
  const code = toc & 3;
  if (code === 3 && packet.length < 2) return undefined;
  const frames = code === 0 ? 1 : code < 3 ? 2 : packet[1]! & 0x3f;
  const samples = frame * frames;
  return frames === 0 || samples > SAMPLES_MOST ? undefined : samples;
}

/** Bytes before a frame on the bus: its live epoch, u32, big-endian. */
export const BUS_HEADER = 4;

/** A frame as it goes over the bus, on the topic `audio` under the id of its stream. */
export function encodeOnAir(epoch: number, frame: AudioFrame): Uint8Array<ArrayBuffer> {
  const bytes = encodeFrame(frame, BUS_HEADER);
  new DataView(bytes.buffer).setUint32(0, epoch);
  return bytes;
}

/** The live epoch of a message of the topic `audio`. */
export const epochOf = (onAir: Uint8Array): number =>
  new DataView(onAir.buffer, onAir.byteOffset, BUS_HEADER).getUint32(0);

/** The frame in it, exactly as listeners get it; the same memory. */
export const frameOf = (onAir: Uint8Array): Uint8Array<ArrayBuffer> =>
  onAir.subarray(BUS_HEADER) as Uint8Array<ArrayBuffer>;
