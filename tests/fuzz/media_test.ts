/** 500 damaged files: each plays or is refused with a reason, nothing is left, nobody is asked. */
import assert from "node:assert/strict";
import { isRejection } from "../../domain/errors.ts";
import { makeCovers } from "../../media/cover.ts";
import type { Tool } from "../../media/ffmpeg.ts";
import { measure } from "../../media/loudness.ts";
import { readMetadata } from "../../media/metadata.ts";
import { probe, sniff } from "../../media/probe.ts";
import { scratchFolder, theTool } from "../../media/testing.ts";
import { ask, register, upload, waitForTrack } from "../support/client.ts";
import { filesBelow } from "../support/files.ts";
import { healthySongs, type Mutant, mutant } from "../support/mutants.ts";
import { startNode } from "../support/node.ts";
import { canary } from "../support/payloads.ts";
import { childrenOf } from "../support/processes.ts";
import { visit } from "../support/watch.ts";

const FILES = 500;
/** Every so many goes through a whole node as well; prime to the kinds and to the ways of damage. */
const SAMPLE = 13;
/** Side by side: a file keeps two processes busy where it is measured, one elsewhere. */
const AT_ONCE = 3;
/** Other files are mutated from another number on: `VEZA_FUZZ_SEED=500`. */
const SEED = Number(Deno.env.get("VEZA_FUZZ_SEED") ?? 0);
/** How a damaged file may end; everything else is a defect of ours. */
const REFUSALS = ["empty_file", "not_audio", "drm_protected", "corrupt", "too_long", "too_large"];

/** Runs `work` for each of `items`, some at a time; answers with what went wrong, by name. */
async function each(
  items: readonly number[],
  work: (number: number) => Promise<string | undefined>,
): Promise<string[]> {
  const waiting = [...items];
  const wrong: string[] = [];
  const worker = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const problem = await work(next);
      if (problem !== undefined) wrong.push(problem);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return wrong;
}

/** What a node does with a file before the first segment; `played`, or the code of its refusal. */
async function examine(tool: Tool, folder: string, { bytes }: Mutant): Promise<string> {
  const path = `${folder}/source`;
  await Deno.mkdir(`${folder}/covers`, { recursive: true });
  await Deno.writeFile(path, bytes);
  const code = (error: unknown) => {
    if (isRejection(error)) return error.code;
    throw error;
  };
  try {
    const outcome = await (async () => {
      await sniff(path);
      return await measure(tool, path, await probe(tool, path, { maxSeconds: 60 }), {
        maxSeconds: 60,
      });
    })().then(() => "played", code);
    // tags are read whatever the sound is like
    const cover = (await readMetadata(path))?.cover;
    if (cover) {
      await Deno.writeFile(`${folder}/cover`, cover.bytes);
      const made = await makeCovers(tool, { input: `${folder}/cover`, outDir: `${folder}/covers` })
        .then(() => "played", code);
      assert.match(made, /^(played|bad_image|too_large)$/, "of the cover");
    }
    return outcome;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const numbers = Array.from({ length: FILES }, (_, at) => SEED + at);

Deno.test(`[U11] ${FILES} damaged files: each is measured, or refused with a reason`, async () => {
  await using bird = await canary();
  await using scratch = await scratchFolder();
  const tool = await theTool();
  const songs = await healthySongs(bird.url);
  const outcomes = new Map<string, number>();
  const wrong = await each(numbers, async (number) => {
    const one = await mutant(songs, number);
    try {
      const outcome = await examine(tool, scratch.path(String(number)), one);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      return outcome === "played" || REFUSALS.includes(outcome)
        ? undefined
        : `${one.name}: ${outcome}`;
    } catch (error) {
      return `${one.name}: ${error}`;
    }
  });
  console.log(Object.fromEntries(outcomes));
  assert.deepEqual(wrong, []);
  // damage that is too little or too much would test nothing
  for (const outcome of ["played", "corrupt", "not_audio"]) {
    assert.ok((outcomes.get(outcome) ?? 0) > FILES / 50, `${outcome} is hardly met`);
  }
  assert.deepEqual(bird.asked, []);
  assert.deepEqual(await filesBelow(scratch.dir), []);
  assert.deepEqual(await childrenOf(Deno.pid), []);
});

Deno.test("[U11] damaged files through a whole node: each plays or has failed, the site is well", async () => {
  await using bird = await canary();
  await using node = await startNode();
  const { accessToken: token } = await register(node.url);
  const songs = await healthySongs(bird.url);
  const visitor = visit({
    readyz: async () => assert.equal((await ask(node.url, "/readyz")).status, 200),
    home: async () => assert.equal((await ask(node.url, "/api/v1/tracks")).status, 200),
  });
  const outcomes = new Map<string, number>();
  const sample = numbers.filter((_, at) => at % SAMPLE === 0);
  const wrong = await each(sample, async (number) => {
    const { name, filename, bytes } = await mutant(songs, number);
    const { status, body } = await upload(node.url, token, bytes, { name: filename });
    const outcome = status === 202
      ? (await waitForTrack(node.url, body.track.id, ["ready", "failed"], { ms: 60_000 }))
        .failure?.code ?? "ready"
      : String((body as unknown as { code: string }).code);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    return outcome === "ready" || REFUSALS.includes(outcome) ? undefined : `${name}: ${outcome}`;
  });
  await visitor.leave();
  console.log(Object.fromEntries(outcomes));
  assert.deepEqual(wrong, []);
  assert.ok((outcomes.get("ready") ?? 0) > 3);
  assert.deepEqual(bird.asked, []);
  assert.deepEqual(await filesBelow(`${node.dataDir}/work`), []);
  assert.deepEqual(await filesBelow(`${node.dataDir}/media/.tmp`), []);
  const left = (await childrenOf(node.pid)).filter(({ command }) => /ffmpeg|bwrap/.test(command));
  assert.deepEqual(left, []);
  assert.deepEqual(node.logs().filter((line) => /escaped|nobody looked|threw/.test(line)), []);
});
