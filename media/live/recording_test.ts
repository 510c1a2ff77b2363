/** Tests of recordings: what comes in is what the file has, to the byte, and silence where it was. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { decoded } from "../../tests/support/audio.ts";
import { loudSpans } from "../../tests/support/loud.ts";
import { type Codec, CODECS, send, tone } from "../../tests/support/recorded_tone.ts";
import { manualParts } from "../../tests/support/recording.ts";
import { Rejection } from "../../domain/errors.ts";
import { join, OggPackets, OggPages } from "./ogg.ts";
import { readOpusHead } from "./ogg_opus.ts";
import { recorder } from "./recorder.ts";
import { ENDINGS } from "./recording_file.ts";
import { decodePart, encodePart } from "./recording_part.ts";

/** The packets in a file of ours; of MP3 and ADTS all in one, for nothing stands between them. */
function packetsIn(codec: Codec, bytes: Uint8Array): Uint8Array[] {
  if (codec === "mp3" || codec === "aac") return [bytes];
  const [ogg, pages] = [new OggPackets(100_000), new OggPages()];
  const found = pages.push(bytes).flatMap((page) => ogg.push(page)).map(({ data }) => data);
  equal(pages.skipped, 0);
  return found.slice(codec === "opus" ? 2 : 3);
}

const AT = 1_790_000_000_000;

for (const codec of Object.keys(CODECS) as Codec[]) {
  Deno.test(`[L7] ${codec}: the packets in the recording are those that came, byte for byte`, async () => {
    const sent = await tone(codec, 5);
    const parts = manualParts();
    await send(parts, sent, 1, AT);
    ok(parts.stored.size >= 3, `${parts.stored.size} parts of 5 s`);
    const { bytes, file } = await parts.pour();
    const came = sent.packets.map((one) => one.bytes);
    const isPlain = codec === "mp3" || codec === "aac";
    deepEqual(packetsIn(codec, bytes), isPlain ? [came.reduce(join)] : came);
    equal(file?.startUs, AT * 1_000);
    ok(Math.abs(file!.durationMs - 5_000) < 100, `${file!.durationMs} ms`);
    // however often it is closed, it is the same file
    deepEqual((await parts.pour()).bytes, bytes);
    const pcm = await decoded(bytes, ENDINGS[codec]);
    deepEqual(pcm.errors, []);
    ok(Math.abs(pcm.samples.length / 48_000 - 5) < 0.1, `${pcm.samples.length / 48_000} s`);
  });

  Deno.test(`[L6][L7] ${codec}: a host who was away 7 s left 7 s of silence`, async () => {
    const sent = await tone(codec, 3);
    const parts = manualParts();
    await send(parts, sent, 1, AT);
    await send(parts, sent, 2, AT + 10_000);
    const { bytes, file } = await parts.pour();
    ok(Math.abs(file!.durationMs - 13_000) < 60, `${file!.durationMs} ms`);
    const { samples } = await decoded(bytes, ENDINGS[codec]);
    const spans = loudSpans(samples, 48_000);
    equal(spans.length, 2, JSON.stringify(spans));
    const [first, second] = spans as [[number, number], [number, number]];
    // MP3 and AAC begin a frame or two late: that is in the packets themselves
    ok(Math.abs(second[0] - first[0] - 10) < 0.06, JSON.stringify(spans));
  });
}

Deno.test("[L7] a recording begins as its host's sound does: none of it is heard too early or cut", async () => {
  const { source, packets } = await tone("opus", 2);
  const head = async (of: typeof source) => {
    const parts = manualParts();
    await send(parts, { source: of, packets }, 1, AT);
    const [ogg, pages] = [new OggPackets(100_000), new OggPages()];
    const { bytes } = await parts.pour();
    return pages.push(bytes).flatMap((page) => ogg.push(page))[0]!.data;
  };
  deepEqual(await head(source), source.headers?.[0], "as the host's program has it");
  const { headers: _, ...browser } = source;
  equal(readOpusHead(await head(browser))?.preSkip, 312, "as libopus has it");
});

Deno.test("[L7] frames that were never sent are silence within a connection too", async () => {
  const { source, packets } = await tone("opus", 4);
  const parts = manualParts();
  parts.now = AT;
  const sink = recorder(parts.deps, { streamId: parts.streamId, epoch: 1, source });
  for (const [at, { bytes, samples }] of packets.entries()) {
    if (at >= 50 && at < 125) continue; // a second and a half
    parts.now = AT + at * 20;
    const capturedUs = BigInt(AT + at * 20) * 1_000n;
    sink.frame({ codec: 1, samples, sequence: at, capturedUs, packet: bytes });
  }
  await sink.end();
  const { bytes, file } = await parts.pour();
  ok(Math.abs(file!.durationMs - 4_000) < 30, `${file!.durationMs} ms`);
  const spans = loudSpans((await decoded(bytes, "opus")).samples, 48_000);
  ok(spans.length === 2 && Math.abs(spans[1]![0] - 2.5) < 0.05, JSON.stringify(spans));
});

for (
  const [late, name] of [
    [0, "[L7] a pause is as long as it was, told at once"],
    [250, "[L7] a pause is as long as it was, told with frame 250 after it"],
  ] as const
) {
  Deno.test(name, async () => {
    const { source, packets } = await tone("opus", 8);
    const parts = manualParts();
    parts.now = AT;
    const sink = recorder(parts.deps, { streamId: parts.streamId, epoch: 1, source });
    for (const [at, { bytes, samples }] of packets.entries()) {
      if (at > 0) parts.now += at === 100 ? 60_020 : 20;
      const toldMs = at < 100 + late ? at * 20 : at * 20 + 60_000;
      const capturedUs = BigInt(AT + toldMs) * 1_000n;
      sink.frame({ codec: 1, samples, sequence: at, capturedUs, packet: bytes });
    }
    await sink.end();
    const { file } = await parts.pour();
    ok(Math.abs(file!.durationMs - 68_000) < 30, `${file!.durationMs} ms`);
  });
}

Deno.test("[L7] a host whose clock jumps, or is another one, makes no hours of silence", async () => {
  const { source, packets } = await tone("opus", 3);
  const parts = manualParts();
  parts.now = AT;
  const sink = recorder(parts.deps, { streamId: parts.streamId, epoch: 1, source });
  for (const [at, { bytes, samples }] of packets.entries()) {
    parts.now = AT + at * 20;
    const day = at > 60 ? 86_400_000_000n : 0n;
    const capturedUs = BigInt(at * 20_000) + day; // counts from zero
    sink.frame({ codec: 1, samples, sequence: at, capturedUs, packet: bytes });
  }
  await sink.end();
  const { file } = await parts.pour();
  equal(file!.startUs, AT * 1_000);
  ok(file!.durationMs < 6_000, `${file!.durationMs} ms`);
});

Deno.test("[L7] a store that is away interrupts the recording, and nothing of it is lost", async () => {
  const sent = await tone("opus", 4);
  const parts = manualParts();
  parts.refuse = new Rejection("disk_full");
  const sending = send(parts, sent, 1, AT);
  await parts.untilTold("interrupted");
  parts.refuse = null;
  await sending;
  deepEqual(parts.told, ["interrupted", "recording"]);
  const { bytes } = await parts.pour();
  deepEqual(packetsIn("opus", bytes), sent.packets.map((one) => one.bytes));
});

Deno.test("[L7] a recording that has all it may have says so, and keeps what it has", async () => {
  const sent = await tone("opus", 6);
  const parts = manualParts();
  parts.room = { bytes: 10 ** 9, ms: 4_000 };
  await send(parts, sent, 1, AT);
  deepEqual(parts.told, ["full"]);
  const { file } = await parts.pour();
  ok(file!.durationMs > 2_500 && file!.durationMs <= 4_000, `${file!.durationMs} ms`);
});

Deno.test("[L7] what is not to be recorded leaves nothing", async () => {
  const parts = manualParts();
  parts.room = null;
  await send(parts, await tone("opus", 4), 1, AT);
  equal(parts.stored.size, 0);
  deepEqual(parts.warned, ["the end of a recording is lost"], "and not without a word");
});

Deno.test("[L7] a part is what went into it, and a damaged one is told", () => {
  const form = { codec: "opus", channels: 2, rate: 48_000, headers: ["AAE="] } as const;
  const packets = [3, 0, 700].map((size, at) => ({
    ...{ bytes: new Uint8Array(size).fill(at), samples: 960, gap: at * 2_880 },
  }));
  const part = { form: { ...form, headers: [...form.headers] }, startUs: AT * 1_000, packets };
  const bytes = encodePart(part);
  deepEqual(decodePart(bytes), part);
  for (let size = 0; size < bytes.length; size += 7) {
    if ([712, 724, 739].includes(bytes.length - size)) continue; // between two packets
    throws(() => decodePart(bytes.subarray(0, size)), /are no part|JSON/, `${size} bytes`);
  }
});
