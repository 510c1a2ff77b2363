import { deepEqual, equal, rejects } from "node:assert/strict";
import { setImmediate } from "node:timers";
import { Rejection } from "../domain/errors.ts";
import { type FileSink, receiveForm } from "./multipart.ts";

const BOUNDARY = "----of-the-test";
const bytes = (text: string) => new TextEncoder().encode(text);

/** One part of a form. */
const part = (name: string, content: Uint8Array | string, filename?: string) => [
  bytes(
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"` +
      `${filename === undefined ? "" : `; filename="${filename}"`}\r\n\r\n`,
  ),
  typeof content === "string" ? bytes(content) : content,
  bytes("\r\n"),
];
const END = bytes(`--${BOUNDARY}--\r\n`);

const join = (pieces: readonly Uint8Array[]) => new Uint8Array(pieces.flatMap((one) => [...one]));

/** A request whose body comes in pieces of these sizes, over and over. */
function request(body: Uint8Array<ArrayBuffer>, sizes: readonly number[]): Request {
  let at = 0;
  let nth = 0;
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const piece = body.slice(at, at + sizes[nth++ % sizes.length]!);
      at += piece.byteLength;
      if (piece.byteLength > 0) controller.enqueue(piece);
      if (at >= body.byteLength) {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
  });
  return new Request("http://localhost/", {
    method: "POST",
    headers: { "Content-Type": `multipart/form-data; boundary=${BOUNDARY}` },
    body: stream,
  });
}

/** A slow sink: it looks at a chunk only after others have had their turn. */
function memory() {
  const seen: Uint8Array[] = [];
  const state = { committed: false, disposed: false };
  const sink: FileSink<Uint8Array> = {
    async write(chunk) {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(new Uint8Array(chunk)); // a Buffer's own slice would be no copy
    },
    commit: () => {
      state.committed = true;
      return Promise.resolve(join(seen));
    },
    [Symbol.asyncDispose]: () => {
      state.disposed = true;
      return Promise.resolve();
    },
  };
  return { state, open: () => Promise.resolve(sink) };
}

const MAX = { maxBytes: 1_000_000 };

Deno.test("[U1] every byte arrives, however the form is cut, and whatever looks like its end", async () => {
  const almost = `\r\n--${BOUNDARY.slice(0, -1)}`;
  const file = join([
    bytes(`${almost}\r\n\r`),
    new Uint8Array(1_000).map((_, at) => at * 31 % 251),
    bytes(`\r\r\n-\r\n--${almost}${almost}\r\n--`),
  ]);
  const form = join([
    ...part("before", "à b"),
    ...part("file", file, "x.wav"),
    ...part("after", "c"),
    END,
  ]);
  for (const sizes of [[1], [2, 3], [7], [64, 1], [1_000], [form.length]]) {
    const { open, state } = memory();
    const { fields, filename, taken } = await receiveForm(request(form, sizes), { open, ...MAX });
    deepEqual({ ...fields }, { before: "à b", after: "c" });
    equal(filename, "x.wav");
    deepEqual(taken, file, `in pieces of ${sizes}`);
    equal(state.disposed, true);
  }
});

Deno.test("[U1] a body that is no byte stream, as the server makes of a short one, is read too", async () => {
  const form = join([...part("file", "short", "x.wav"), END]);
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(join([bytes("not this"), form]).subarray(8));
      controller.close();
    },
  });
  const { taken } = await receiveForm(new Request(request(form, [1]), { body }), {
    open: memory().open,
    ...MAX,
  });
  deepEqual(taken, bytes("short"));
});

Deno.test("[U1] an empty file is a file", async () => {
  const { open } = memory();
  const form = join([...part("file", "", "x.wav"), END]);
  equal((await receiveForm(request(form, [10]), { open, ...MAX })).taken.byteLength, 0);
});

Deno.test("[U2] a form that is refused commits nothing, and lets go of what it began", async () => {
  const file = part("file", "x".repeat(5_000), "x.wav");
  const cases: [string, Uint8Array[], string][] = [
    ["cut off", file, "bad_request"],
    ["two files", [...file, ...part("file", "y", "y.wav"), END], "bad_request"],
    ["another name", [...part("song", "y", "y.wav"), END], "bad_request"],
    ["a field that is too long", [...file, ...part("a", "z".repeat(20_000)), END], "too_large"],
    ["too many fields", [
      ...file,
      ...Array.from({ length: 21 }, (_, at) => part(`f${at}`, "")).flat(),
      END,
    ], "bad_request"],
    ["no file", [...part("title", "x"), END], "bad_request"],
    ["no form", [bytes("garbage")], "bad_request"],
  ];
  for (const [what, pieces, code] of cases) {
    const { open, state } = memory();
    let opened = false;
    await rejects(
      receiveForm(request(join(pieces), [100]), { open: () => (opened = true, open()), ...MAX }),
      (error) => error instanceof Rejection && error.code === code,
      what,
    );
    deepEqual([state.committed, state.disposed], [false, opened], what);
  }
});

Deno.test("[U2] a form over its bound, a body that breaks, a sink that fails: each its own reason", async () => {
  const form = join([...part("file", "x".repeat(5_000), "x.wav"), END]);
  const refusedAs = (code: string) => (error: unknown) =>
    error instanceof Rejection && error.code === code;
  await rejects(
    receiveForm(request(form, [100]), { open: memory().open, maxBytes: 4_000 }),
    refusedAs("too_large"),
  );
  const broken = new ReadableStream({
    type: "bytes",
    start: (controller) => controller.enqueue(form.slice(0, 500)),
    pull: (controller) => controller.error(new Error("gone")),
  });
  await rejects(
    receiveForm(new Request(request(form, [1]), { body: broken }), { open: memory().open, ...MAX }),
    refusedAs("upload_interrupted"),
  );
  const { open, state } = memory();
  const full = async () => ({
    ...await open(),
    write: () => Promise.reject(new Rejection("disk_full")),
  });
  await rejects(
    receiveForm(request(form, [100]), { open: full, ...MAX }),
    refusedAs("disk_full"),
  );
  equal(state.disposed, true);
});
