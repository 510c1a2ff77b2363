/** What every store of blobs keeps to (U13): one suite, for the disk and for S3. */
import assert from "node:assert/strict";
import { type ErrorCode, Rejection } from "../../domain/errors.ts";
import type { Blobs } from "../../media/blobs.ts";

/** A fresh, empty store; `leftovers` counts unfinished writes that are still stored somewhere. */
export interface BlobsUnderTest extends AsyncDisposable {
  readonly blobs: Blobs;
  leftovers(): Promise<number>;
}

const STRICT = { sanitizeOps: true, sanitizeResources: true };
const bytes = (text: string) => new TextEncoder().encode(text);

async function refused(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  const error = await work.then(() => "no error", (reason: unknown) => reason);
  assert.ok(error instanceof Rejection, `wanted ${code}, but got ${Deno.inspect(error)}`);
  assert.equal(error.code, code);
}

/** A stream of `count` chunks of `size` bytes, then `then`. */
function chunks(count: number, size: number, then: "end" | Error | "hang" = "end") {
  let left = count;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(size).fill(left));
      else if (then === "end") controller.close();
      else if (then !== "hang") controller.error(then);
      else return new Promise(() => undefined);
    },
  });
}

/** Registers the suite under `name` for the stores that `make` makes. */
export function blobsContract(name: string, make: () => Promise<BlobsUnderTest>): void {
  const test = (title: string, body: (store: BlobsUnderTest) => Promise<void>) =>
    Deno.test(`[U13] ${name}: ${title}`, STRICT, async () => {
      await using store = await make();
      await body(store);
    });

  test("what was put is read back, with its length and SHA-256", async ({ blobs }) => {
    const stored = await blobs.put("a/b.txt", bytes("abc"));
    assert.deepEqual(stored, {
      bytes: 3,
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    });
    assert.deepEqual(await blobs.read("a/b.txt"), bytes("abc"));
    const big = await blobs.put("big", chunks(40, 65_536));
    assert.equal(big.bytes, 40 * 65_536);
    assert.equal((await blobs.stat("big"))?.size, big.bytes);
    await blobs.put("a/b.txt", bytes("other"));
    assert.deepEqual(await blobs.read("a/b.txt"), bytes("other"));
  });

  test("an empty blob is a blob", async ({ blobs }) => {
    assert.equal((await blobs.put("none", new Uint8Array())).bytes, 0);
    assert.equal((await blobs.read("none")).length, 0);
    const { size, stream } = await blobs.open("none");
    assert.equal(size, 0);
    assert.equal((await new Response(stream).bytes()).length, 0);
  });

  test("a blob is opened whole and in part, and its tag changes with it", async ({ blobs }) => {
    await blobs.put("x", bytes("0123456789"));
    const part = async (start: number, end: number) => {
      const { stream, size } = await blobs.open("x", { start, end });
      assert.equal(size, 10);
      return await new Response(stream).text();
    };
    assert.equal(await part(0, 9), "0123456789");
    assert.equal(await part(3, 5), "345");
    assert.equal(await part(9, 9), "9");
    await refused(blobs.open("x", { start: 5, end: 10 }), "range_not_satisfiable");
    await refused(blobs.open("x", { start: 5, end: 4 }), "range_not_satisfiable");
    const before = await blobs.stat("x");
    const opened = await blobs.open("x");
    await opened.stream.cancel();
    assert.equal(opened.etag, before?.etag);
    assert.match(opened.etag, /^"[^"]+"$/);
    await blobs.put("x", bytes("0123456780"));
    assert.notEqual((await blobs.stat("x"))?.etag, before?.etag);
  });

  test("what is not there is not_found, null, or nothing to delete", async ({ blobs }) => {
    await refused(blobs.read("no/such"), "not_found");
    await refused(blobs.open("no/such"), "not_found");
    assert.equal(await blobs.stat("no/such"), null);
    await blobs.delete("no/such");
    await blobs.deletePrefix("no/such");
    assert.deepEqual(await blobs.list("no"), []);
  });

  test("lists and deletes by folder, never by the beginning of a name", async ({ blobs }) => {
    for (const key of ["t/1/a", "t/1/b/c", "t/10/a", "t/2"]) await blobs.put(key, bytes(key));
    assert.deepEqual(await blobs.list("t/1"), ["t/1/a", "t/1/b/c"]);
    assert.deepEqual(await blobs.list(""), ["t/1/a", "t/1/b/c", "t/10/a", "t/2"]);
    await blobs.deletePrefix("t/1");
    assert.deepEqual(await blobs.list("t"), ["t/10/a", "t/2"]);
    await blobs.delete("t/2");
    assert.deepEqual(await blobs.list("t"), ["t/10/a"]);
  });

  test("keys come one by one as they are listed, none held back", async ({ blobs }) => {
    const keys = Array.from({ length: 30 }, (_, at) => `k/${at % 3}/${at}`);
    for (const key of keys) await blobs.put(key, bytes("x"));
    assert.deepEqual((await Array.fromAsync(blobs.keys(""))).sort(), keys.toSorted());
    assert.deepEqual((await Array.fromAsync(blobs.keys("k/1"))).sort(), await blobs.list("k/1"));
    assert.deepEqual(await Array.fromAsync(blobs.keys("none")), []);
    for await (const key of blobs.keys("k/2")) await blobs.delete(key); // a collector does so
    assert.deepEqual(await blobs.list("k/2"), []);
  });

  test("malformed keys are refused everywhere", async ({ blobs }) => {
    const keys = [
      "",
      "/a",
      "a/",
      "a//b",
      "../a",
      "a/../b",
      "A",
      "a b",
      ".tmp/x",
      "a\0",
      "é",
      "a..b",
    ];
    for (const key of [...keys, "a/".repeat(400) + "a"]) {
      await assert.rejects(blobs.put(key, bytes("x")), TypeError, key);
      await assert.rejects((async () => await blobs.read(key))(), TypeError, key);
      await assert.rejects((async () => await blobs.delete(key))(), TypeError, key);
      if (key !== "") await assert.rejects((async () => await blobs.list(key))(), TypeError, key);
      await assert.rejects((async () => await blobs.deletePrefix(key))(), TypeError, key);
    }
  });

  test("over maxBytes is too_large, and leaves nothing", async ({ blobs, leftovers }) => {
    await blobs.put("x", chunks(2, 50), { maxBytes: 100 });
    await refused(blobs.put("y", chunks(3, 50), { maxBytes: 100 }), "too_large");
    await refused(blobs.put("y", new Uint8Array(101), { maxBytes: 100 }), "too_large");
    assert.deepEqual(await blobs.list(""), ["x"]);
    assert.equal(await leftovers(), 0);
  });

  test("a broken or aborted stream is upload_interrupted, and leaves what was", async (store) => {
    const { blobs, leftovers } = store;
    await blobs.put("x", bytes("old"));
    await refused(
      blobs.put("x", chunks(3, 9, new Deno.errors.BadResource("gone"))),
      "upload_interrupted",
    );
    const stop = new AbortController();
    const hanging = blobs.put("x", chunks(3, 9, "hang"), { signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    await refused(hanging, "upload_interrupted");
    await refused(
      blobs.put("y", bytes("new"), { signal: AbortSignal.abort() }),
      "upload_interrupted",
    );
    assert.deepEqual(await blobs.read("x"), bytes("old"));
    assert.deepEqual(await blobs.list(""), ["x"]);
    assert.equal(await leftovers(), 0);
  });

  test("what is being written is not to be seen before it is committed", async (store) => {
    const { blobs, leftovers } = store;
    {
      await using out = await blobs.writer("w/x");
      await out.write(bytes("ab"));
      assert.deepEqual(await blobs.list(""), []);
      assert.equal(await blobs.stat("w/x"), null);
      await out.write(bytes("c"));
      assert.equal(out.bytes, 3);
      assert.equal((await out.commit()).bytes, 3);
    }
    {
      await using out = await blobs.writer("w/given-up");
      await out.write(bytes("ab"));
    }
    assert.deepEqual(await blobs.list(""), ["w/x"]);
    assert.equal(await leftovers(), 0);
  });

  test("what a killed node left half-written is swept, a write that runs is not", async (store) => {
    const { blobs, leftovers } = store;
    const hour = 3_600_000;
    await blobs.put("there", bytes("x"));
    await using running = await blobs.writer("w/running");
    await running.write(new Uint8Array(100_000));
    assert.equal(await blobs.sweep(new Date(Date.now() - hour)), 0);
    await running.commit();
    // No one will ever commit it, as far as the store can tell.
    await using dead = await blobs.writer("originals/019a0000-0000-7000-8000-00000000000a");
    await dead.write(new Uint8Array(100_000));
    const left = await leftovers();
    assert.equal(await blobs.sweep(new Date(Date.now() + hour)), left);
    assert.equal(await leftovers(), 0);
    assert.deepEqual(await blobs.list(""), ["there", "w/running"]);
  });

  test("a finished local file is taken in; a link is not", async ({ blobs }) => {
    const dir = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${dir}/a`, "abc");
      assert.deepEqual(await blobs.adopt(`${dir}/a`, "seg/1.m4s"), { bytes: 3 });
      assert.deepEqual(await blobs.read("seg/1.m4s"), bytes("abc"));
      await assert.rejects(Deno.stat(`${dir}/a`), Deno.errors.NotFound);
      // An encoder that was broken into could leave a link to any file of ours.
      await Deno.writeTextFile(`${dir}/secret`, "secret");
      await Deno.symlink(`${dir}/secret`, `${dir}/b`);
      await assert.rejects(blobs.adopt(`${dir}/b`, "seg/2.m4s"), /not a regular file/);
      assert.equal(await blobs.stat("seg/2.m4s"), null);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });

  test("the last of many writers to one key wins, whole", async ({ blobs, leftovers }) => {
    await Promise.all(
      Array.from({ length: 12 }, (_, at) => blobs.put("same", chunks(at + 1, 10_000))),
    );
    assert.equal((await blobs.read("same")).length % 10_000, 0);
    assert.equal(await leftovers(), 0);
  });
}
