/** The store in S3 keeps to the contract of blobs, and bears a store that fails. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type ErrorCode, Rejection } from "../../domain/errors.ts";
import { s3Blobs } from "../../media/blobs_s3.ts";
import { S3Error, type S3Options } from "../../media/s3_client.ts";
import { startS3, type TestS3 } from "../support/s3.ts";
import { wrongSignature } from "../support/sigv4.ts";
import { blobsContract } from "./blobs_contract.ts";

const STRICT = { sanitizeOps: true, sanitizeResources: true };
const KIB = 1024;

/** Every request of the suites is checked for its signature by the door of the test's S3. */
function suite(name: string, options: Partial<S3Options>) {
  blobsContract(name, async () => {
    const s3 = await startS3();
    return {
      blobs: s3Blobs({ ...s3.options, ...options, backoffMs: 1 }),
      leftovers: async () => (await s3.openUploads()).length,
      [Symbol.asyncDispose]: () => s3[Symbol.asyncDispose](),
    };
  });
}
suite("S3", {});
suite("S3 in parts and pages", { partBytes: 32 * KIB, pageSize: 2 });

async function refused(work: Promise<unknown>, code: ErrorCode): Promise<Rejection> {
  const error = await work.then(() => "no error", (reason: unknown) => reason);
  assert.ok(error instanceof Rejection, `wanted ${code}, but got ${Deno.inspect(error)}`);
  assert.equal(error.code, code);
  return error;
}

const test = (
  title: string,
  body: (s3: TestS3, blobs: ReturnType<typeof s3Blobs>) => Promise<void>,
  options: Partial<S3Options> = {},
) =>
  Deno.test(title, STRICT, async () => {
    await using s3 = await startS3();
    const fast = { backoffMs: 1, timeoutMs: 1_000, partBytes: 8 * KIB };
    await body(s3, s3Blobs({ ...s3.options, ...fast, ...options }));
  });

/** A stream of `count` chunks of `size` bytes. */
const stream = (count: number, size: number) =>
  ReadableStream.from((function* () {
    for (let at = 0; at < count; at++) yield new Uint8Array(size).fill(at);
  })());

const busy = () => new Response("<Error><Code>SlowDown</Code></Error>", { status: 503 });

/** Answers with `answer` the first `times` that `which` is asked. */
function first(times: number, which: (url: URL, method: string) => boolean, answer = busy) {
  return ({ url, method }: { url: URL; method: string }) =>
    which(url, method) && times-- > 0 ? answer() : null;
}
const isPart = (url: URL) => url.searchParams.has("partNumber");
const isCompletion = (url: URL, method: string) =>
  method === "POST" && url.searchParams.has("uploadId");

test(
  "[U13] a large blob goes in parts, few at a time, and whole to where it belongs",
  async (s3, blobs) => {
    let flying = 0;
    let most = 0;
    s3.fault = async ({ url }) => {
      if (!isPart(url)) return null;
      most = Math.max(most, ++flying);
      await new Promise((resolve) => setTimeout(resolve, 10));
      flying -= 1;
      return null;
    };
    const expected = new Uint8Array(await new Response(stream(100, 1_000)).arrayBuffer());
    const stored = await blobs.put("big.flac", stream(100, 1_000));
    const sha256 = createHash("sha256").update(expected).digest("hex");
    assert.deepEqual(stored, { bytes: 100_000, sha256 });
    assert.deepEqual(await blobs.read("big.flac"), expected);
    assert.equal(most, 2);
    const parts = s3.seen.filter(({ url }) => isPart(url)).length;
    assert.equal(parts, Math.ceil(100_000 / (8 * KIB)));
  },
);

test("[U13] a part that the store refuses for now is sent again", async (s3, blobs) => {
  s3.fault = first(2, isPart);
  assert.equal((await blobs.put("x", stream(30, 1_000))).bytes, 30_000);
  assert.equal((await blobs.stat("x"))?.size, 30_000);
  s3.fault = first(3, (_, method) => method === "GET");
  assert.equal((await blobs.read("x")).length, 30_000);
});

test("[U13] a store that is out is unavailable, and nothing partial stays", async (s3, blobs) => {
  await blobs.put("x", new Uint8Array(5));
  s3.fault = first(Infinity, isPart);
  await refused(blobs.put("x", stream(30, 1_000)), "unavailable");
  assert.equal((await blobs.stat("x"))?.size, 5);
  assert.deepEqual(await s3.openUploads(), []);
  s3.fault = busy;
  await refused(blobs.put("x", new Uint8Array(9)), "unavailable");
  await refused(blobs.read("x"), "unavailable");
  await refused(blobs.stat("x"), "unavailable");
  await refused(blobs.list(""), "unavailable");
  await refused(blobs.delete("x"), "unavailable");
  await refused(blobs.ping(), "unavailable");
  s3.fault = null;
  assert.equal((await blobs.stat("x"))?.size, 5);
  await blobs.ping();
});

test("[U13] a store that cannot be reached, or hangs, is unavailable", async (s3, blobs) => {
  const options = { ...s3.options, endpoint: "http://127.0.0.1:1", backoffMs: 1 };
  await refused(s3Blobs(options).stat("x"), "unavailable");
  let release = () => {};
  const released = new Promise<void>((resolve) => release = resolve);
  s3.fault = () => released.then(busy);
  await refused(blobs.stat("x"), "unavailable");
  release();
}, { timeoutMs: 40 });

test("[U13] a large upload that breaks off, or is too large, leaves no part", async (s3, blobs) => {
  const begun = () => s3.seen.filter(({ url }) => url.searchParams.has("uploads")).length;
  const broken = stream(30, 1_000).pipeThrough(
    new TransformStream({
      transform(chunk, out) {
        if (chunk[0] === 25) throw new Deno.errors.BadResource("gone");
        out.enqueue(chunk);
      },
    }),
  );
  await refused(blobs.put("x", broken), "upload_interrupted");
  await refused(blobs.put("x", stream(30, 1_000), { maxBytes: 25_000 }), "too_large");
  const stop = new AbortController();
  s3.fault = ({ url }) => {
    if (url.searchParams.get("partNumber") === "2") stop.abort();
    return null;
  };
  const { signal } = stop;
  await refused(blobs.put("x", stream(30, 1_000), { signal }), "upload_interrupted");
  assert.equal(begun(), 3);
  assert.deepEqual(await s3.openUploads(), []);
  assert.equal(await blobs.stat("x"), null);
});

test("[U3] a full store is disk_full, and is not asked again", async (s3, blobs) => {
  const full = () => new Response("<Error><Code>XMinioStorageFull</Code></Error>", { status: 507 });
  s3.fault = first(Infinity, isPart, full);
  await refused(blobs.put("x", stream(30, 1_000)), "disk_full");
  assert.ok(s3.seen.filter(({ url }) => isPart(url)).length <= 2);
  s3.fault = first(Infinity, (_, method) => method === "PUT", full);
  await refused(blobs.put("x", new Uint8Array(9)), "disk_full");
  assert.equal(await blobs.stat("x"), null);
  assert.deepEqual(await s3.openUploads(), []);
});

test("[U13] a blob whose completion was done but not answered is stored", async (s3, blobs) => {
  let lost = 0;
  s3.fault = async (request) => {
    if (!isCompletion(request.url, request.method) || lost++ > 0) return null;
    // it is done behind the door, and the answer is lost
    s3.fault = null;
    const { method, headers, body, url } = request;
    await (await fetch(url, { method, headers, body: body as Uint8Array<ArrayBuffer> })).text();
    return busy();
  };
  assert.equal((await blobs.put("x", stream(30, 1_000))).bytes, 30_000);
  assert.equal(lost, 1);
  assert.equal((await blobs.read("x")).length, 30_000);
});

test(
  "[U13] an upload ended by another is no success, though a blob is there",
  async (s3, blobs) => {
    await blobs.put("x", stream(30, 1_000));
    s3.fault = first(
      1,
      isCompletion,
      () => new Response("<Error><Code>NoSuchUpload</Code></Error>", { status: 404 }),
    );
    await assert.rejects(blobs.put("x", stream(30, 1_000)), S3Error);
  },
);

test("[U13] an error that comes as 200 is an error", async (s3, blobs) => {
  const lie = () => new Response('<?xml version="1.0"?><Error><Code>InternalError</Code></Error>');
  s3.fault = first(1, isCompletion, lie);
  assert.equal((await blobs.put("x", stream(30, 1_000))).bytes, 30_000);
  s3.fault = first(Infinity, isCompletion, lie);
  await refused(blobs.put("y", stream(30, 1_000)), "unavailable");
  assert.equal(await blobs.stat("y"), null);
  assert.deepEqual(await s3.openUploads(), []);
  s3.fault = first(1, (url) => url.searchParams.has("delete"), () =>
    new Response(
      "<DeleteResult><Error><Key>x</Key><Code>AccessDenied</Code></Error></DeleteResult>",
    ));
  await blobs.put("t/1", new Uint8Array(1));
  await assert.rejects(blobs.deletePrefix("t"), /AccessDenied/);
});

test("[U13] an upload whose begin got no answer is not begun twice", async (s3, blobs) => {
  const begins = () => s3.seen.filter(({ url }) => url.searchParams.has("uploads")).length;
  let release = () => {};
  const released = new Promise<void>((resolve) => release = resolve);
  s3.fault = ({ url }) => url.searchParams.has("uploads") ? released.then(busy) : null;
  await refused(blobs.put("x", stream(30, 1_000)), "unavailable").finally(() => release());
  assert.equal(begins(), 1);
  s3.fault = first(1, (url) => url.searchParams.has("uploads"));
  await blobs.put("x", stream(30, 1_000));
  assert.equal(begins(), 3);
}, { timeoutMs: 60 });

test(
  "[S8] what is stored is asked to be encrypted, in one piece or in parts",
  async (s3, blobs) => {
    await blobs.put("small.m4s", new Uint8Array(9));
    await blobs.put("large.m4s", stream(30, 1_000));
    const begun = s3.seen.filter(({ method, url }) =>
      (method === "PUT" && !isPart(url)) || url.searchParams.has("uploads")
    );
    assert.equal(begun.length, 2);
    for (const { headers } of begun) {
      assert.equal(headers.get("x-amz-server-side-encryption"), "AES256");
      assert.equal(headers.get("content-type"), "audio/mp4");
    }
    const off = s3Blobs({ ...s3.options, encryption: "off" });
    await off.put("off.m4s", new Uint8Array(9));
    assert.equal(s3.seen.at(-1)?.headers.has("x-amz-server-side-encryption"), false);
  },
);

test("[U13] a wrong secret or bucket is told as it is, and not asked again", async (s3) => {
  const wrong = s3Blobs({ ...s3.options, secretAccessKey: "wrong" });
  await assert.rejects(wrong.put("x", new Uint8Array(1)), /S3Error.*403 SignatureDoesNotMatch/s);
  assert.equal(s3.seen.length, 1);
  await assert.rejects(s3Blobs({ ...s3.options, bucket: "none" }).ping(), /NoSuchBucket/);
});

test("[U14] a presigned address reads its blob for its time, and no other", async (s3, blobs) => {
  await blobs.put("a/x.flac", new TextEncoder().encode("0123456789"));
  const address = await blobs.presign("a/x.flac", 600);
  const url = new URL(address);
  assert.equal(url.searchParams.get("X-Amz-Expires"), "600");
  const part = await fetch(address, { headers: { range: "bytes=2-4" } });
  assert.equal(part.status, 206);
  assert.equal(await part.text(), "234");
  url.searchParams.set("X-Amz-Expires", "6000");
  const forged = { method: "GET", url, headers: new Headers() };
  assert.equal(wrongSignature(forged, s3.options.secretAccessKey), "the signature is wrong");
  await assert.rejects(blobs.presign("a/x.flac", 0), RangeError);
  await assert.rejects(blobs.presign("../x", 600), TypeError);
});

test("[U13] uploads of a killed node are swept, those that run are not", async (s3, blobs) => {
  await using dead = await blobs.writer("originals/019a0000-0000-7000-8000-00000000000a");
  await dead.write(new Uint8Array(20_000));
  assert.equal((await s3.openUploads()).length, 1);
  assert.equal(await blobs.sweep(new Date(Date.now() - 3_600_000)), 0);
  assert.equal((await s3.openUploads()).length, 1);
  // it is on the second page
  s3.fault = ({ url, method }) => {
    const { searchParams: query } = url;
    if (method !== "GET" || !query.has("uploads") || query.get("key-marker") === "a") return null;
    const upload = "<Key>a</Key><UploadId>1</UploadId><Initiated>2999-01-01T00:00:00Z</Initiated>";
    return new Response(
      `<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><Upload>${upload}</Upload>` +
        "</ListMultipartUploadsResult>",
    );
  };
  assert.equal(await blobs.sweep(new Date(Date.now() + 3_600_000)), 1);
  assert.deepEqual(await s3.openUploads(), []);
});

test("[U13] others' uploads to the same bucket are left alone, however old", async (s3, blobs) => {
  await using theirs = await blobs.writer("backup/originals.tar");
  await theirs.write(new Uint8Array(20_000));
  assert.equal(await blobs.sweep(new Date(Date.now() + 3_600_000)), 0);
  assert.equal((await s3.openUploads()).length, 1);
  await theirs.commit();
});

Deno.test("[U13] what could not be ended, because the store was out, is told", STRICT, async () => {
  await using s3 = await startS3();
  const told: string[] = [];
  const warn = (message: string) => void told.push(message);
  const blobs = s3Blobs({ ...s3.options, backoffMs: 1, partBytes: 8 * KIB, warn });
  s3.fault = ({ url }) => url.searchParams.has("uploads") ? null : busy();
  await refused(blobs.put("x", stream(30, 1_000)), "unavailable");
  assert.match(told.join(), /Parts of "x" stay in the store/);
});
