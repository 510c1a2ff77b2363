import { deepEqual, equal } from "node:assert/strict";
import { removeUntouched } from "./files.ts";
import { scratchFolder, STRICT } from "./testing.ts";

Deno.test(
  "[U13] scratch that nobody has written to goes, that of a running encoder stays",
  STRICT,
  async () => {
    await using scratch = await scratchFolder();
    const age = async (path: string, hours: number) => {
      const then = new Date(Date.now() - hours * 3_600_000);
      await Deno.utime(path, then, then);
    };
    for (const name of ["dead", "running"]) {
      await Deno.mkdir(scratch.path(`${name}/out`), { recursive: true });
      await Deno.writeTextFile(scratch.path(`${name}/out/seg-1.m4s`), "x");
      await age(scratch.path(`${name}/out/seg-1.m4s`), name === "dead" ? 25 : 1);
      await age(scratch.path(`${name}/out`), 25);
      await age(scratch.path(name), 25);
    }
    await Deno.writeTextFile(scratch.path("head-1"), "x");
    await age(scratch.path("head-1"), 25);
    const before = new Date(Date.now() - 24 * 3_600_000);
    equal(await removeUntouched(scratch.dir, before), 2);
    deepEqual([...Deno.readDirSync(scratch.dir)].map(({ name }) => name), ["running"]);
    equal(await removeUntouched(scratch.path("never-made"), before), 0);
  },
);
