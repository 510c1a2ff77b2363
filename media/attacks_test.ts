/** Attacks by a file's content: other files and hosts must never be read or asked (U11, S11). */
import assert from "node:assert/strict";
import { canary, type Payload, payloads } from "../tests/support/payloads.ts";
import { run, type Tool } from "./ffmpeg.ts";
import { findFfmpeg } from "./find_ffmpeg.ts";
import { probe, sniff } from "./probe.ts";
import { makeAudio, refused, scratchFolder, STRICT, theTool } from "./testing.ts";

/** How many run side by side: as many as there are cores to spare. */
const AT_ONCE = 2;

Deno.test("[U11] a playlist named .mp3 reads nothing and asks nobody", STRICT, async () => {
  await using scratch = await scratchFolder();
  await using bird = await canary();
  const tools: Tool[] = [await theTool(), await findFfmpeg({ jail: false })];
  const attack = async (tool: Tool, { name, bytes, disguised }: Payload) => {
    const path = scratch.path(crypto.randomUUID());
    await Deno.writeFile(path, bytes);
    // The content alone gives it away …
    if (!disguised) await refused(sniff(path), "not_audio");
    // … and were it not to, ffprobe and ffmpeg would still open nothing.
    const outcome = await probe(tool, path, { maxSeconds: 60 }).then(
      (told) => `probed ${Deno.inspect(told)}`,
      (error) => String(error.code),
    );
    assert.match(outcome, /^(not_audio|corrupt)$/, `${name}, jail ${tool.jail}`);
    let decoded = 0;
    await run(tool, {
      input: path,
      args: ["-f", "s16le", "pipe:1"],
      onOutput: (chunk) => void (decoded += chunk.length),
    }).catch(() => undefined);
    assert.equal(decoded, 0, `${name}, jail ${tool.jail}`);
  };
  const waiting = tools.flatMap((tool) => payloads(bird).map((one) => [tool, one] as const));
  const worker = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await attack(...next);
  };
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
  assert.deepEqual(bird.asked, []);
});

Deno.test(
  "[U11] the canary is real: an unguarded ffmpeg does read the other file",
  STRICT,
  async () => {
    await using scratch = await scratchFolder();
    const canary = await makeAudio(scratch, "canary.wav", "sine=d=1");
    await Deno.writeTextFile(scratch.path("list.mp3"), `ffconcat version 1.0\nfile '${canary}'\n`);
    let decoded = 0;
    await run(await findFfmpeg({ jail: false }), {
      // Through `args`, so that none of the whitelists applies.
      args: ["-safe", "0", "-i", scratch.path("list.mp3"), "-f", "s16le", "pipe:1"],
      onOutput: (chunk) => void (decoded += chunk.length),
    });
    assert.ok(decoded > 0);
  },
);

Deno.test(
  "[U11] a name with options, patterns or protocols in it is only a name",
  STRICT,
  async () => {
    await using scratch = await scratchFolder();
    for (
      const name of ["-y.wav", "concat:a|b.wav", "http:x.wav", "a%05d.wav", "söng 'q' \"z\".wav"]
    ) {
      const made = await makeAudio(scratch, "made.wav", "sine=d=1");
      await Deno.rename(made, scratch.path(name));
      for (const tool of [await theTool(), await findFfmpeg({ jail: false })]) {
        const told = await probe(tool, scratch.path(name), { maxSeconds: 9 });
        assert.equal(told.durationMs, 1_000, name);
      }
    }
  },
);
