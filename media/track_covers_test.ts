/** Covers whose rows answer late or not at all keep what may be named (U9). */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { picture } from "../tests/support/pictures.ts";
import { diskBlobs } from "./blobs.ts";
import { refused, scratchFolder, STRICT, theTool } from "./testing.ts";
import { type CoverRows, trackCovers } from "./track_covers.ts";

const TRACK = "019a0000-0000-7000-8000-00000000000a";

Deno.test(
  "[U9] a cover stays that its row may name, though the answer was lost",
  STRICT,
  async () => {
    await using scratch = await scratchFolder();
    const blobs = diskBlobs(scratch.path("media"));
    const red = await picture("png", "red");
    let saved: string | null = null;
    /** Sets a cover with rows that answer by `choose`. */
    const set = async (choose: CoverRows["choose"]) => {
      const rows = { choose, bring: choose, isOpen: () => Promise.resolve(true) };
      const workDir = scratch.path("work");
      await using covers = trackCovers({ blobs, ffmpeg: await theTool(), workDir, rows });
      await using out = await covers.writer(TRACK);
      await out.write(red);
      await out.commit();
    };
    const lost = set((_, key) => {
      saved = key;
      return Promise.reject(new Error("CONNECTION_CLOSED"));
    });
    await rejects(lost, /CONNECTION_CLOSED/);
    const kept = await blobs.list(saved ?? "");
    equal(kept.length, 3, "the collector knows whether a row names it");

    await refused(set(() => Promise.resolve(null)), "not_found");
    deepEqual(await blobs.list(""), kept, "of a track that is gone nothing stays");
    await set(() => Promise.resolve({ previous: saved }));
    equal((await blobs.list("covers")).length, 3);
    deepEqual(await blobs.list(saved ?? ""), [], "what was replaced goes");
  },
);
