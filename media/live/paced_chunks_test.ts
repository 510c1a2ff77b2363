/** Tests of chunks of a browser's recorder: they wait for the clock, however fast they come (L3). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { ffmpegMakes } from "../../tests/support/audio.ts";
import { theTool } from "../testing.ts";
import { pacedChunks } from "./paced_chunks.ts";

const ffmpeg = await theTool();
const SECONDS = 40;
const webm = await ffmpegMakes("webm", [
  ...["-f", "lavfi", "-i", `sine=440:d=${SECONDS}`, "-ac", "1"],
  ...["-c:a", "libopus", "-b:a", "256k", "-vbr", "off", "-cluster_time_limit", "200"],
]);

Deno.test("[L3] chunks that come at once wait for the clock; what is unheard at the end is dropped", async () => {
  let given = 0;
  const failures: unknown[] = [];
  const chunks = pacedChunks({
    ffmpeg,
    channels: 1,
    packet: (_, samples) => given += samples / 48_000,
    failed: (error) => failures.push(error),
    warn: (message) => failures.push(message),
  });
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1_000;
  let [sent, taken] = [0, 0];
  const writes: Promise<void>[] = [];
  for (let at = 0; at < webm.length; at += 2_000) {
    const chunk = webm.subarray(at, at + 2_000);
    sent += chunk.length;
    writes.push(chunks.write(chunk).then(() => void (taken += chunk.length)));
  }
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  ok(given > 0.5 && given <= elapsed(), `${given} s were given out in ${elapsed()} s`);
  // a few seconds may wait, beside what is on its way through ffmpeg's pipes
  ok(taken < sent / 2, `${taken} of ${sent} bytes were taken`);
  const before = given;
  await chunks.end();
  await Promise.all(writes);
  equal(given, before, "nothing comes after the end");
  deepEqual(failures, []);
});
