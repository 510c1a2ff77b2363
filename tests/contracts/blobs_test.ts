/** The store on a disk keeps to the contract of blobs, and says when the disk is full. */
import assert from "node:assert/strict";
import { Rejection } from "../../domain/errors.ts";
import { diskBlobs } from "../../media/blobs.ts";
import { diskError } from "../../media/files.ts";
import { blobsContract } from "./blobs_contract.ts";

blobsContract("disk", async () => {
  const dir = await Deno.makeTempDir({ prefix: "veza-blobs-" });
  return {
    blobs: diskBlobs(`${dir}/media`),
    leftovers: async () => {
      let count = 0;
      try {
        for await (const _ of Deno.readDir(`${dir}/media/.tmp`)) count++;
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      return count;
    },
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
});

Deno.test("[U3] a full disk is disk_full, and nothing partial becomes visible", {
  sanitizeOps: true,
  sanitizeResources: true,
}, async () => {
  const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
  const told = diskError(full);
  assert.ok(told instanceof Rejection && told.code === "disk_full");
  assert.equal(diskError(told), told);

  const dir = await Deno.makeTempDir({ prefix: "veza-blobs-" });
  // A device that is always full, in the place of the file system.
  const open = Deno.open;
  Deno.open = (path, options) =>
    open(String(path).includes(".tmp/") ? "/dev/full" : path, { ...options, createNew: false });
  try {
    const blobs = diskBlobs(dir);
    const error = await blobs.put("x", new Uint8Array(9)).then(() => null, (reason) => reason);
    assert.ok(error instanceof Rejection && error.code === "disk_full", Deno.inspect(error));
    assert.equal(await blobs.stat("x"), null);
  } finally {
    Deno.open = open;
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("[U13] empty folders go with the last blob in them, and no write fails for that", {
  sanitizeOps: true,
  sanitizeResources: true,
}, async () => {
  const dir = await Deno.makeTempDir({ prefix: "veza-blobs-" });
  const folders = async () =>
    (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name).filter((name) =>
      name !== ".tmp"
    );
  try {
    const blobs = diskBlobs(dir);
    await blobs.put("a/b/c/d", new Uint8Array(1));
    await blobs.put("a/b/e", new Uint8Array(1));
    await blobs.delete("a/b/c/d");
    await assert.rejects(Deno.stat(`${dir}/a/b/c`), Deno.errors.NotFound);
    assert.deepEqual(await blobs.list(""), ["a/b/e"]);
    await blobs.deletePrefix("a/b");
    assert.deepEqual(await folders(), []);

    // one folder that is made and pruned all the time, by eight at once
    const worker = async (which: number) => {
      for (let round = 0; round < 25; round++) {
        const key = `x/y/z/${which}-${round}`;
        await blobs.put(key, new Uint8Array(1));
        assert.ok(await blobs.stat(key), key);
        await (round % 5 === 0 ? blobs.deletePrefix(key) : blobs.delete(key));
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: 8 }, (_, which) => worker(which)));
    assert.deepEqual(ends.filter(({ status }) => status === "rejected"), []);
    assert.deepEqual(await blobs.list(""), []);
    assert.deepEqual(await folders(), []);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
