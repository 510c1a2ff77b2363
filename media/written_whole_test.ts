/** Tests that what a full disk has cut off is seen, though ffmpeg says that all is well. */
import assert from "node:assert/strict";
import { run } from "./ffmpeg.ts";
import { scratchFolder, STRICT, theTool } from "./testing.ts";
import { checkPlaylist, checkSegment } from "./written_whole.ts";

for (const [form, ending] of [["fmp4", "m4s"], ["mpegts", "ts"]] as const) {
  Deno.test(`[A16] a ${form} segment that was cut anywhere is seen`, STRICT, async () => {
    await using scratch = await scratchFolder();
    await run(await theTool(), {
      args: [
        ...["-f", "lavfi", "-i", "anoisesrc=d=2", "-c:a", "aac", "-f", "hls", "-hls_time", "9"],
        ...["-hls_segment_type", form, "-hls_segment_filename", `seg-%d.${ending}`, "index.m3u8"],
      ],
      outDir: scratch.dir,
    });
    const name = `seg-0.${ending}`;
    await checkSegment(scratch.dir, name);
    if (form === "fmp4") await checkSegment(scratch.dir, "init.mp4");
    const text = await Deno.readTextFile(scratch.path("index.m3u8"));
    await checkPlaylist(scratch.dir, "index.m3u8", text);
    await assert.rejects(checkPlaylist(scratch.dir, "index.m3u8", ""), /unfinished/);
    await assert.rejects(checkPlaylist(scratch.dir, "x", text.slice(0, -16)), /x unfinished/);
    // as a file system cuts: at its blocks, or anywhere
    const { size } = await Deno.stat(scratch.path(name));
    for (const left of [size - 1, size - 200, 8_192, 4_096, 17, 7, 0]) {
      await Deno.truncate(scratch.path(name), left);
      await assert.rejects(checkSegment(scratch.dir, name), /left seg.* unfinished/, `${left}`);
    }
    assert.deepEqual(
      [...Deno.readDirSync(scratch.dir)].map((one) => one.name).includes("trial"),
      false,
    );
  });
}
