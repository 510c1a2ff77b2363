/**
 * A part of a recording: packets of one connection of the host as they came, with what must be known
 * to put the parts of a stream together again, wherever it went on (L7).
 */
import { z } from "zod";

/** What the packets are. Parts of one form can stand in one file without a change. */
export const RecordingForm = z.object({
  /** What MediaRecorder sends is Opus as well, once it is out of its container. */
  codec: z.enum(["opus", "vorbis", "mp3", "aac"]),
  channels: z.union([z.literal(1), z.literal(2)]),
  /** Samples a second that `samples` of a packet counts; of Opus always 48,000 (RFC 6716, 2.1). */
  rate: z.number().int().positive(),
  /** Packets that a decoder needs before all others, in base64: the three of Vorbis. */
  headers: z.array(z.string()).default([]),
});
export type RecordingForm = z.infer<typeof RecordingForm>;

/** A packet, or a whole frame of MP3 or ADTS. */
export interface RecordedPacket {
  readonly bytes: Uint8Array;
  /** What it plays, per channel, at the rate of its form. */
  readonly samples: number;
  /** Samples that are missing before it, at the same rate: the host could not send them. */
  readonly gap: number;
}

export interface RecordingPart {
  readonly form: RecordingForm;
  /** When the first packet was heard at the host, in µs of the server's clock since 1970. */
  readonly startUs: number;
  readonly packets: readonly RecordedPacket[];
}

const Head = z.object({ form: RecordingForm, startUs: z.number().int().nonnegative() });

/** "VZP1": a part of ours, version 1. */
const MAGIC = 0x565a_5031;
/** Of a packet: u32 length, u32 samples, u32 gap, big-endian. */
const PACKET_HEAD = 12;

/** The bytes of a part: magic, u32 length of the head, the head as JSON, then the packets. */
export function encodePart({ form, startUs, packets }: RecordingPart): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(JSON.stringify({ form, startUs }));
  const sound = packets.reduce((sum, { bytes }) => sum + PACKET_HEAD + bytes.length, 0);
  const out = new Uint8Array(8 + head.length + sound);
  const view = new DataView(out.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(4, head.length);
  out.set(head, 8);
  let at = 8 + head.length;
  for (const { bytes, samples, gap } of packets) {
    view.setUint32(at, bytes.length);
    view.setUint32(at + 4, samples);
    view.setUint32(at + 8, gap);
    out.set(bytes, at + PACKET_HEAD);
    at += PACKET_HEAD + bytes.length;
  }
  return out;
}

/**
 * What {@linkcode encodePart} made.
 *
 * @throws {TypeError} for bytes that are no part: they are ours, so somebody has damaged them
 */
export function decodePart(bytes: Uint8Array): RecordingPart {
  const broken = (what: string) => new TypeError(`${bytes.length} bytes are no part: ${what}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || view.getUint32(0) !== MAGIC) throw broken("they begin otherwise");
  let at = 8 + view.getUint32(4);
  if (at > bytes.length) throw broken("the head is cut off");
  const json = new TextDecoder().decode(bytes.subarray(8, at));
  const head = Head.safeParse(JSON.parse(json));
  if (!head.success) throw broken(`the head is ${json.slice(0, 100)}`);
  const packets: RecordedPacket[] = [];
  while (at < bytes.length) {
    if (at + PACKET_HEAD > bytes.length) throw broken("a packet is cut off");
    const [length, samples, gap] = [0, 4, 8].map((off) => view.getUint32(at + off)) as [
      number,
      number,
      number,
    ];
    at += PACKET_HEAD;
    if (at + length > bytes.length) throw broken("a packet is cut off");
    packets.push({ bytes: bytes.subarray(at, at + length), samples, gap });
    at += length;
  }
  return { ...head.data, packets };
}

/** How long a part lasts in samples of its form, gaps and all. */
export const partSamples = ({ packets }: Pick<RecordingPart, "packets">): number =>
  packets.reduce((sum, { samples, gap }) => sum + samples + gap, 0);

/** Whether packets of both can stand in one file. Opus says in each packet how many channels it has. */
export const sameForm = (one: RecordingForm, other: RecordingForm): boolean =>
  one.codec === other.codec && (one.codec === "opus" ||
    one.channels === other.channels && one.rate === other.rate &&
      one.headers[0] === other.headers[0] && one.headers[2] === other.headers[2]);
