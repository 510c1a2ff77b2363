/** Tests of recordings whose host came back with another codec. */
import { equal, ok } from "node:assert/strict";
import { decoded } from "../../tests/support/audio.ts";
import { loudSpans } from "../../tests/support/loud.ts";
import { manualParts } from "../../tests/support/recording.ts";
import { send, tone } from "../../tests/support/recorded_tone.ts";
import { scratchFolder, STRICT, theTool } from "../testing.ts";
import { joinRuns } from "./recording_join.ts";

const AT = 1_790_000_000_000;

Deno.test(
  "[L7] a host who comes back with another program leaves one recording, on one time line",
  STRICT,
  async () => {
    const runs = [];
    for (const [index, codec] of (["opus", "mp3", "vorbis"] as const).entries()) {
      const parts = manualParts();
      await send(parts, await tone(codec, 2), index + 1, AT + index * 5_000);
      runs.push({ form: parts.form(), parts: () => parts.inOrder() });
    }
    await using scratch = await scratchFolder();
    const { signal } = new AbortController();
    const file = await joinRuns(runs, { ffmpeg: await theTool(), scratch: scratch.dir, signal });
    equal(file?.startUs, AT * 1_000);
    ok(Math.abs(file!.durationMs - 12_000) < 60, `${file!.durationMs} ms`);
    const { samples, errors } = await decoded(await Deno.readFile(file!.path), "flac");
    equal(errors.length, 0, errors.join("\n"));
    ok(Math.abs(samples.length / 48_000 - 12) < 0.06, `${samples.length / 48_000} s`);
    const spans = loudSpans(samples, 48_000);
    equal(spans.length, 3, JSON.stringify(spans));
    for (const [index, [from]] of spans.entries()) {
      ok(Math.abs(from - index * 5) < 0.1, JSON.stringify(spans));
    }
  },
);
