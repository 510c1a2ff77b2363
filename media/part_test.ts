/** Tests of a rendition that is made for another worker: what is told, and what goes again (U10). */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { Rejection } from "../domain/errors.ts";
import type { RenditionOutcome } from "./job.ts";
import type { RenditionWork } from "./offers.ts";
import { renditionParts } from "./part.ts";
import { plan } from "./plan.ts";
import { makeAudio, PREFIX, STRICT, theTool, transcodeBench } from "./testing.ts";

/** A part on its second beginning, and what became of it; `needed` is what the rows answer. */
async function place({ needed = true, seconds = 28, allow = () => Promise.resolve() } = {}) {
  await using owned = new AsyncDisposableStack();
  const bench = owned.use(await transcodeBench());
  const { blobs, scratch } = bench;
  const path = await makeAudio(scratch, "a.wav", `anoisesrc=d=${seconds}:a=0.1:r=44100`);
  await blobs.put("sources/u1", (await Deno.open(path)).readable);
  const [rendition] = plan({ sampleRate: 44_100, channels: 1, bits: 16, lossless: true });
  const work: RenditionWork = {
    ...{ rendition: rendition!, sourceKey: "sources/u1", prefix: PREFIX },
    ...{ gainDb: 0, maxSeconds: 7_200 },
  };
  const told: { reached: number; done: RenditionOutcome[]; failed: string[]; counted: string[] } = {
    ...{ reached: 0, done: [], failed: [], counted: [] },
  };
  const end = new AbortController();
  const first = Promise.withResolvers<void>();
  const parts = renditionParts({
    rows: {
      reached() {
        told.reached++;
        first.resolve();
        return Promise.resolve(needed);
      },
      done(_part, made) {
        told.done.push(made);
        return Promise.resolve(needed);
      },
      failed: (_part, reason) => Promise.resolve(void told.failed.push(reason)),
    },
    ...{ blobs, ffmpeg: await theTool(), workDir: scratch.path("work"), allow, warn() {} },
    count: (outcome) => void told.counted.push(outcome),
  });
  const kept = owned.move();
  return {
    ...{ told, end, first: first.promise },
    run: () =>
      parts({ id: "p1", subject: "u1", attempt: 2, work }, {
        signal: end.signal,
        prepared() {},
        turn: () => Promise.reject(new Error("it needs no turn")),
      }),
    files: () => blobs.list(PREFIX),
    clean: () => bench.clean(),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

Deno.test(
  "[U10] a part is made into the folder of its beginning, and told with its true figures",
  STRICT,
  async () => {
    await using t = await place();
    equal(await t.run(), null);
    const [made] = t.told.done;
    ok(made && made.segments === 5 && made.bytes > 0 && t.told.reached > 0);
    const files = await t.files();
    equal(files.filter((key) => key.startsWith(`${PREFIX}/aac-128-2/seg-`)).length, 5);
    ok(files.every((key) => key.startsWith(`${PREFIX}/aac-128-2/`)), files.join(" "));
    deepEqual(t.told.counted, ["done"]);
    t.clean();
  },
);

Deno.test("[U10] what nobody needs any more ends, and goes", STRICT, async () => {
  await using t = await place({ needed: false });
  equal(await t.run(), null);
  deepEqual([await t.files(), t.told.failed, t.told.counted], [[], [], ["unneeded"]]);
  t.clean();
});

Deno.test("[U10] why nothing was made is told to who offered it", STRICT, async () => {
  const allow = () => Promise.reject(new Rejection("unsafe_media", "No jail here"));
  await using t = await place({ allow });
  equal(await t.run(), null);
  deepEqual([await t.files(), t.told.failed, t.told.counted], [[], ["No jail here"], ["failed"]]);
});

Deno.test(
  "[U10] a worker that ends gives its part back, and takes what it made with it",
  STRICT,
  async () => {
    await using t = await place({ seconds: 240 }); // it is not done before it is told to end
    const running = t.run();
    t.first.then(() => t.end.abort(new Rejection("shutting_down")));
    await rejects(running, (error) => error === t.end.signal.reason);
    deepEqual([await t.files(), t.told.done, t.told.counted], [[], [], ["given_back"]]);
    t.clean();
  },
);
