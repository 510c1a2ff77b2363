/** A node that stops while encoders are at it: it waits for none of them for ever (L9, O4). */
import assert from "node:assert/strict";
import { ffmpegMakes } from "../support/audio.ts";
import { chirpInput } from "../support/chirp.ts";
import { mountOf, rawEncoder } from "../support/encoders.ts";
import { creator, getLive, makeLive } from "../support/live.ts";
import { startNode } from "../support/node.ts";
import { childrenOf, until } from "../support/processes.ts";

/** All of the node, on a busy machine; that an encoder was waited for in vain its log tells. */
const STOP_MS = 15_000;
const mp3 = await ffmpegMakes("mp3", [...chirpInput(12), "-c:a", "libmp3lame", "-b:a", "128k"]);
/** A second of it, about. */
const SECOND = 16_000;

Deno.test("[L9] a node stops while encoders greet, stall, write hard, leave, or meet a stuck ffmpeg", async () => {
  await using node = await startNode();
  const host = await creator(node.url);
  const status = async (id: string) => (await getLive(node.url, id, host.accessToken)).status;
  const transcoders = async () =>
    (await childrenOf(node.pid)).filter(({ command }) => /^ffmpeg .*-c:a libopus/.test(command));

  const connect = async () => {
    const stream = await makeLive(node.url, host);
    const { port, mount, key } = mountOf(stream);
    const sender = await rawEncoder(port);
    const greet = async () => {
      await sender.write(
        `SOURCE ${mount} HTTP/1.0\r\nContent-Type: audio/mpeg\r\n` +
          `Authorization: Basic ${btoa(`source:${key}`)}\r\n\r\n`,
      );
      await sender.hear();
      await sender.write(mp3.subarray(0, 2 * SECOND));
      await until("the stream", async () => await status(stream.id) === "live");
    };
    return { ...sender, greet, key, mount };
  };
  /** Sends all that is taken; ends when nobody takes any more. */
  const pour = async ({ write }: Awaited<ReturnType<typeof connect>>) => {
    for (;;) if (await write(mp3).then(() => false, () => true)) return;
  };

  using stuck = await connect();
  await stuck.greet();
  await until("its ffmpeg", async () => (await transcoders()).length === 1);
  for (const { pid } of await transcoders()) Deno.kill(pid, "SIGSTOP");

  using greeting = await connect();
  await greeting.write(`SOURCE ${greeting.mount} HTTP/1.0\r\nContent-Type: audio/mpeg\r\n`);
  using stalled = await connect();
  await stalled.greet();
  using hard = await connect();
  await hard.greet();
  const poured = [pour(stuck), pour(hard)];
  const leaver = await connect();
  await leaver.greet();
  leaver[Symbol.dispose](); // what it sent is still being made, and heard

  const began = performance.now();
  await node.stop();
  const took = performance.now() - began;
  await Promise.all(poured);
  assert.deepEqual(node.logs().filter((line) => line.includes("are left as they are")), []);
  assert.ok(took < STOP_MS, `it took ${Math.round(took)} ms`);
});
