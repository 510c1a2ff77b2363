import { deepEqual, equal, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { type ErrorCode, isRejection, Rejection } from "../domain/errors.ts";
import { diskBlobs } from "./blobs.ts";
import { uploadHolds } from "./upload_holds.ts";
import { type Incoming, uploadPieces } from "./upload_pieces.ts";

const text = (content: string) => new TextEncoder().encode(content);
const hex = (content: string) => createHash("sha256").update(content).digest("hex");
const is = (code: ErrorCode) => (error: unknown) => isRejection(error, code);

/** Pieces in a folder of their own; `save` keeps what was told. */
async function setup() {
  const dir = await Deno.makeTempDir({ prefix: "veza-pieces-" });
  const holds = uploadHolds();
  const told: number[] = [];
  let saveFails = false;
  const pieces = uploadPieces(`${dir}/uploads`);
  const append = async (
    offset: number,
    source: Incoming,
    checksum?: { algorithm: "sha1" | "sha256"; digest: string },
  ) => {
    using hold = await holds.take("a");
    const save = (received: number) => {
      if (saveFails) return Promise.reject(new Error("the database is away"));
      told.push(received);
      return Promise.resolve();
    };
    return await pieces.append({ id: "a", offset, source, checksum, save }, hold);
  };
  return {
    ...{ dir, pieces, holds, told, append },
    failSave: (fails: boolean) => void (saveFails = fails),
    file: () => Deno.readTextFile(`${dir}/uploads/a`),
    blobs: diskBlobs(`${dir}/media`),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

/** Gives these in one buffer, as a request does, and then does as `atEnd` says. */
function giving(chunks: readonly string[], atEnd: () => Promise<null>): Incoming {
  const buffer = new Uint8Array(64);
  const left = chunks.map(text);
  return {
    read() {
      const next = left.shift();
      if (next === undefined) return atEnd();
      buffer.set(next);
      return Promise.resolve(buffer.subarray(0, next.length));
    },
    cancel: () => Promise.resolve(),
  };
}

/** Gives these, and ends. */
const from = (...chunks: string[]) => giving(chunks, () => Promise.resolve(null));
/** Gives these, and then breaks as a connection does. */
const broken = (...chunks: string[]) =>
  giving(chunks, () => Promise.reject(new Rejection("upload_interrupted")));

Deno.test("[U3] pieces are put together, and handed on with the hash of the whole", async () => {
  await using t = await setup();
  equal(await t.append(0, from("one ", "two ")), 8);
  equal(await t.append(8, from("three")), 13);
  deepEqual(t.told, [8, 13]);
  const { sha256 } = await t.pieces.hand("a", 13, t.blobs, "originals/a");
  equal(sha256, hex("one two three"));
  equal(new TextDecoder().decode(await t.blobs.read("originals/a")), "one two three");
  equal(await t.pieces.size("a"), 13, "still here, until it is answered for");
  const again = await t.pieces.hand("a", 13, t.blobs, "originals/a");
  equal(again.sha256, sha256, "asked again after a failure");
  await t.pieces.remove("a");
  equal(await t.pieces.size("a"), 0);
});

Deno.test("[U3] what came before the connection broke is kept, fsynced and told", async () => {
  await using t = await setup();
  await rejects(t.append(0, broken("one ", "two ")), is("upload_interrupted"));
  deepEqual([t.told, await t.file()], [[8], "one two "]);
  await t.append(8, from("three"));
  equal((await t.pieces.hand("a", 13, t.blobs, "originals/a")).sha256, hex("one two three"));
});

Deno.test("[U3] a new process reads the hash from the file", async () => {
  await using t = await setup();
  await t.append(0, from("one "));
  const fresh = uploadPieces(`${t.dir}/uploads`);
  using hold = await t.holds.take("a");
  const save = () => Promise.resolve();
  await fresh.append({ id: "a", offset: 4, source: from("two"), save }, hold);
  equal((await fresh.hand("a", 7, t.blobs, "originals/a")).sha256, hex("one two"));
});

Deno.test("[U3] bytes that were never told are overwritten, not kept in between", async () => {
  await using t = await setup();
  await t.append(0, from("one "));
  await Deno.writeTextFile(`${t.dir}/uploads/a`, "left by a kill", { append: true });
  await t.append(4, from("two"));
  equal(await t.file(), "one two");
});

Deno.test("[U3] a piece with a checksum is taken whole or not at all", async () => {
  await using t = await setup();
  await t.append(0, from("one "));
  const digest = createHash("sha1").update("two").digest("base64");
  const checksum = { algorithm: "sha1", digest } as const;
  await rejects(t.append(4, from("twx"), checksum), is("checksum_mismatch"));
  deepEqual([t.told, await t.file()], [[4], "one "]);
  await rejects(t.append(4, broken("tw"), checksum), is("upload_interrupted"));
  deepEqual([t.told, await t.file()], [[4], "one "]);
  equal(await t.append(4, from("two"), checksum), 7);
  equal((await t.pieces.hand("a", 7, t.blobs, "originals/a")).sha256, hex("one two"));
});

Deno.test("[U3] what could not be saved is not on the disk either, and is sent again", async () => {
  await using t = await setup();
  await t.append(0, from("one "));
  t.failSave(true);
  await rejects(t.append(4, from("two")), /the database is away/);
  equal(await t.file(), "one ");
  t.failSave(false);
  await t.append(4, from("two"));
  equal((await t.pieces.hand("a", 7, t.blobs, "originals/a")).sha256, hex("one two"));
});

Deno.test("[U3] a writer that is sent away stops, and what it had is kept", async () => {
  await using t = await setup();
  const cancelled = Promise.withResolvers<null>();
  const silent = {
    ...giving(["one "], () => cancelled.promise),
    cancel: () => Promise.resolve(cancelled.resolve(null)), // a body that is cancelled just ends
  };
  const sending = rejects(t.append(0, silent), is("conflict"));
  while (await t.pieces.size("a") < 4) await new Promise((resolve) => setTimeout(resolve, 5));
  using _next = await t.holds.take("a", { force: true });
  await sending;
  deepEqual(t.told, [4]);
});

Deno.test("[U3] files that nobody touched are found by their id, whatever became of them", async () => {
  await using t = await setup();
  deepEqual(await t.pieces.untouched(new Date()), []);
  await t.append(0, from("one "));
  await Deno.writeTextFile(`${t.dir}/uploads/b.whole`, "left by a kill");
  const soon = new Date(Date.now() + 1_000);
  deepEqual((await t.pieces.untouched(soon)).sort(), ["a", "b"]);
  deepEqual(await t.pieces.untouched(new Date(0)), []);
});
