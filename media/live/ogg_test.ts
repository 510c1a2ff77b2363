/** Tests of Ogg: pages of ffmpeg's in pieces of any size, noise, and packets as they went in. */
import assert from "node:assert/strict";
import { ffmpegMakes } from "../../tests/support/audio.ts";
import { cuts, noise, seeded } from "../../tests/support/seeded.ts";
import { join, LARGEST_PAGE, OggPackets, OggPages, OggWriter } from "./ogg.ts";
import { opusSamples } from "../../domain/live_frames.ts";
import { isOpusHead, isOpusTags, OpusMux, readOpusHead, SILENCE } from "./ogg_opus.ts";

const chirp = ["-f", "lavfi", "-i", "aevalsrc='0.3*sin(440*t)|0.2*sin(880*t)':s=48000:d=4"];
const opus = await ffmpegMakes("opus", [...chirp, "-c:a", "libopus", "-b:a", "96k"]);

/** All packets of a stream that comes in these pieces. */
function packetsOf(pieces: Iterable<Uint8Array>, largest = 65_536): Uint8Array[] {
  const pages = new OggPages();
  const packets = new OggPackets(largest);
  return [...pieces].flatMap((piece) =>
    pages.push(piece).flatMap((page) => packets.push(page).map(({ data }) => data))
  );
}

Deno.test("[L2] pages cut at any bytes give the same packets", () => {
  const whole = packetsOf([opus]);
  assert.ok(whole.length > 190, `${whole.length} packets`);
  assert.equal(readOpusHead(whole[0]!)?.channels, 2);
  assert.ok(isOpusTags(whole[1]!));
  for (let seed = 1; seed <= 20; seed++) {
    assert.deepEqual(packetsOf(cuts(opus, seeded(seed), 4_000)), whole, `seed ${seed}`);
  }
  const bytes = Array.from(opus.subarray(0, 9_000), (byte) => Uint8Array.of(byte));
  assert.deepEqual(packetsOf(bytes), packetsOf([opus.subarray(0, 9_000)]));
});

Deno.test("[L2] noise is passed over to the next page, and holds no memory", () => {
  const random = seeded(7);
  const pages = new OggPages();
  for (let round = 0; round < 200; round++) {
    // pages are claimed in it that are none
    const bytes = noise(random, 5_000);
    bytes.set([0x4f, 0x67, 0x67, 0x53, 0], 17);
    assert.deepEqual(pages.push(bytes), []);
    assert.ok(pages.held <= LARGEST_PAGE, `${pages.held} bytes are held`);
  }
  // what claimed to be a page is found out when as much has come
  const found = [...cuts(join(new Uint8Array(LARGEST_PAGE), opus), random, 9_000)]
    .flatMap((piece) => pages.push(piece));
  assert.deepEqual(found.map(({ sequence }) => sequence), found.map((_, at) => at));
  assert.ok(found.length > 4);
});

Deno.test("[L2] heads within heads cost no more than what came, and the next page is found", () => {
  const heads = new Uint8Array(2 ** 20).fill(255);
  for (let at = 0; at + 27 < heads.length; at += 27) {
    heads.set([0x4f, 0x67, 0x67, 0x53, 0], at);
    heads[at + 26] = 255; // segments, nearly all of them of 255 bytes
  }
  const pages = new OggPages();
  const began = performance.now();
  const found = [...cuts(join(heads, join(new Uint8Array(LARGEST_PAGE), opus)), seeded(9), 16_384)]
    .flatMap((piece) => pages.push(piece));
  // each looked at by itself they take 19 s
  assert.ok(performance.now() - began < 5_000);
  assert.deepEqual(found.map(({ sequence }) => sequence), found.map((_, at) => at));
  assert.ok(found.length > 4);
});

Deno.test("[L2] a page with a wrong bit is left out, and the packet it cuts with it", () => {
  const writer = new OggWriter(9);
  const large = new Uint8Array(300).fill(1);
  const pages = [1, 2, 3].map((mark) => writer.page([large, Uint8Array.of(mark)], BigInt(mark)));
  pages[1]![100]! ^= 4;
  const marks = packetsOf(pages).filter(({ length }) => length === 1).map(([mark]) => mark);
  assert.deepEqual(marks, [1, 3]);
});

Deno.test("[L2] a packet that is too large is dropped, and only that", () => {
  const writer = new OggWriter(3);
  const page = writer.page([new Uint8Array(700), Uint8Array.of(5)], 1n);
  assert.deepEqual(packetsOf([page], 600), [Uint8Array.of(5)]);
});

Deno.test("[L4] packets come out of the mux as they went in, with granules without a gap", () => {
  const packets = packetsOf([opus]).filter((one) => !isOpusHead(one) && !isOpusTags(one));
  const mux = new OpusMux({ channels: 2, serial: 1 });
  const bytes = [
    ...mux.heads(["TITLE=Été"]),
    ...packets.flatMap((packet) => mux.push(packet, opusSamples(packet)!)),
    ...mux.flush(true),
  ];
  assert.deepEqual(packetsOf(bytes).slice(2), packets);
  const pages = bytes.flatMap((page) => new OggPages().push(page));
  assert.equal(pages.at(-1)?.granule, BigInt(packets.length * 960));
  assert.equal(pages.at(-1)?.isLast, true);
  // a decoder that comes in the middle has 80 ms to come to itself (RFC 7845, 4.2)
  assert.equal(readOpusHead(packetsOf(bytes)[0]!)?.preSkip, 3_840);
  assert.deepEqual(pages.map(({ sequence }) => sequence), pages.map((_, at) => at));
});

Deno.test("[L2] a packet's length is read from its first bytes", () => {
  const cases: [number[], number | undefined][] = [
    [[0xfc], 960], // CELT, 20 ms, one frame
    [[0xe0], 120], // 2.5 ms
    [[0xfd], 1_920], // two frames
    [[0x18], 2_880], // SILK, 60 ms
    [[0xff, 0x03], 2_880], // three of 20 ms
    [[0x1b, 0x02], 5_760], // 120 ms
    [[0x1b, 0x03], undefined], // 180 ms
    [[0xff], undefined],
    [[0xff, 0x00], undefined],
    [[], undefined],
  ];
  for (const [bytes, samples] of cases) {
    assert.equal(opusSamples(Uint8Array.from(bytes)), samples, `${bytes}`);
  }
  assert.equal(opusSamples(SILENCE.packet(2)), SILENCE.samples);
  assert.equal(opusSamples(SILENCE.packet(1)), SILENCE.samples);
});
