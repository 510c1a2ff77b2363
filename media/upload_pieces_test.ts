import { deepEqual, equal, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { type ErrorCode, isRejection, Rejection } from "../domain/errors.ts";
import { diskBlobs } from "./blobs.ts";
import { uploadHolds } from "./upload_holds.ts";
import { type Incoming, type Opened, uploadPieces } from "./upload_pieces.ts";

const text = (content: string) => new TextEncoder().encode(content);
const hex = (content: string) => createHash("sha256").update(content).digest("hex");
const is = (code: ErrorCode) => (error: unknown) => isRejection(error, code);

/** A row as the database keeps it, with its fence. */
function row() {
  const told: number[] = [];
  let writer = 0;
  let saveFails = false;
  return {
    told,
    failSave: (fails: boolean) => void (saveFails = fails),
    open(): Promise<Opened> {
      const mine = writer += 1;
      const save = (received: number) => {
        if (saveFails) return Promise.reject(new Error("the database is away"));
        if (mine !== writer) return Promise.reject(new Rejection("fenced"));
        told.push(received);
        return Promise.resolve();
      };
      return Promise.resolve({ writer, received: told.at(-1) ?? 0, save });
    },
    whole: () => ({ bytes: told.at(-1) ?? 0, writer }),
  };
}

type Sum = { algorithm: "sha1" | "sha256"; digest: string };

/** Two nodes on one folder, and what they tell of one upload. */
async function setup() {
  const dir = await Deno.makeTempDir({ prefix: "veza-pieces-" });
  const upload = row();
  const blobs = diskBlobs(`${dir}/media`);
  const node = () => {
    const holds = uploadHolds();
    const pieces = uploadPieces(`${dir}/uploads`);
    return {
      holds,
      pieces,
      async append(offset: number, source: Incoming, checksum?: Sum) {
        using hold = await holds.take("a");
        return await pieces.append({ id: "a", offset, source, checksum, open: upload.open }, hold);
      },
      hand: () => pieces.hand("a", upload.whole(), blobs, "originals/a"),
    };
  };
  return {
    ...node(),
    ...{ dir, blobs, told: upload.told, failSave: upload.failSave, open: upload.open },
    other: node(),
    file: () => Deno.readTextFile(`${dir}/uploads/a`),
    blob: async () => new TextDecoder().decode(await blobs.read("originals/a")),
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
  const { sha256 } = await t.hand();
  equal(sha256, hex("one two three"));
  equal(await t.blob(), "one two three");
  equal(await t.pieces.size("a"), 13, "still here, until it is answered for");
  const again = await t.hand();
  equal(again.sha256, sha256, "asked again after a failure");
  await t.pieces.remove("a");
  equal(await t.pieces.size("a"), 0);
});

Deno.test("[U3] what came before the connection broke is kept, fsynced and told", async () => {
  await using t = await setup();
  await rejects(t.append(0, broken("one ", "two ")), is("upload_interrupted"));
  deepEqual([t.told, await t.file()], [[8], "one two "]);
  await t.append(8, from("three"));
  equal((await t.hand()).sha256, hex("one two three"));
});

Deno.test("[U3] a new process reads the hash from the file", async () => {
  await using t = await setup();
  await t.append(0, from("one "));
  await t.other.append(4, from("two"));
  equal((await t.other.hand()).sha256, hex("one two"));
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
  await rejects(t.append(4, broken("tw and more"), checksum), is("upload_interrupted"));
  deepEqual(t.told, [4]);
  equal(await t.append(4, from("two"), checksum), 7);
  equal((await t.hand()).sha256, hex("one two"));
});

Deno.test("[U3] what could not be saved is sent again", async () => {
  await using t = await setup();
  await t.append(0, from("one "));
  t.failSave(true);
  await rejects(t.append(4, from("two and more")), /the database is away/);
  t.failSave(false);
  await t.append(4, from("two"));
  equal((await t.hand()).sha256, hex("one two"));
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

Deno.test("[U3] two nodes on one folder: while one writes, the other is refused, and changes nothing", async () => {
  await using t = await setup();
  await t.append(0, from("one "));
  const last = Promise.withResolvers<null>();
  const sending = t.append(4, giving(["two "], () => last.promise));
  while (await t.pieces.size("a") < 8) await new Promise((resolve) => setTimeout(resolve, 5));
  await rejects(t.other.append(4, from("xxx")), is("conflict"));
  equal(await t.other.pieces.lock("a"), null, "nor is it ended meanwhile");
  last.resolve(null);
  equal(await sending, 8);
  equal((await t.hand()).sha256, hex("one two "));
  equal(await t.blob(), "one two ");
});

Deno.test("[U3] two nodes on one folder: who was told of an older end is refused", async () => {
  await using t = await setup();
  await t.append(0, from("one "));
  await t.other.append(4, from("two "));
  await rejects(t.append(4, from("xxx ")), is("conflict"));
  equal(await t.file(), "one two ");
});

Deno.test("[U3] two nodes on one folder: the hash is that of the bytes, whoever wrote them", async () => {
  await using t = await setup();
  await t.append(0, from("one "));
  await t.append(4, from("two "));
  // as where a folder is not really shared: another went back, and wrote other bytes
  await t.open().then(({ save }) => save(4));
  await t.other.append(4, from("TWO "));
  equal((await t.hand()).sha256, hex("one TWO "));
});

Deno.test("[U3] a writer whose row another has taken stops, and cuts nothing off", async () => {
  await using t = await setup();
  await t.append(0, from("one "));
  const last = Promise.withResolvers<null>();
  const sending = rejects(t.append(4, giving(["two "], () => last.promise)), is("fenced"));
  while (await t.pieces.size("a") < 8) await new Promise((resolve) => setTimeout(resolve, 5));
  await t.open().then(({ save }) => save(8)); // a file system without locks lets both in
  last.resolve(null);
  await sending;
  equal(await t.file(), "one two ");
});

Deno.test("[U3] what is not as long as it was told becomes no blob", async () => {
  await using t = await setup();
  await t.append(0, from("one two"));
  await Deno.truncate(`${t.dir}/uploads/a`, 4);
  await rejects(t.hand(), /has 4 bytes, not 7/);
  equal(await t.blobs.stat("originals/a"), null);
});

Deno.test("[U3] handed again, a whole file is not copied again while its blob is there", async () => {
  await using t = await setup();
  await t.append(0, from("one two"));
  let adopted = 0;
  const { adopt } = t.blobs;
  Object.assign(t.blobs, {
    adopt: (...args: Parameters<typeof adopt>) => (adopted += 1, adopt(...args)),
  });
  const first = await t.hand();
  deepEqual([await t.hand(), adopted], [first, 1]);
  await t.blobs.put("originals/a", text("another")); // of the same length
  deepEqual([await t.hand(), adopted], [first, 2]);
  await t.blobs.delete("originals/a");
  deepEqual([await t.hand(), adopted], [first, 3]);
  equal(await t.blob(), "one two");
});

Deno.test("[U3] a long piece with a checksum says that it is still coming", async () => {
  await using t = await setup();
  const digest = createHash("sha1").update("one two three").digest("base64");
  const pieces = uploadPieces(`${t.dir}/uploads`, { tellMs: 0 });
  using hold = await t.holds.take("a");
  const checksum = { algorithm: "sha1", digest } as const;
  const source = from("one ", "two ", "three");
  await pieces.append({ id: "a", offset: 0, source, checksum, open: t.open }, hold);
  deepEqual(t.told, [0, 0, 0, 13]);
});
