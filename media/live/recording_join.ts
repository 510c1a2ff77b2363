/**
 * A recording whose host changed to another codec on the way, as one file: no container holds both,
 * so that what each run sounds like is put on one time line, and kept without loss as FLAC (L7).
 */
import { join } from "node:path";
import { run, type Tool } from "../ffmpeg.ts";
import { ENDINGS, type PartOf, type RecordedFile, recordingFile } from "./recording_file.ts";
import type { RecordingForm } from "./recording_part.ts";

/** Parts of one form that follow each other. */
export interface Run {
  readonly form: RecordingForm;
  readonly parts: () => AsyncIterable<PartOf>;
}

const RATE = 48_000;
const CHANNELS = 2;
/** Bytes of a sample: 24 bits are more than any of these codecs has. */
const DEPTH = 3;
const FRAME = CHANNELS * DEPTH;
/** Of a WAV with 64-bit sizes (EBU Tech 3306): `RF64`, `ds64`, `fmt ` and the head of `data`. */
const HEADER = 80;
const SILENCE = new Uint8Array(RATE * FRAME);
/** Most bytes of the FLAC. */
const MOST_BYTES = 8 * 1024 ** 3;

/** The head of a WAV of so many frames, of any length. */
function wavHeader(frames: number): Uint8Array {
  const bytes = new Uint8Array(HEADER);
  const view = new DataView(bytes.buffer);
  const text = (at: number, word: string) => bytes.set(new TextEncoder().encode(word), at);
  const data = BigInt(frames * FRAME);
  text(0, "RF64");
  view.setUint32(4, 0xffff_ffff, true);
  text(8, "WAVEds64");
  view.setUint32(16, 28, true);
  view.setBigUint64(20, data + BigInt(HEADER - 8), true);
  view.setBigUint64(28, data, true);
  view.setBigUint64(36, BigInt(frames), true);
  text(48, "fmt ");
  view.setUint32(52, 16, true);
  view.setUint16(56, 1, true);
  view.setUint16(58, CHANNELS, true);
  view.setUint32(60, RATE, true);
  view.setUint32(64, RATE * FRAME, true);
  view.setUint16(68, FRAME, true);
  view.setUint16(70, DEPTH * 8, true);
  text(72, "data");
  view.setUint32(76, 0xffff_ffff, true);
  return bytes;
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

function writeSilence(file: Deno.FsFile, frames: number): void {
  for (let left = frames * FRAME; left > 0; left -= SILENCE.length) {
    writeAll(file, SILENCE.subarray(0, Math.min(left, SILENCE.length)));
  }
}

/**
 * Joins the runs, in order, in `scratch`, a folder that the caller removes. Answers with the path of
 * the FLAC and its time line; null when there is no sound in any of them.
 */
export async function joinRuns(
  runs: readonly Run[],
  { ffmpeg, scratch, signal }: { ffmpeg: Tool; scratch: string; signal: AbortSignal },
): Promise<RecordedFile & { readonly path: string } | null> {
  const written: (RecordedFile & { readonly path: string })[] = [];
  for (const [index, { form, parts }] of runs.entries()) {
    const path = join(scratch, `run-${index}.${ENDINGS[form.codec]}`);
    using out = await Deno.create(path);
    const write = (bytes: Uint8Array) => Promise.resolve(writeAll(out, bytes));
    const file = await recordingFile(parts(), { form, serial: index, write });
    if (file) written.push({ ...file, path });
  }
  const [first] = written;
  if (!first) return null;
  // a run ends where the next begins, and the host was away where it ends earlier
  const begins = written.map(({ startUs }) =>
    Math.round((startUs - first.startUs) * RATE / 1_000_000)
  );
  const ends = written.map(({ durationMs }, index) =>
    Math.min(
      begins[index]! + Math.round(durationMs * RATE / 1_000),
      begins[index + 1] ?? Infinity,
    )
  );
  const frames = ends.at(-1)!;
  const wav = join(scratch, "joined.wav");
  {
    using out = await Deno.create(wav);
    writeAll(out, wavHeader(frames));
    let at = 0;
    for (const [index, { path }] of written.entries()) {
      writeSilence(out, begins[index]! - at);
      let left = (ends[index]! - begins[index]!) * FRAME;
      await run(ffmpeg, {
        input: path,
        args: ["-vn", "-ac", `${CHANNELS}`, "-ar", `${RATE}`, "-f", "s24le", "pipe:1"],
        signal,
        onOutput(chunk) {
          writeAll(out, chunk.subarray(0, left));
          left -= Math.min(left, chunk.length);
        },
      });
      writeSilence(out, left / FRAME);
      at = ends[index]!;
    }
  }
  const outDir = join(scratch, "out");
  await Deno.mkdir(outDir, { recursive: true });
  await run(ffmpeg, {
    input: wav,
    args: ["-vn", "-c:a", "flac", "recording.flac"],
    outDir,
    limits: { fileBytes: MOST_BYTES, folderBytes: MOST_BYTES },
    signal,
  });
  const { startUs } = first;
  return {
    path: join(outDir, "recording.flac"),
    startUs,
    durationMs: Math.round(frames * 1_000 / RATE),
  };
}
