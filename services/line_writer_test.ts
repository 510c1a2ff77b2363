import { deepEqual, equal } from "node:assert/strict";
import { lineWriter } from "./line_writer.ts";

const decoder = new TextDecoder();

const setUp = ({ most = 1_000, gatherMs = 0 } = {}) => {
  const writes: string[] = [];
  let gate = Promise.resolve();
  const take = (bytes: Uint8Array) => {
    const part = bytes.subarray(0, 10); // a sink may take less than it is given
    writes.push(decoder.decode(part));
    return part.length;
  };
  const writer = lineWriter({
    sink: { write: async (bytes) => (await gate, take(bytes)), writeSync: take },
    dropped: (lines) => `${lines} dropped`,
    most,
    gatherMs,
  });
  return {
    writer,
    text: () => writes.join(""),
    block() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
  };
};

Deno.test("[O9] every line is written, in order, also where a sink takes them in parts", async () => {
  const t = setUp();
  for (let i = 0; i < 10; i++) t.writer.line(`line ${i}`);
  await t.writer.flush();
  t.writer.line("later");
  await t.writer.flush();
  const wanted = Array.from({ length: 10 }, (_, i) => `line ${i}\n`).join("");
  equal(t.text(), `${wanted}later\n`);
});

Deno.test("[O9] who logs does not wait for a slow reader; past the bound lines are counted", async () => {
  const t = setUp({ most: 20 });
  const open = t.block();
  t.writer.line("one");
  await new Promise((resolve) => setTimeout(resolve, 5)); // it is being written now
  for (let i = 0; i < 10; i++) t.writer.line("12345678");
  open();
  await t.writer.flush();
  deepEqual(t.text().split("\n"), ["one", "12345678", "12345678", "8 dropped", ""]);
});

Deno.test("[O9] a line said while the last write ends waits for no other", async () => {
  for (let ticks = 1; ticks <= 8; ticks++) {
    const written: string[] = [];
    const ended = Promise.withResolvers<void>();
    const writer = lineWriter({
      sink: {
        async write(bytes) {
          written.push(decoder.decode(bytes));
          ended.resolve();
          return await bytes.length;
        },
        writeSync: (bytes) => bytes.length,
      },
      dropped: String,
      gatherMs: 0,
    });
    writer.line("first");
    await ended.promise;
    for (let tick = 0; tick < ticks; tick++) await null;
    writer.line("second");
    await new Promise((resolve) => setTimeout(resolve, 5));
    equal(written.join(""), "first\nsecond\n", `${ticks} ticks after the write`);
  }
});

Deno.test("[O9] at a sudden end what waits is written at once", async () => {
  const t = setUp({ gatherMs: 20 });
  t.writer.line("the last words");
  t.writer.flushSync();
  equal(t.text(), "the last words\n");
  await t.writer.flush();
  equal(t.text(), "the last words\n", "once");
});

Deno.test("[O9] a sink that is gone takes nobody along", async () => {
  const writer = lineWriter({
    sink: { write: () => Promise.reject(new Error("gone")), writeSync: () => 0 },
    dropped: String,
    gatherMs: 0,
  });
  writer.line("a");
  await writer.flush();
  writer.line("b");
  await writer.flush();
});
