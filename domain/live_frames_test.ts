/** Tests of frames on the wire. */
import { deepEqual, equal } from "node:assert/strict";
import {
  type AudioFrame,
  CHUNK,
  CHUNK_MOST,
  decodeFrame,
  encodeFrame,
  encodeOnAir,
  epochOf,
  frameOf,
  OPUS,
  OPUS_PACKET_MOST,
} from "./live_frames.ts";

const packet = new Uint8Array([0xfc, 1, 2, 3]);
const frame: AudioFrame = {
  codec: OPUS,
  samples: 960,
  sequence: 7,
  capturedUs: 0x0102030405060708n,
  packet,
};

Deno.test("[L3] a frame is sixteen bytes, big-endian, and its packet", () => {
  const bytes = encodeFrame(frame);
  deepEqual(
    [...bytes],
    [1, 1, 0x03, 0xc0, 0, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8, 0xfc, 1, 2, 3],
  );
  deepEqual(decodeFrame(bytes), frame);
  const inside = new Uint8Array(100);
  inside.set(bytes, 13);
  deepEqual(decodeFrame(inside.subarray(13, 13 + bytes.length)), frame, "as a part of more");
  const last = { ...frame, sequence: 2 ** 32 - 1, capturedUs: 2n ** 64n - 1n };
  deepEqual(decodeFrame(encodeFrame(last)), last);
});

Deno.test("[L3] on the bus its live epoch stands before it, and listeners get the rest", () => {
  const onAir = encodeOnAir(70_000, frame);
  equal(epochOf(onAir), 70_000);
  deepEqual(frameOf(onAir), encodeFrame(frame));
});

Deno.test("[L3] what is no frame is none", () => {
  const bytes = encodeFrame(frame);
  const wrong = (at: number, ...values: number[]) => {
    const changed = bytes.slice();
    changed.set(values, at);
    return decodeFrame(changed);
  };
  const sized = (codec: typeof OPUS | typeof CHUNK, samples: number, size: number) =>
    decodeFrame(encodeFrame({ ...frame, codec, samples, packet: new Uint8Array(size) }));
  for (let length = 0; length <= 16; length++) {
    equal(decodeFrame(bytes.subarray(0, length)), undefined, `${length} bytes`);
  }
  equal(wrong(0, 0), undefined, "version 0");
  equal(wrong(0, 2), undefined, "version 2");
  equal(wrong(1, 0), undefined, "codec 0");
  equal(wrong(1, 3), undefined, "codec 3");
  for (const samples of [0, 1, 119, 961, 5_880, 65_535]) {
    equal(sized(OPUS, samples, 1), undefined, `${samples} samples`);
  }
  for (const samples of [120, 240, 480, 960, 1_920, 2_880, 5_760]) {
    equal(sized(OPUS, samples, 1)?.samples, samples);
  }
  equal(sized(OPUS, 960, OPUS_PACKET_MOST)?.packet.length, OPUS_PACKET_MOST);
  equal(sized(OPUS, 960, OPUS_PACKET_MOST + 1), undefined);
  equal(sized(CHUNK, 0, CHUNK_MOST)?.codec, CHUNK);
  equal(sized(CHUNK, 0, CHUNK_MOST + 1), undefined);
});
