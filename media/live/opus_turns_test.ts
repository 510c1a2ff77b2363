/** Tests of the endless Opus: whole for each listener, and given out in turns. */
import assert from "node:assert/strict";
import { type OggPage, OggPages } from "./ogg.ts";
import { SILENCE } from "./ogg_opus.ts";
import { OpusTurns } from "./opus_turns.ts";

/** Takes what has come, without waiting for more. */
async function taken(stream: ReadableStream<Uint8Array<ArrayBuffer>>, end: () => void) {
  end();
  const pages = new OggPages();
  const all: OggPage[] = [];
  for await (const bytes of stream) all.push(...pages.push(bytes));
  assert.equal(pages.skipped, 0, "nothing but whole pages");
  return all;
}

const turnsOf = (onLeft: () => void = () => {}) => new OpusTurns({ title: () => "Night", onLeft });
const frames = (turns: OpusTurns, count: number) => {
  for (let n = 0; n < count; n++) turns.take(SILENCE.packet(2), SILENCE.samples);
};

Deno.test("[L4] whoever comes, and whenever: pages are numbered from 0, without a hole in them", async () => {
  const turns = turnsOf();
  const streams: ReadableStream<Uint8Array<ArrayBuffer>>[] = [];
  for (let n = 0; n < 40; n++) {
    streams.push(turns.enter({ withTitles: false, left() {} }));
    frames(turns, 7);
  }
  for (const [at, stream] of streams.entries()) {
    const pages = await taken(stream, () => turns.end());
    assert.deepEqual(pages.map(({ sequence }) => sequence), pages.map((_, page) => page));
    const sound = pages.slice(2);
    assert.ok(sound.length >= 40 - at, `${sound.length} pages for listener ${at}`);
    for (const [page, { lacing, granule }] of sound.entries()) {
      if (page === 0) continue;
      const before = sound[page - 1]!.granule;
      assert.equal(granule, before + BigInt(lacing.length * SILENCE.samples));
    }
    assert.equal(pages.at(-1)?.isLast, true);
  }
});

Deno.test("[L4] [P8] at each frame a seventh of the listeners get a page of 140 ms", async () => {
  const turns = turnsOf();
  frames(turns, 7); // each turn has had its first page
  const got: number[] = new Array(14).fill(0);
  for (const at of got.keys()) {
    const reader = turns.enter({ withTitles: false, left() {} }).getReader();
    void (async () => {
      while (!(await reader.read()).done) got[at]!++;
    })();
  }
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  await settle();
  const begun = [...got];
  for (let frame = 0; frame < 21; frame++) {
    const before = [...got];
    frames(turns, 1);
    await settle();
    const served = got.flatMap((count, at) => count > before[at]! ? [at] : []);
    assert.equal(served.length, 2, `frame ${frame}: ${served}`);
  }
  assert.ok(got.every((count, at) => count === begun[at]! + 3), "each once in seven frames");
  turns.end();
  await settle();
});

Deno.test("[L4] who leaves is told of once, and the others hear on", async () => {
  const gone: string[] = [];
  const turns = turnsOf(() => gone.push(`${turns.size} left`));
  const one = turns.enter({ withTitles: false, left: () => gone.push("one") });
  const two = turns.enter({ withTitles: false, left: () => gone.push("two") });
  await one.cancel();
  assert.deepEqual(gone, ["one", "1 left"]);
  frames(turns, 14);
  assert.ok((await taken(two, () => turns.end())).length >= 4);
  assert.deepEqual(gone, ["one", "1 left", "two", "0 left"]);
});
