/** Tests of a ladder that was offered, with the answer to that lost (U10). */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { RenditionWork } from "./offers.ts";
import { offering } from "./offers.ts";
import { renditionParts } from "./part.ts";
import { makeAudio, PREFIX, STRICT, theTool, transcodeBench } from "./testing.ts";

Deno.test(
  "[U10] an offer that stands though its answer was lost costs the track nothing that is served",
  STRICT,
  async () => {
    await using bench = await transcodeBench();
    const { blobs, scratch } = bench;
    const stands: { readonly id: string; readonly work: RenditionWork }[] = [];
    let withdrawn = 0;
    const offer = offering({
      rows: {
        offer(_offering, parts) {
          stands.push(...parts);
          return Promise.reject(new Error("CONNECTION_CLOSED"));
        },
        look: () => Promise.reject(new Error("nothing was offered, as far as is known")),
        keep: () => Promise.reject(new Error("nothing was offered, as far as is known")),
        withdraw: () => Promise.resolve(void withdrawn++),
      },
      call: () => {},
      newId: () => crypto.randomUUID(),
      warn: () => {},
    });
    const path = await makeAudio(scratch, "a.wav", "sine=f=440:d=2:r=44100");
    const { renditions } = await bench.go(path, { offer });
    ok(stands.length > 0 && stands.length === renditions.length - 1);
    equal(withdrawn, 1, "others work in vain");

    // a helper that had begun sees that the job is done: what it made goes
    const work = renditionParts({
      rows: {
        reached: () => Promise.resolve(false),
        done: () => Promise.resolve(false),
        failed: () => Promise.resolve(),
      },
      ...{ blobs, ffmpeg: await theTool(), workDir: scratch.path("work") },
      ...{ allow: () => Promise.resolve(), warn: () => {} },
    });
    const over = AbortSignal.abort(new Error("the job is done"));
    for (const { id, work: its } of stands) {
      const context = {
        signal: over,
        prepared() {},
        turn: () => Promise.reject(new Error("none")),
      };
      await work({ id, subject: "u1", attempt: 1, work: its }, context);
    }
    const folders = [
      ...(await bench.text(`${PREFIX}/master.m3u8`)).matchAll(/^(.+)\/index\.m3u8$/gm),
    ]
      .map(([, folder]) => folder!);
    deepEqual(folders.length, renditions.length);
    for (const folder of folders) {
      const files = await blobs.list(`${PREFIX}/${folder}`);
      ok(files.some((key) => /seg-/.test(key)), `${folder} has gone`);
    }
  },
);
