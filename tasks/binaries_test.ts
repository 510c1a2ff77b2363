/** Tests of laying programs into a folder: from a setting, from PATH, from packages. */
import assert from "node:assert/strict";
import { layFfmpeg, layPostgres } from "./binaries.ts";
import { temporary } from "../tests/support/processes.ts";

const version = async (path: string, word: string) => {
  const { success, stdout } = await new Deno.Command(path, { args: [word] }).output();
  assert.ok(success, path);
  return new TextDecoder().decode(stdout).split("\n")[0] ?? "";
};

/** Sets PATH while `work` runs. */
async function withPath<T>(path: string, work: () => Promise<T>): Promise<T> {
  const before = Deno.env.get("PATH") ?? "";
  Deno.env.set("PATH", path);
  try {
    return await work();
  } finally {
    Deno.env.set("PATH", before);
  }
}

/** A folder with programs of these names that do nothing. */
async function fakes(folder: string, ...names: string[]): Promise<string> {
  await Deno.mkdir(folder);
  for (const name of names) {
    await Deno.writeTextFile(`${folder}/${name}`, "#!/bin/sh\n", { mode: 0o755 });
  }
  return folder;
}

Deno.test("[O2] the packaged PostgreSQL is laid with its links, once", async () => {
  await using folder = await temporary();
  const told: string[] = [];
  assert.ok(await layPostgres(folder.path, (line) => told.push(line)));
  assert.match(await version(`${folder.path}/postgres/bin/postgres`, "--version"), /PostgreSQL/);
  assert.ok(await layPostgres(folder.path, (line) => told.push(line)));
  assert.equal(told.length, 1);
});

Deno.test("[O1] where PATH has no ffmpeg, packaged ones are laid, and run", async () => {
  await using folder = await temporary();
  const lay = () => withPath("/nowhere", () => layFfmpeg(folder.path, undefined, () => {}));
  const found = await lay();
  if ("missing" in found) {
    assert.notEqual(`${Deno.build.os}-${Deno.build.arch}`, "linux-x86_64");
    return;
  }
  assert.deepEqual(found, { from: "package" });
  for (const name of ["ffmpeg", "ffprobe"]) {
    assert.match(
      await version(`${folder.path}/${name}`, "-version"),
      new RegExp(`^${name} version`),
    );
  }
  assert.deepEqual(await lay(), found);
});

Deno.test("[O3] FFMPEG is linked with the ffprobe beside it; what is missing is named", async () => {
  await using folder = await temporary();
  const bin = `${folder.path}/bin`;
  await Deno.mkdir(bin);
  const own = await fakes(`${folder.path}/own`, "ffmpeg-7", "ffprobe");
  assert.deepEqual(await layFfmpeg(bin, `${own}/ffmpeg-7`, () => {}), { from: "FFMPEG" });
  assert.equal(await Deno.readLink(`${bin}/ffmpeg`), `${own}/ffmpeg-7`);
  assert.equal(await Deno.readLink(`${bin}/ffprobe`), `${own}/ffprobe`);
  const lone = await fakes(`${folder.path}/lone`, "ffmpeg");
  const found = await layFfmpeg(bin, `${lone}/ffmpeg`, () => {});
  assert.deepEqual(found, { missing: `${lone}/ffprobe (from FFMPEG)` });
});

Deno.test("[O1] with ffmpeg on PATH nothing is laid, and what lay there goes", async () => {
  await using folder = await temporary();
  const bin = await fakes(`${folder.path}/bin`, "ffmpeg", "ffprobe");
  const path = await fakes(`${folder.path}/path`, "ffmpeg", "ffprobe");
  const found = await withPath(path, () => layFfmpeg(bin, undefined, () => {}));
  assert.deepEqual(found, { from: "PATH" });
  assert.deepEqual([...Deno.readDirSync(bin)], []);
});
