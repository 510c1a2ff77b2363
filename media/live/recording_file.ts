/**
 * The parts of a recording as one file: every packet as it came, and silence where the host was away,
 * so that its time line is the stream's clock (L6, L7).
 */
import { OggWriter } from "./ogg.ts";
import { OpusMux, readOpusHead, writeOpusHead, writeOpusTags } from "./ogg_opus.ts";
import { type RecordingForm, type RecordingPart } from "./recording_part.ts";
import { silence } from "./silence.ts";

/** A part, and the connection of the host that it is of. */
export interface PartOf extends RecordingPart {
  readonly epoch: number;
}

/** What came of it. */
export interface RecordedFile {
  /** When its first sample was heard at the host: µs since 1970, of the server's clock. */
  readonly startUs: number;
  /** With the silence in it. */
  readonly durationMs: number;
}

/** How a codec's packets stand in a file. */
interface Container {
  head(): Uint8Array[];
  packet(bytes: Uint8Array, samples: number): Uint8Array[];
  tail(): Uint8Array[];
}

/** The ending of a file's name, by what is in it. */
export const ENDINGS = { opus: "opus", vorbis: "ogg", mp3: "mp3", aac: "aac" } as const;

/** Within a connection the host's samples are the clock, save where it has left something out, in µs. */
const HOLE_US = 100_000;
/** A page of the file, in samples of Opus: a second, so that the pages' heads weigh little. */
const PAGE_SAMPLES = 48_000;
/** What libopus wants before the first sample, at 48 kHz: its lookahead (RFC 7845, 5.1, pre-skip). */
const LOOKAHEAD = 312;

function opusFile(form: RecordingForm, serial: number): Container {
  // the first two pages are written here, as the host's own head has them
  const mux = new OpusMux({
    ...{ channels: form.channels, serial, sequence: 2, pageSamples: PAGE_SAMPLES },
  });
  const given = Uint8Array.fromBase64(form.headers[0] ?? "");
  const isGiven = readOpusHead(given)?.channels === form.channels;
  const writer = new OggWriter(serial);
  return {
    head: () => [
      writer.page([isGiven ? given : writeOpusHead(form.channels, LOOKAHEAD)], 0n, { first: true }),
      writer.page([writeOpusTags([])], 0n),
    ],
    packet: (bytes, samples) => mux.push(bytes, samples),
    tail: () => mux.flush(true),
  };
}

/** Segments of a page: what a packet takes of them is a 255th of its bytes, and one. */
const MOST_SEGMENTS = 255;

function vorbisFile(form: RecordingForm, serial: number): Container {
  const writer = new OggWriter(serial);
  let granule = 0n;
  let waiting: Uint8Array[] = [];
  let segments = 0;
  const flush = (last = false) => {
    if (waiting.length === 0 && !last) return [];
    const page = writer.page(waiting, granule, { last });
    waiting = [];
    segments = 0;
    return [page];
  };
  return {
    head() {
      const [id, comment, setup] = form.headers.map((header) => Uint8Array.fromBase64(header));
      if (!id || !comment || !setup) {
        throw new TypeError(`Vorbis has ${form.headers.length} heads; wanted 3`);
      }
      // RFC 5334 and Vorbis I, A.2: the first alone, the music on a page of its own after the others
      return [
        writer.page([id], 0n, { first: true }),
        writer.page([comment], 0n),
        writer.page([setup], 0n),
      ];
    },
    packet(bytes, samples) {
      const taken = Math.floor(bytes.length / 255) + 1;
      const pages = segments + taken > MOST_SEGMENTS ? flush() : [];
      waiting.push(bytes);
      segments += taken;
      granule += BigInt(samples);
      return pages;
    },
    tail: () => flush(true),
  };
}

/** Frames of MP3 and ADTS need nothing around them. */
const frames: Container = { head: () => [], packet: (bytes) => [bytes], tail: () => [] };

const containerOf = (form: RecordingForm, serial: number): Container =>
  form.codec === "opus"
    ? opusFile(form, serial)
    : form.codec === "vorbis"
    ? vorbisFile(form, serial)
    : frames;

/**
 * Writes the parts, in order, as a file of `form`, which all of them have. The same parts make the
 * same bytes, whoever does it and however often. Null when there are none.
 *
 * @param serial of the file's one stream, where its container numbers them
 */
export async function recordingFile(
  parts: AsyncIterable<PartOf>,
  { form, serial, write }: {
    readonly form: RecordingForm;
    readonly serial: number;
    readonly write: (bytes: Uint8Array) => Promise<void>;
  },
): Promise<RecordedFile | null> {
  const container = containerOf(form, serial);
  const { rate } = form;
  let startUs: number | undefined;
  let written = 0;
  let before: { readonly epoch: number; readonly endUs: number } | undefined;
  let last: Uint8Array | undefined;

  const put = async (bytes: Uint8Array, samples: number) => {
    written += samples;
    for (const page of container.packet(bytes, samples)) await write(page);
  };
  const rest = async (samples: number) => {
    for (const quiet of silence(form, samples, last)) await put(quiet.bytes, quiet.samples);
  };

  for await (const part of parts) {
    if (startUs === undefined) {
      startUs = part.startUs;
      for (const page of container.head()) await write(page);
    }
    const awayUs = before?.epoch === part.epoch
      ? holeUs(part.startUs - before.endUs)
      : part.startUs - startUs - written * 1_000_000 / rate; // a new connection goes by the clock
    if (awayUs > 0) await rest(Math.round(awayUs * rate / 1_000_000));
    let length = 0;
    for (const { bytes, samples, gap } of part.packets) {
      if (gap > 0) await rest(gap);
      await put(bytes, samples);
      last = bytes;
      length += gap + samples;
    }
    before = { epoch: part.epoch, endUs: part.startUs + length * 1_000_000 / rate };
  }
  if (startUs === undefined) return null;
  for (const page of container.tail()) await write(page);
  return { startUs, durationMs: Math.round(written * 1_000 / rate) };
}

const holeUs = (us: number) => us > HOLE_US ? us : 0;
