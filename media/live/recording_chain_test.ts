/** Recordings of encoders whose next file is made otherwise than the one before (L2, L7). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { decoded, ffmpegMakes } from "../../tests/support/audio.ts";
import { manualParts } from "../../tests/support/recording.ts";
import { diskBlobs } from "../blobs.ts";
import { scratchFolder, theTool } from "../testing.ts";
import type { Broadcast } from "./broadcast.ts";
import { closing } from "./closing.ts";
import { checksum } from "./ogg.ts";
import type { Pacer } from "./pacer.ts";
import { recorder } from "./recorder.ts";
import { liveSource } from "./source.ts";

/** Gives out at once. */
const now: Pacer = {
  put: (_, give) => give(),
  room: () => Promise.resolve(),
  drained: () => Promise.resolve(),
  hurry() {},
  [Symbol.dispose]() {},
};

/** A tone of three seconds, as an Ogg file. */
const file = (hertz: number, ...how: readonly string[]) =>
  ffmpegMakes("ogg", [
    ...["-f", "lavfi", "-i", `aevalsrc='0.4*sin(2*PI*${hertz}*t)|0.4*sin(2*PI*${hertz}*t)':d=3`],
    ...["-ac", "2", ...how],
  ]);

/** The same Opus with a gain of -6 dB in its head, which is the first page (RFC 7845, 5.1). */
function quieter(ogg: Uint8Array): Uint8Array {
  const out = ogg.slice();
  const [head, view] = [28, new DataView(out.buffer)];
  view.setInt16(head + 16, -6 * 256, true);
  view.setUint32(22, 0, true);
  view.setUint32(22, checksum(out.subarray(0, head + 19)), true);
  return out;
}

/** What is kept of an encoder that sends the files one after the other. */
async function recorded(files: readonly Uint8Array[]) {
  const parts = manualParts();
  parts.now = 1_790_000_000_000;
  const warned: unknown[] = [];
  const ffmpeg = await theTool();
  let sink: ReturnType<typeof recorder> | undefined;
  {
    await using source = liveSource({
      ...{ ffmpeg, form: "ogg", pacer: now },
      failed: (error) => void warned.push(error),
      warn: (message) => void warned.push(message),
      begin(of) {
        const one = recorder(parts.deps, { streamId: parts.streamId, epoch: 1, source: of });
        sink = one;
        const broadcast: Partial<Broadcast> = {
          frame: one.frame,
          original: one.original,
          source: (next, kept) => one.source?.(next, kept),
          title() {},
          refused() {},
          [Symbol.asyncDispose]: () => Promise.resolve(),
        };
        return Promise.resolve(broadcast as Broadcast);
      },
    });
    for (const bytes of files) {
      for (let at = 0; at < bytes.length; at += 8_192) {
        await source.write(bytes.subarray(at, at + 8_192));
      }
    }
    await source.end();
  }
  await sink!.end();

  await using folder = await scratchFolder();
  const blobs = diskBlobs(folder.path("blobs"));
  for (const [key, bytes] of parts.stored) await blobs.put(key, bytes);
  const accepted: string[] = [];
  const work = closing({
    ...{ blobs, ffmpeg, workDir: folder.path("work"), told: () => {} },
    takes: {
      done: () => Promise.resolve([]),
      drop: () => Promise.resolve([]),
      failed: (_, { reason }) => Promise.reject(new Error(reason)),
      standing: () => Promise.resolve({ isAccepted: false, isDeleted: false }),
    },
    accept: ({ blobKey, filename }) => Promise.resolve(accepted.push(blobKey, filename)),
    erase: () => Promise.resolve(),
    warn: (message, details) => void warned.push({ message, ...details }),
  });
  const id = parts.streamId;
  await work({
    ...{ id, attempt: 1, failures: 0, bytes: 1, uploadId: id, trackId: id, hostId: id },
    ...{ title: "Set", description: "", visibility: "unlisted" },
  }, { signal: new AbortController().signal });
  deepEqual(warned, []);
  const [key, filename] = accepted as [string, string];
  const ending = filename.slice(filename.lastIndexOf(".") + 1);
  return { ending, ...await decoded(await blobs.read(key), ending) };
}

/** How loud, and how high, the second around `at` seconds is. */
function heardAt(samples: Float32Array, at: number) {
  const some = samples.subarray((at - 0.5) * 48_000, (at + 0.5) * 48_000);
  const rms = Math.sqrt(some.reduce((sum, one) => sum + one * one, 0) / some.length);
  const hertz = some.filter((one, n) => n > 0 && some[n - 1]! < 0 && one >= 0).length;
  return { rms, hertz };
}

const VORBIS = ["-c:a", "libvorbis"];
const OPUS = ["-c:a", "libopus", "-b:a", "96k"];
const vorbis = await file(440, ...VORBIS, "-ar", "44100", "-q:a", "2");
const finer = await file(880, ...VORBIS, "-ar", "48000", "-q:a", "8");
const opus = await file(440, ...OPUS);

const CHAINS = {
  "Vorbis of another quality": { files: [vorbis, finer], ending: "flac", rms: 0.4 },
  "Opus, then Vorbis": { files: [opus, finer], ending: "flac", rms: 0.4 },
  "Vorbis, then Opus": { files: [finer, opus], ending: "flac", rms: 0.4 },
  "Opus, then Opus with a gain": {
    files: [opus, quieter(await file(880, ...OPUS))],
    ...{ ending: "opus", rms: 0.2 },
  },
};

for (const [name, { files, ending, rms }] of Object.entries(CHAINS)) {
  Deno.test(`[L7] ${name}: both files are in the recording, as they sound`, async () => {
    const kept = await recorded(files);
    deepEqual(kept.errors, []);
    equal(kept.ending, ending);
    const seconds = kept.samples.length / 48_000;
    ok(Math.abs(seconds - 6) < 0.15, `${seconds} s`);
    const tones = [1.5, 4.5].map((at) => heardAt(kept.samples, at));
    const wanted = name === "Vorbis, then Opus" ? [880, 440] : [440, 880];
    tones.forEach(({ hertz }, at) => ok(Math.abs(hertz - wanted[at]!) < 4, `${hertz} Hz`));
    ok(Math.abs(tones[0]!.rms - 0.4) < 0.03, `${tones[0]!.rms}`);
    ok(Math.abs(tones[1]!.rms - rms) < 0.03, `${tones[1]!.rms}`);
  });
}
