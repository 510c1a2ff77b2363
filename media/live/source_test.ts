/** Tests of what encoders send on its way to the listeners: nothing is changed, nothing is missing. */
import assert from "node:assert/strict";
import { isRejection } from "../../domain/errors.ts";
import type { Source } from "../../domain/live.ts";
import { ffmpegMakes } from "../../tests/support/audio.ts";
import { cuts, noise, seeded } from "../../tests/support/seeded.ts";
import { findFfmpeg } from "../find_ffmpeg.ts";
import type { Broadcast } from "./broadcast.ts";
import { checksum, join, OggPackets, OggPages } from "./ogg.ts";
import type { Pacer } from "./pacer.ts";
import { liveSource, type SourceForm } from "./source.ts";
import { VorbisReader } from "./vorbis.ts";

const ffmpeg = await findFfmpeg();
const sound = ["-f", "lavfi", "-i", "aevalsrc='0.3*sin(440*t)|0.2*sin(880*t)':s=48000:d=3"];
const make = (codec: readonly string[], title = "") =>
  ffmpegMakes("ogg", [...sound, ...codec, "-metadata", `title=${title}`]);

/** Gives out at once. */
const now: Pacer = {
  put: (_, give) => give(),
  room: () => Promise.resolve(),
  drained: () => Promise.resolve(),
  hurry() {},
  [Symbol.dispose]() {},
};

/** Sends all pieces, and answers what came on air. */
async function heard(form: SourceForm, pieces: Iterable<Uint8Array>) {
  const began: Source[] = [];
  const packets: Uint8Array[] = [];
  const titles: string[] = [];
  let samples = 0;
  let originals = 0;
  const broadcast = {
    frame: (frame: Parameters<Broadcast["frame"]>[0]) => {
      packets.push(frame.packet);
      samples += frame.samples;
    },
    source() {},
    original: (_: Uint8Array, count: number) => void (originals += count),
    title: (text: string) => void titles.push(text),
    refused() {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
  } as unknown as Broadcast;
  const failures: unknown[] = [];
  await using source = liveSource({
    ffmpeg,
    form,
    begin: (of) => (began.push(of), Promise.resolve(broadcast)),
    failed: (error) => void failures.push(error),
    warn: (message) => void failures.push(message),
    pacer: now,
  });
  for (const piece of pieces) await source.write(piece);
  await source.end();
  assert.deepEqual(failures, []);
  return { began, packets, titles, seconds: samples / 48_000, originals };
}

/** The packets in a file, its heads left out. */
function packetsIn(bytes: Uint8Array): Uint8Array[] {
  const packets = new OggPackets(65_536);
  return new OggPages().push(bytes).flatMap((page) => packets.push(page)).map(({ data }) => data)
    .slice(2);
}

/** The page, with the checksum that it should have. */
function checked(page: Uint8Array): Uint8Array {
  new DataView(page.buffer, page.byteOffset).setUint32(22, checksum(page), true);
  return page;
}

Deno.test("[L2] Opus passes packet by packet, whatever the length of its frames", async () => {
  for (const ms of ["2.5", "5", "10", "20", "40", "60"]) {
    const file = await make(["-c:a", "libopus", "-frame_duration", ms], "One");
    const { began, packets, titles } = await heard("ogg", cuts(file, seeded(1), 3_000));
    assert.deepEqual(packets, packetsIn(file), `${ms} ms`);
    assert.deepEqual(began, [{ codec: "opus", channels: 2, frameSamples: Number(ms) * 48 }]);
    assert.deepEqual(titles, ["One"]);
  }
});

Deno.test("[L2] a chain goes on: the next title, and no packet is missing", async () => {
  const codec = ["-c:a", "libopus"];
  const files = [await make(codec, "One"), await make(codec, "Two")];
  const { began, packets, titles } = await heard("ogg", files);
  assert.equal(began.length, 1);
  assert.deepEqual(titles, ["One", "Two"]);
  assert.deepEqual(packets, files.flatMap(packetsIn));
});

Deno.test("[L2] Vorbis is made into Opus once, over the links of a chain", async () => {
  const codec = ["-c:a", "libvorbis"];
  const files = [await make(codec, "One"), await make(codec, "Two")];
  const { began, titles, seconds, originals } = await heard("ogg", files);
  assert.equal(began[0]?.codec, "vorbis");
  assert.equal(began[0]?.rate, 48_000);
  assert.equal(began[0]?.headers?.length, 3);
  assert.deepEqual(titles, ["One", "Two"]);
  assert.ok(Math.abs(seconds - 6) < 0.15, `${seconds} s were heard`);
  assert.ok(Math.abs(originals - 6 * 48_000) < 6_000, `${originals} samples for the recording`);
});

Deno.test("[L2] noise amid Ogg costs what it covers, and nothing else", async () => {
  const file = await make(["-c:a", "libopus", "-page_duration", "100000"]);
  const half = Math.floor(file.length / 2);
  const dirty = join(join(file.subarray(0, half), noise(seeded(8), 3_000)), file.subarray(half));
  const { packets } = await heard("ogg", cuts(dirty, seeded(9), 2_000));
  const all = packetsIn(file);
  const left = new Set(packets.map(String));
  const missing = all.filter((packet) => !left.has(String(packet))).length;
  assert.ok(missing <= 10, `${missing} of ${all.length} packets are missing`);
});

Deno.test("[L2] what is no sound, or none that is taken, is refused", async () => {
  const flac = await ffmpegMakes("ogg", [...sound, "-c:a", "flac"]);
  await assert.rejects(heard("ogg", [flac]), (error) => isRejection(error, "unsupported_type"));
  for (const form of ["ogg", "mp3", "aac"] as const) {
    const zeros = Array.from({ length: 20 }, () => new Uint8Array(65_536));
    await assert.rejects(heard(form, zeros), (error) => isRejection(error, "not_audio"), form);
  }
});

Deno.test("[L2] heads of Vorbis that never end, and packets that are damaged, are refused", async () => {
  const vorbis = await make(["-c:a", "libvorbis"]);
  const isRefused = (error: unknown) => isRejection(error, "not_audio");
  const [first] = new OggPages().push(vorbis);
  // as long as a comment ends no packet, it may go on
  const segment = new Uint8Array(255 * 255);
  const never = Array.from({ length: 60 }, (_, n) => {
    const page = new Uint8Array(27 + 255 + segment.length);
    page.set([0x4f, 0x67, 0x67, 0x53, 0, n > 0 ? 1 : 0]);
    page.set(first!.bytes.subarray(6, 18), 6);
    new DataView(page.buffer).setUint32(18, n + 1, true);
    page[26] = 255;
    page.fill(255, 27, 27 + 255);
    return checked(page);
  });
  await assert.rejects(heard("ogg", [first!.bytes, ...never]), isRefused);

  const random = seeded(11);
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const reader = new VorbisReader();
    try {
      for (const { bytes } of new OggPages().push(vorbis)) {
        const copy = bytes.slice();
        for (let many = random() < 0.5 ? 6 : 0; many > 0; many--) {
          copy[27 + Math.floor(random() * (copy.length - 27))] = Math.floor(random() * 256);
        }
        for (const damaged of new OggPages().push(checked(copy))) reader.push(damaged);
      }
      reader.end();
    } catch (error) {
      assert.ok(isRefused(error), String(error));
      refused++;
    }
  }
  assert.ok(refused > 0, "none was damaged enough");
});
